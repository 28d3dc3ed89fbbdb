"""The old code beside the new: a worktree of git's, with an environment of its own that has the same packages."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.evidence import vcs
from noxtasks.suite import git, install, process
from noxtasks.suite.launch import Suite

FOLDER = vcs.OURS / "bench"

_GIT = ("git", "-c", "core.hooksPath=/dev/null")
_INSTALL_TIMEOUT_S = 900.0
_ID_LENGTH = 12
_KEPT = 3  # environments of old revisions


class Old(msgspec.Struct, frozen=True, kw_only=True):
    """The old side, ready to run."""

    revision: str
    suite: Suite


def revision(root: Path, name: str) -> str:
    """The commit that `name` means. Raises `ConfigurationError` where it means none."""
    found = git.output_in(root)(("git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"))
    if not found:
        raise ConfigurationError(
            f"git knows no revision {name!r}",
            where="--against",
            remedy="Name a branch, a tag or a commit; in CI, fetch the history (fetch-depth: 0) first.",
        )
    return found.decode().strip()


def make_ready(new: Suite, name: str, *, install_setting: tuple[str, ...]) -> Old:
    """Check out the revision `name` of the project in `new.root`, and install it beside the packages that `new` has.

    The environment is a copy of the new one, in which the project is replaced by the old one: plugins that nothing asks
    for cost time too, and have to be equal. What was made for an earlier comparison of the same is used again. Raises
    `ConfigurationError` where there is no such revision, `NotMeasuredError` where git or pip fail.
    """
    commit, inside, packages = revision(new.root, name), _subfolder(new.root), _packages(new.python)
    installed = sorted(path.name for path in packages.glob("*.dist-info"))
    key = f"{commit}\0{new.python}\0{installed}\0{install_setting}"
    base = new.root / FOLDER / hashlib.sha256(key.encode()).hexdigest()[:_ID_LENGTH]
    tree, python = base / "tree", base / "venv" / new.python.parent.name / new.python.name
    if not (base / "ready").exists():
        _remove(new.root, base)
        _forget_oldest(new.root)
        base.mkdir(parents=True)
        _git(new.root, "worktree", "add", "--force", "--detach", str(tree), commit)
        _run([str(new.python), "-m", "venv", str(base / "venv")], base, what="an environment for the old code")
        shutil.copytree(packages, _packages(python), dirs_exist_ok=True, symlinks=True)
        for command in _commands(tree / inside, install_setting, python):
            pip = [str(python), "-m", "pip", "install", "--quiet", *command]
            _run(pip, tree / inside, what="the old code and what its tests need")
        (base / "ready").touch()
    _git(tree, "checkout", "--force", "--detach", commit)
    suite = Suite(root=tree / inside, python=python, pytest_args=new.pytest_args, extra_args=new.extra_args)
    return Old(revision=commit, suite=suite)


def _commands(tree: Path, install_setting: tuple[str, ...], python: Path) -> tuple[tuple[str, ...], ...]:
    """What pip is told; nothing where the old code says nothing, since what the new one needs is there."""
    try:
        return install.plan(tree, install=install_setting, version=_version(python)).commands
    except ConfigurationError:
        return ()


def _packages(python: Path) -> Path:
    """Where pure packages are installed for `python`."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(process.run([str(python), "-c", code], cwd=python.parent).stdout.strip())


def bring(tests: Iterable[str], new: Path, old: Path) -> list[str]:
    """Give the old tree the new one's files with benchmarks, and the conftests above them; which of them differed."""
    files = {Path(test.partition("::")[0]) for test in tests}
    conftests = {folder / "conftest.py" for file in files for folder in file.parents}
    differing = []
    for path in sorted(files | {path for path in conftests if (new / path).is_file()}):
        content = (new / path).read_bytes()
        place = old / path
        if not place.is_file() or place.read_bytes() != content:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            differing.append(path.as_posix())
    return differing


def _subfolder(root: Path) -> Path:
    """Where the project lies in its repository."""
    found = git.output_in(root)(("git", "rev-parse", "--show-prefix"))
    if found is None:
        raise NotMeasuredError(
            "there is no git repository to take the old code from",
            where=str(root),
            remedy="Compare with a stored baseline instead, without --against.",
        )
    return Path(found.decode().strip() or ".")


def _version(python: Path) -> tuple[int, int]:
    asked = process.run([str(python), "-c", "import sys; print(*sys.version_info[:2])"], cwd=python.parent)
    major, minor = map(int, asked.stdout.split())
    return major, minor


def _git(root: Path, *arguments: str) -> None:
    _run([*_GIT, *arguments], root, what="a worktree of the old code", env=git.environment())


def _run(argv: list[str], cwd: Path, *, what: str, env: dict[str, str] | None = None) -> None:
    done = process.run(argv, cwd=cwd, env=env, timeout_s=_INSTALL_TIMEOUT_S)
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise NotMeasuredError(f"{what} could not be made", where=" ".join(argv), remedy=f"It said:\n{said}")


def _forget_oldest(root: Path) -> None:
    made = sorted((root / FOLDER).glob("*/ready"), key=lambda ready: ready.stat().st_mtime)
    for ready in made[: max(0, len(made) - _KEPT + 1)]:
        _remove(root, ready.parent)


def _remove(root: Path, base: Path) -> None:
    shutil.rmtree(base, ignore_errors=True)
    git.output_in(root)(("git", "worktree", "prune"))
