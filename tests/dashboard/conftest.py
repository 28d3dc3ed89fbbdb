"""What tests of the dashboard share: a project that every objective has looked at, and folders of forged artifacts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noxtasks.evidence import artifacts, canonical, schemas
from noxtasks.evidence.provenance import Provenance

MEASURED = (
    ("markers", "--python", sys.executable),
    ("determinism", "--python", sys.executable),
    ("mutation", "--python", sys.executable),
    ("ladder", "--python", sys.executable),
    ("matrix", "record", "--python", sys.executable),
    ("matrix", "merge"),
    ("parallel", "--workers", "2", "--modes", "load", "--rounds", "1", "--python", sys.executable),
    ("flake", "--runs", "6", "--seed", "1", "--python", sys.executable),
    ("gates",),
)

Forge = Callable[..., None]


def noxtasks(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What the command line does in `root`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_", "CI"))}
    command = [sys.executable, "-P", "-m", "noxtasks", *words]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False, timeout=300)


def committed(root: Path) -> Path:
    """The folder as a repository with one commit."""
    (root / ".gitignore").write_text("reports/\n.noxtasks/\n__pycache__/\n.pytest_cache/\n")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "the shop")):
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.invalid", *words]
        subprocess.run(git, cwd=root, check=True, capture_output=True)
    return root


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, projects: Path) -> Path:
    """A project that every objective has measured. To be read only."""
    root = tmp_path_factory.mktemp("shown") / "shop"
    shutil.copytree(projects / "shown", root, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    committed(root)
    for words in MEASURED:
        ended = noxtasks(root, *words)
        assert ended.returncode in {0, 1, 3}, ended.stderr
        assert "could not be made anew" not in ended.stderr
    return root


@pytest.fixture
def reports(shop: Path, tmp_path: Path) -> Path:
    """A copy of what was measured."""
    return Path(shutil.copytree(shop / "reports", tmp_path / "reports"))


@pytest.fixture
def forge(tmp_path: Path, provenance: Provenance) -> Forge:
    """Writes an artifact, of whatever shape, whose digest is listed as it should be."""

    def write(name: str, result: Any, timing: Any = None, *, folder: Path = tmp_path, **told: Any) -> None:
        envelope = {
            **msgspec.to_builtins(msgspec.structs.replace(provenance, **told)),
            "schema": schemas.version_of(schemas.of_artifact(name)),
            "result": result,
            "timing": {} if timing is None else timing,
        }
        artifacts.attach(folder, name, canonical.dumps(envelope, where=name))

    return write
