"""The SARIF log: valid by the schema of the standard, within GitHub's limits, the same finding by the same print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.evidence.provenance import Provenance
from noxtasks.gates import sarif
from noxtasks.gates.descriptions import RULES
from noxtasks.gates.model import Finding, Grade

SCHEMA = json.loads((Path(__file__).parent / "sarif_schema" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
FINDING = Finding(
    rule="surviving-mutant",
    path="src/a b/shöp.py",
    message="price can be changed so:\n-  a[0](b)\n+  a[1](b)",
    key="0f3a",
    line=7,
    column=12,
    end_line=7,
    end_column=13,
    command="noxtasks mutation explain 0f3a",
)

texts = st.text(max_size=20)
found = st.builds(
    Finding,
    rule=st.sampled_from([rule.id for rule in RULES]),
    path=st.text(min_size=1, max_size=20),
    message=texts,
    key=texts,
    line=st.integers(0, 9),
    end_line=st.integers(0, 9),
    column=st.integers(0, 9),
    end_column=st.integers(0, 9),
    grade=st.sampled_from(list(Grade)),
    related=st.tuples() | st.tuples(st.text(min_size=1, max_size=9)),
    command=texts,
)


def rendered(findings: list[Finding], provenance: Provenance, prefix: str = "") -> Any:
    log = json.loads(sarif.render(findings, provenance=provenance, prefix=prefix))
    VALIDATOR.validate(log)
    (run,) = log["runs"]
    return run


def test_no_finding_is_a_log_too(provenance: Provenance) -> None:
    run = rendered([], provenance)
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_a_finding_stands_where_it_is(provenance: Provenance) -> None:
    run = rendered([FINDING], provenance, prefix="packages/shop/")
    (result,) = run["results"]
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "packages/shop/src/a%20b/sh%C3%B6p.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 7, "startColumn": 12, "endLine": 7, "endColumn": 13},
            }
        }
    ]
    assert (result["ruleId"], result["level"]) == ("surviving-mutant", "warning")
    assert result["message"]["text"].splitlines() == [
        "price can be changed so:",
        "-  a[0\\](b)",  # no link
        "+  a[1\\](b)",
        "$ noxtasks mutation explain 0f3a",
    ]


def test_a_finding_without_a_line_stands_at_the_first(provenance: Provenance) -> None:
    (result,) = rendered([msgspec.structs.replace(FINDING, line=0)], provenance)["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


def test_each_rule_that_is_used_explains_itself(provenance: Provenance) -> None:
    run = rendered([FINDING, msgspec.structs.replace(FINDING, rule="flaky-test", grade=Grade.ERROR)], provenance)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["flaky-test", "surviving-mutant"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["surviving-mutant", "flaky-test"]
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == ["error", "warning"]
    for rule in rules:
        assert rule["help"]["text"]
        assert "$ noxtasks " in rule["help"]["markdown"]


def test_a_finding_that_moves_stays_the_same_and_another_is_another(provenance: Provenance) -> None:
    moved = msgspec.structs.replace(FINDING, line=70, end_line=70, message="otherwise")
    assert sarif.fingerprint(moved) == sarif.fingerprint(FINDING)
    for part in ({"rule": "flaky-test"}, {"path": "other.py"}, {"key": "0f3b"}):
        assert sarif.fingerprint(msgspec.structs.replace(FINDING, **part)) != sarif.fingerprint(FINDING)
    prints = [
        each["partialFingerprints"]["primaryLocationLineHash"]
        for each in rendered([FINDING, moved], provenance)["results"]
    ]
    assert [each.partition(":")[2] for each in prints] == ["1", "2"]


def test_what_is_beyond_githubs_limit_is_left_out_and_said(provenance: Provenance) -> None:
    many = [msgspec.structs.replace(FINDING, key=str(number)) for number in range(sarif.RESULTS + 3)]
    (run,) = json.loads(sarif.render(many, provenance=provenance))["runs"]
    assert len(run["results"]) == sarif.RESULTS
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "3 more findings are left out here; the artifacts have them all"


def test_a_long_message_is_cut(provenance: Provenance) -> None:
    (result,) = rendered([msgspec.structs.replace(FINDING, message="x" * 10**6)], provenance)["results"]
    assert len(result["message"]["text"]) < 5000


@given(findings=st.lists(found, max_size=4))
def test_every_finding_gives_a_valid_log(provenance: Provenance, findings: list[Finding]) -> None:
    run = rendered(findings, provenance)
    assert len(run["results"]) == len(findings)
    for result in run["results"]:
        region = result["locations"][0]["physicalLocation"]["region"]
        start = (region["startLine"], region.get("startColumn", 1))
        assert (region.get("endLine", start[0]), region.get("endColumn", 99)) > start


@pytest.mark.parametrize(("version", "semantic"), [("0.1.0", "0.1.0"), ("1.2", "1.2.0"), ("1.0.0rc1+local", "1.0.0")])
def test_the_version_is_a_semantic_one(version: str, semantic: str) -> None:
    assert sarif._semantic(version) == semantic
