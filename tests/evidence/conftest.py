"""What the tests of evidence share: small valid artifacts, and a small disk."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from noxtasks.evidence import schemas


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
