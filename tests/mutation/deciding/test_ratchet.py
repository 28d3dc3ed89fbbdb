"""New survivors count, whatever the score."""

from __future__ import annotations

import json
from typing import Any

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.mutation.deciding import ratchet
from noxtasks.mutation.model import Fate, Mutant, Status

BEFORE = "def f(a):\n    a += 1\n    return a"


def a_mutant(number: str, after: str, before: str = BEFORE) -> Mutant:
    return Mutant(path="shop.py", line=1, id=number, name="", function="f", operator="o", before=before, after=after)


def earlier(*told: tuple[str, str, list[str]]) -> ratchet.Earlier:
    mutants: list[dict[str, Any]] = [
        {"id": number, "path": "shop.py", "function": "f", "status": status, "diff": lines, "line": 1}
        for number, status, lines in told
    ]
    return ratchet.read(json.dumps({"schema": "any", "result": {"mutants": mutants}}).encode(), where="base.json")


CHANGE = ["     a += 1", "-    return a", "+    return None"]
CASES: dict[str, tuple[list[tuple[str, str, list[str]]], str, tuple[list[str], list[str]]]] = {
    "it lived": ([("1", "survived", [])], "survived", ([], [])),
    "it had no tests": ([("1", "no tests", [])], "survived", ([], [])),
    "it was killed": ([("1", "killed", [])], "survived", (["1"], [])),
    "it never ended": ([("1", "timeout", [])], "survived", (["1"], [])),
    "its tests are gone": ([("1", "killed", [])], "no tests", (["1"], [])),
    "it was not tried": ([("1", "unchecked", [])], "survived", ([], [])),
    "it was not there": ([], "survived", ([], ["1"])),
    "it was there in another form of its function": ([("2", "survived", CHANGE)], "survived", ([], [])),
    "the same change was killed in another form": ([("2", "killed", CHANGE)], "survived", ([], ["1"])),
    "it is killed now": ([], "killed", ([], [])),
    "it is not tried now": ([("1", "killed", [])], "unchecked", ([], [])),
}


@pytest.mark.parametrize("case", CASES)
def test_what_lives_must_have_lived_before(case: str) -> None:
    told, status, expected = CASES[case]
    mutant = a_mutant("1", BEFORE.replace("return a", "return None"))
    fates = {"1": Fate(mutant="1", status=Status(status))}
    found = ratchet.compare(earlier(*told), [mutant], fates, baseline="base.json")
    assert (list(found.regressed), list(found.new)) == expected


@pytest.mark.parametrize("content", [b"", b"{}", b'{"result": {}}', b'{"result": {"mutants": [{"id": 3}]}}'])
def test_what_is_no_report_is_told(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"base\.json is no report of mutants"):
        ratchet.read(content, where="base.json")
