"""The JSON of Stryker's schema: valid by that schema, and with the words that its viewers know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from noxtasks.mutation import stryker
from noxtasks.mutation.model import Report

SCHEMA = Path(__file__).parent / "stryker_schema" / "mutation-testing-report-schema.json"


@pytest.fixture
def told(report: Report) -> Any:
    return json.loads(stryker.render(report))


def test_it_is_valid_by_the_schema_of_its_viewers(told: Any) -> None:
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(told)


def test_every_status_has_its_word(told: Any) -> None:
    assert [mutant["status"] for mutant in told["files"]["src/shop.py"]["mutants"]] == [
        *("Killed", "Survived", "Timeout", "NoCoverage", "RuntimeError", "Killed", "Ignored", "Pending")
    ]


def test_a_mutant_stands_where_the_source_changes_with_the_tests_that_met_it(told: Any) -> None:
    killed, survived, *_ = told["files"]["src/shop.py"]["mutants"]
    assert killed["location"] == {"start": {"line": 3, "column": 18}, "end": {"line": 3, "column": 23}}
    assert told["files"]["src/shop.py"]["source"].split("\n")[2][17:22] == "> 100"
    assert (killed["replacement"], killed["killedBy"], killed["statusReason"]) == (
        ">= 100",
        ["1"],
        "AssertionError: <b>",
    )
    assert (survived["coveredBy"], survived["killedBy"], survived["duration"]) == (["0", "1"], [], 500)


def test_tests_stand_in_their_files(told: Any) -> None:
    tests = told["testFiles"]["tests/test_shop.py"]["tests"]
    assert [test["id"] for test in tests] == ["0", "1"]
    assert tests[0]["name"] == "TestShop::test_price"


def test_the_bounds_of_the_viewer_are_the_threshold(told: Any) -> None:
    assert told["thresholds"] == {"high": 60, "low": 60}
