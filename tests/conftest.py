"""What tests of the whole tree share: sample projects, copied so that no test writes into the repository."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("noxtasks", deadline=None)  # no test asserts a wall time
settings.load_profile("noxtasks")

PROJECTS = Path(__file__).parent / "projects"


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """Copies the sample project of that name to a folder of the test's own, and gives it."""

    def copy(name: str) -> Path:
        ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache", "reports", ".noxtasks")
        return Path(shutil.copytree(PROJECTS / name, tmp_path / name, ignore=ignored))

    return copy


@pytest.fixture(scope="session")
def projects() -> Path:
    """Where the sample projects are. To be read only; `project` gives a copy."""
    return PROJECTS


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter that runs the sample projects: this one, which has pytest and its plugins."""
    return Path(sys.executable)
