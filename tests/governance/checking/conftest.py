"""What tests of the check share: a project under git with a governance.yaml, and artifacts in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noxtasks.evidence import artifacts, events, vcs
from noxtasks.evidence.events import EventType
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.suite import git

from .samples import WHOLE

Write = Callable[..., Digest]
Tell = Callable[..., None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one commit that keeps its rules, as far as nothing is measured."""
    root = tmp_path / "shop"
    root.mkdir()
    ask = git.output_in(root)
    ask(("git", "init", "-q", "."))
    (root / ".gitignore").write_text("reports/\n")
    (root / "README.md").write_text("# The shop\n")
    (root / "governance.yaml").write_text(WHOLE)
    ask(("git", "add", "-A"))
    ask(("git", "-c", "user.name=a", "-c", "user.email=a@b.invalid", "commit", "-qm", "the shop"))
    return root


@pytest.fixture
def measured(root: Path, provenance: Provenance) -> Write:
    """Writes the result of an artifact, about the code of `root` as it is then."""

    def write(name: str, result: Any, *, timing: Any = None) -> Digest:
        code = vcs.code(root, run=git.output_in(root), reports=Path("reports"))
        told = msgspec.structs.replace(provenance, code_version=code.code_version, vcs=code.vcs)
        return artifacts.write(
            root / "reports", name, result=result, timing=timing or {"duration_s": 1.0}, provenance=told
        )

    return write


@pytest.fixture
def begun(root: Path, provenance: Provenance) -> Tell:
    """Adds events, each with the file that it tells of, where it tells of one."""

    def tell(*told: tuple[EventType, str]) -> None:
        for type_, name in told:
            events.append(
                root / "reports",
                event=type_,
                project="shop",
                subject="shop",
                at=provenance.created,
                provenance=provenance,
                artifacts=[artifacts.attach(root / "reports", name, b"x")] if name else [],
            )

    return tell
