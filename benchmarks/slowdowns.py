"""The sample project in a git repository of its own, and commits in it that make some of its benchmarks slower."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from projects import Project, Suite

BENCHMARKED = ("pytest==9.2.0", "pytest-benchmark==5.3.1")
OLD = "old"  # the tag of the code that all is compared with
_SAMPLE = Path(__file__).parent / "sample"
_UNITS = re.compile(r'"(\w+)": (\d+)')
_ID_LENGTH = 12


def make_ready(work: Path) -> Suite:
    """The sample below `work`, with an environment; kept for the next time. Raises `subprocess.CalledProcessError`."""
    files = sorted(path for path in _SAMPLE.iterdir() if path.is_file())
    content = "\0".join((*BENCHMARKED, *(path.read_text("utf-8") for path in files)))
    folder = work / hashlib.sha256(content.encode()).hexdigest()[:_ID_LENGTH]
    project = Project(name="sample", version="1", character="twelve benchmarks")
    suite = Suite(project=project, root=folder / "source", python=folder / "venv" / "bin" / "python")
    ready = folder / "ready"
    if ready.exists():
        return suite
    shutil.rmtree(folder, ignore_errors=True)
    suite.root.mkdir(parents=True)
    for path in files:
        shutil.copy(path, suite.root)
    _call([sys.executable, "-m", "venv", str(folder / "venv")], cwd=folder)
    pip = [str(suite.python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    _call([*pip, "install", *BENCHMARKED], cwd=folder)
    _git(suite, "init", "--quiet")
    _git(suite, "add", "--all")
    _commit(suite, "The workshop")
    _git(suite, "tag", OLD)
    ready.touch()
    return suite


def benchmarks(suite: Suite) -> tuple[str, ...]:
    """The names of the benchmarks, without "test_"."""
    go_back(suite)
    return tuple(name for name, _ in _UNITS.findall((suite.root / "units.py").read_text("utf-8")))


def go_back(suite: Suite) -> str:
    """Check the old code out; its name."""
    _git(suite, "checkout", "--quiet", "--force", "--detach", OLD)
    return OLD


def make_slower(suite: Suite, names: Collection[str], percent: int) -> str:
    """Commit, on the old code, so much more work for the benchmarks `names`; without any, a comment alone. The commit.

    The commit is checked out afterwards.
    """
    go_back(suite)
    path = suite.root / "units.py"
    text = path.read_text("utf-8")

    def grown(found: re.Match[str]) -> str:
        more = int(found[2]) * percent // 100 if found[1] in names else 0
        return f'"{found[1]}": {int(found[2]) + more}'

    path.write_text(_UNITS.sub(grown, text) + "\n# a line that says nothing\n", encoding="utf-8")
    _commit(suite, f"More work by {percent} %: {', '.join(names)}" if names else "Nothing new")
    return _git(suite, "rev-parse", "HEAD").strip()


def check_out(suite: Suite, commit: str) -> None:
    """Check `commit` out."""
    _git(suite, "checkout", "--quiet", "--force", "--detach", commit)


def true_sizes(suite: Suite, percentages: Sequence[int]) -> dict[int, dict[str, float]]:
    """By percentage, how much longer each benchmark takes with so much more work: 0.1 is 10 %."""
    go_back(suite)
    done = subprocess.run(
        [str(suite.python), "sizes.py", *map(str, percentages)],
        cwd=suite.root,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    return {int(percent): shares for percent, shares in json.loads(done.stdout).items()}


def _commit(suite: Suite, message: str) -> None:
    _git(suite, "commit", "--quiet", "--all", "--message", message)


def _git(suite: Suite, *arguments: str) -> str:
    git = ["git", "-c", "user.name=speed", "-c", "user.email=speed@localhost", "-c", "commit.gpgsign=false"]
    return _call([*git, *arguments], cwd=suite.root)


def _call(argv: Sequence[str], *, cwd: Path) -> str:
    done = subprocess.run(argv, cwd=cwd, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return done.stdout
