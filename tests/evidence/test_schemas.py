from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from noxtasks.errors import EvidenceError
from noxtasks.evidence import schemas

ARTIFACTS = ["collection.health.json", "determinism.audit.json", "flake.report.json", "flake.reduction.delta.json"]


def _values(node: Any, key: str) -> Iterator[Any]:
    if isinstance(node, dict):
        if key in node:
            yield node[key]
        for item in node.values():
            yield from _values(item, key)
    elif isinstance(node, list):
        for item in node:
            yield from _values(item, key)


@pytest.mark.parametrize("name", sorted(schemas.shipped()))
def test_each_shipped_schema_is_a_schema_of_the_2020_12_dialect(name: str) -> None:
    schema = schemas.shipped()[name]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", sorted(schemas.shipped()))
def test_each_reference_leads_to_a_shipped_schema(name: str) -> None:
    known = {schema["$id"] for schema in schemas.shipped().values()}
    references = {reference.partition("#")[0] for reference in _values(schemas.shipped()[name], "$ref")}
    assert references - {""} <= known


@pytest.mark.parametrize("name", sorted(schemas.shipped()))
def test_each_format_that_a_schema_asks_for_is_checked(name: str) -> None:
    assert {value for value in _values(schemas.shipped()[name], "format") if isinstance(value, str)} <= {"date-time"}


@pytest.mark.parametrize("name", sorted(set(schemas.shipped()) - {schemas.ENVELOPE, schemas.EVENTS}))
def test_each_artifact_is_an_envelope_that_says_which_one(name: str) -> None:
    schema = schemas.shipped()[name]
    assert schema["$ref"] == schemas.shipped()[schemas.ENVELOPE]["$id"]
    assert schema["properties"]["schema"]["const"] == schemas.version_of(name)
    assert schemas.version_of(name).partition("/")[0] == name


@pytest.mark.parametrize("name", ARTIFACTS)
def test_the_artifacts_of_the_plan_have_a_schema(name: str) -> None:
    assert schemas.is_artifact(name)


@pytest.mark.parametrize(
    "name", ["flake.report", "flake.report.txt", "envelope.json", "../x.json", "integrity.events.v2.json"]
)
def test_another_name_has_none(name: str) -> None:
    assert not schemas.is_artifact(name)
    with pytest.raises(EvidenceError, match="no schema is shipped"):
        schemas.of_artifact(name)


@pytest.mark.parametrize("time", ["2025-01-02T03:04:05Z", "2025-01-02T03:04:05.123456Z", "2024-02-29T23:59:59.1Z"])
def test_a_time_in_utc_is_one(time: str) -> None:
    assert "/created" not in _pointers({"created": time})


@pytest.mark.parametrize(
    "time",
    [
        *(
            "2025-01-02",
            "2025-01-02T03:04:05",
            "2025-01-02T03:04:05+00:00",
            "2025-01-02 03:04:05Z",
            "2025-02-30T00:00:00Z",
        ),
        *("2025-01-02T03:04:05z", "2025-01-02T03:04:05Z\n", "\N{FULLWIDTH DIGIT TWO}025-01-02T03:04:05Z", "now", "", 5),
    ],
)
def test_any_other_time_is_a_fault(time: object) -> None:
    assert "/created" in _pointers({"created": time})


def _pointers(envelope: dict[str, Any]) -> set[str]:
    return {fault.pointer for fault in schemas.faults(schemas.ENVELOPE, envelope)}


def test_a_fault_names_its_place_and_keeps_its_message_short() -> None:
    envelope = {"interpreter": {"a/b": "x" * 10_000}, "settings": ["x" * 10_000]}
    found = schemas.faults(schemas.ENVELOPE, envelope)
    assert any(str(fault).startswith("/settings: ") for fault in found)
    assert all(len(fault.message) < 400 for fault in found)


def test_at_most_twenty_faults_are_told() -> None:
    tools = {"noxtasks": "1", **{str(number): number for number in range(100)}}
    assert len(schemas.faults(schemas.ENVELOPE, {"tools": tools})) == 20


@pytest.mark.functional
def test_jsonschema_is_not_imported_before_something_is_checked() -> None:
    code = (
        "import sys, json; from noxtasks.evidence import artifacts, events, vcs; "
        "print(json.dumps(sorted({'jsonschema', 'yaml', 'referencing', 'filelock'} & set(sys.modules))))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=Path.cwd()).stdout
    assert json.loads(output) == []
