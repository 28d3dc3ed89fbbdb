"""What tests of the whole tree share: copies of sample projects, a provenance, and a small disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from noxtasks.evidence.provenance import Interpreter, Platform, Provenance
from noxtasks.evidence.vcs import Vcs

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


@pytest.fixture(scope="session")
def provenance() -> Provenance:
    """Where an artifact comes from."""
    return Provenance(
        session_id="0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        created=datetime(2025, 3, 4, 5, 6, 7, 89000, tzinfo=UTC),
        tools={"noxtasks": "0.1.0", "pytest": "8.4.0"},
        interpreter=Interpreter(implementation="CPython", version="3.12.4"),
        platform=Platform(system="Linux", release="6.1", machine="x86_64"),
        vcs=Vcs(revision="a" * 40, dirty=False),
        code_version="a" * 40,
        settings={"runs": 20, "order": "buckets"},
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB, which only root can make."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("there is no mount on this system")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("a small file system can be mounted by root alone")
    yield disk
    subprocess.run([unmount, str(disk)], check=True)
