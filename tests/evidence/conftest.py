"""What the tests of evidence share: small valid artifacts."""

from __future__ import annotations

from collections.abc import Iterator
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
