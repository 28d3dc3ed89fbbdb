"""The suites that are timed: real projects whose sdists carry their tests, made ready to run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PLUGINS = ("pytest", "pytest-randomly", "pytest-flakefinder")


@dataclass(frozen=True, kw_only=True)
class Project:
    """An sdist on PyPI, pinned, and why it is here."""

    name: str
    version: str
    character: str
    needs: tuple[str, ...] = ()  # of its tests, beyond pytest
    for_mutmut: str = ""  # what it has to be told, where it does not find it: TOML

    @property
    def requirement(self) -> str:
        """The sdist, as pip is asked for it."""
        return f"{self.name}=={self.version}"


PROJECTS = (
    Project(name="numpy-financial", version="1.0.0", character="start-up and imports outweigh the tests"),
    Project(name="inflection", version="0.5.1", character="many tests of microseconds"),
    Project(
        name="itsdangerous", version="2.2.0", character="tests take about as long as start-up", needs=("freezegun",)
    ),
    Project(name="python-slugify", version="9.2.0", character="the tests outweigh start-up"),
)
QUICK = PROJECTS[1]


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A project that is ready to run: its source tree, and the interpreter that it is installed for."""

    project: Project
    root: Path
    python: Path


def make_ready(project: Project, work: Path, plugins: Sequence[str] = _PLUGINS) -> Suite:
    """Download and unpack the sdist, and install it with its tests' needs, below `work`; kept for the next time.

    The tree becomes a git repository with one commit, as a user's is. Raises `subprocess.CalledProcessError`.
    """
    folder = work / project.requirement
    suite = Suite(project=project, root=folder / "source", python=folder / "venv" / "bin" / "python")
    ready = folder / "ready"
    if ready.exists():
        return suite
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _call([sys.executable, "-m", "venv", str(folder / "venv")], cwd=folder)
    pip = [str(suite.python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    _call([*pip, "download", "--no-deps", "--no-binary", project.name, project.requirement], cwd=folder)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    next(path for path in folder.iterdir() if (path / "PKG-INFO").is_file()).rename(suite.root)
    _call([*pip, "install", "--editable", str(suite.root), *plugins, *project.needs], cwd=folder)
    if project.for_mutmut:
        with (suite.root / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n[tool.mutmut]\n{project.for_mutmut}\n")
    _commit(suite.root)
    ready.touch()
    return suite


def _commit(root: Path) -> None:
    if shutil.which("git") is None:
        return
    git = ["git", "-c", "user.name=speed", "-c", "user.email=speed@localhost", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "The sdist"]):
        _call([*git, *arguments], cwd=root)


def _call(argv: Sequence[str], *, cwd: Path) -> None:
    subprocess.run(argv, cwd=cwd, check=True, stdin=subprocess.DEVNULL)
