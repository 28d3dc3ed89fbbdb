"""What tests of comparisons share: an environment that is quickly copied, and a project with a history."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

COMMITTER = ("-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has pip, and looks for all else where ours is."""
    if sys.platform == "win32":
        pytest.skip("the two sides need FIFOs")
    folder = tmp_path_factory.mktemp("small") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


@pytest.fixture
def git() -> Callable[..., str]:
    """Runs git in a folder."""

    def run(folder: Path, *arguments: str) -> str:
        argv = ["git", *COMMITTER, "-c", "protocol.file.allow=always", *arguments]
        return subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True).stdout

    return run


@pytest.fixture
def commit(git: Callable[..., str]) -> Callable[..., str]:
    """Commits all that is in a folder, with further files; the commit."""

    def run(folder: Path, message: str, **files: str) -> str:
        for name, content in files.items():
            (folder / name.replace("__", "/").replace("_py", ".py")).write_text(content)
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--allow-empty", f"--message={message}")
        return git(folder, "rev-parse", "HEAD").strip()

    return run
