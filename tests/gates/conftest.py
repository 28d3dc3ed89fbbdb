"""What tests of gates share: a project under git, and artifacts in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noxtasks.evidence import artifacts
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.vcs import Vcs
from noxtasks.suite import git

SOURCE = """class TestShop:
    def test_price(self):
        pass


def test_b():
    pass
"""

Write = Callable[..., None]


def committed(root: Path, message: str) -> str:
    """Commit all of `root`; the commit's name."""
    ask = git.output_in(root)
    ask(("git", "add", "-A"))
    ask(("git", "-c", "user.name=a", "-c", "user.email=a@b.invalid", "commit", "-qm", message))
    return (ask(("git", "rev-parse", "HEAD")) or b"").decode().strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one commit, and nothing measured."""
    root = tmp_path / "shop"
    root.mkdir()
    git.output_in(root)(("git", "init", "-q", "."))
    (root / ".gitignore").write_text("reports/\n.noxtasks/\n")
    (root / "pyproject.toml").write_text("")
    (root / "test_shop.py").write_text(SOURCE)
    assert committed(root, "the shop")
    return root


@pytest.fixture
def measured(root: Path, provenance: Provenance) -> Write:
    """Writes the result of an artifact, about the code of `root` as committed."""
    revision = (git.output_in(root)(("git", "rev-parse", "HEAD")) or b"").decode().strip()
    told = msgspec.structs.replace(provenance, code_version=revision, vcs=Vcs(revision=revision, dirty=False))

    def write(name: str, result: Any, *, timing: Any = None, **other: Any) -> None:
        changed = msgspec.structs.replace(told, **other)
        artifacts.write(root / "reports", name, result=result, timing=timing or {}, provenance=changed)

    return write
