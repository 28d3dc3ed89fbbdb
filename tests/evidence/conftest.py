"""What the tests of evidence share: a provenance, and small valid artifacts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from noxtasks.evidence import schemas
from noxtasks.evidence.provenance import Interpreter, Platform, Provenance
from noxtasks.evidence.vcs import Vcs


@pytest.fixture(scope="session")
def provenance() -> Provenance:
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


def _sample(name: str) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:noxtasks:schema:{name}/1",
        "$ref": "urn:noxtasks:schema:envelope/1",
        "properties": {
            "schema": {"const": f"{name}/1"},
            "result": {
                "properties": {"tests": {"items": {"properties": {"failures": {"type": "integer", "minimum": 0}}}}}
            },
        },
    }


@pytest.fixture
def samples(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Artifacts of the tests' own, `sample.report` and `sample.other`, as dropping two schema files would add them.

    Yields the code that adds them in another process.
    """
    added = {name: _sample(name) for name in ("sample.report", "sample.other")}
    every = {**schemas.shipped(), **added}
    monkeypatch.setattr(schemas, "shipped", lambda: every)
    schemas._validator.cache_clear()
    yield (
        "from noxtasks.evidence import schemas\n"
        f"every = {{**schemas.shipped(), **{added!r}}}\n"
        "schemas.shipped = lambda: every\n"
    )
    schemas._validator.cache_clear()


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
