"""`gates` from end to end: over real artifacts of a committed project, into reports that verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import junitparser
import pytest

from noxtasks import config, gates
from noxtasks.cli import build_parser
from noxtasks.config import GateSettings, Settings
from noxtasks.errors import ExitCode
from noxtasks.evidence import artifacts, events
from noxtasks.evidence.events import EventType
from noxtasks.gates import emit, junit, on_github, sarif, table

from .conftest import Write, committed
from .samples import (
    TIMING_OF_COMPARISON,
    TIMING_OF_FLAKES,
    TODAY,
    cause,
    comparison,
    flakes,
    health,
    tier,
    unsteady,
)

OFF = GateSettings(level="off")
ONLY_HEALTH = {each.name: OFF for each in table.GATES if each.artifact not in {table.HEALTH, table.FLAKES}}


def run(root: Path, **named: GateSettings) -> ExitCode:
    return gates.run(root, Settings(gates={**ONLY_HEALTH, **named}), today=TODAY)


def told(root: Path) -> dict[str, dict[str, Any]]:
    result = artifacts.read(root / "reports", emit.REPORT).result
    return {each["name"]: each for each in result["gates"]}


def test_without_anything_measured_nothing_is_known(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gates.run(root, Settings(), today=TODAY) is ExitCode.NOT_MEASURED
    said = capsys.readouterr().out
    assert "7 blocking: 7 unmeasured; 11 advisory: 11 unmeasured" in said
    assert max(map(len, said.splitlines())) <= 80
    assert {each["verdict"] for each in told(root).values()} == {"unmeasured"}
    assert gates.run(root, Settings(), today=TODAY) is ExitCode.NOT_MEASURED, "its own reports are no evidence"


def test_what_is_measured_decides(root: Path, measured: Write) -> None:
    measured(table.HEALTH, health())
    measured(table.FLAKES, flakes(), timing=TIMING_OF_FLAKES)
    assert run(root) is ExitCode.NOTHING_FOUND
    found = told(root)
    assert {name: each["verdict"] for name, each in found.items()} == {
        "collection errors": "pass",
        "flake rate": "pass",
    }
    measured(table.HEALTH, health(causes=[cause()]))
    assert run(root) is ExitCode.FOUND
    failing = told(root)["collection errors"]
    assert (failing["figure"], failing["threshold"], failing["is_blocking"]) == (1, 0, True)
    assert f"{failing['digest']}  {table.HEALTH}\n" in (root / "reports" / "SHA256SUMS").read_text()


def test_an_advisory_gate_that_fails_does_not_decide(root: Path, measured: Write) -> None:
    measured(table.HEALTH, health())
    claim = {**flakes()["claim"], "verdict": "fail", "figure": 0.25, "interval": {"low": 0.18, "high": 0.34}}
    measured(table.FLAKES, flakes(claim=claim, flaky=[unsteady("test_shop.py::test_b")]), timing=TIMING_OF_FLAKES)
    assert run(root) is ExitCode.NOTHING_FOUND
    assert run(root, **{"flake rate": GateSettings(level="blocking")}) is ExitCode.FOUND


def test_code_that_has_changed_since_is_not_measured(root: Path, measured: Write) -> None:
    measured(table.HEALTH, health())
    (root / "test_shop.py").write_text("def test_new(): pass\n")
    assert run(root) is ExitCode.NOT_MEASURED
    assert "is about other code" in told(root)["collection errors"]["reason"]


def test_evidence_that_was_altered_fails(root: Path, measured: Write) -> None:
    measured(table.HEALTH, health(causes=[cause()]))
    path = root / "reports" / table.HEALTH
    path.write_bytes(path.read_bytes().replace(b'"blocking":true', b'"blocking":false'))
    settings = Settings(gates={name: said for name, said in ONLY_HEALTH.items() if name != "evidence integrity"})
    assert gates.run(root, settings, today=TODAY) is ExitCode.FOUND
    found = told(root)
    assert found["collection errors"]["verdict"] == "unmeasured"
    assert found["evidence integrity"]["reason"].startswith("collection.health.json: its SHA-256 is ")


def test_all_that_is_written_verifies_and_each_gate_has_its_event(root: Path, measured: Write) -> None:
    measured(table.HEALTH, health(causes=[cause(path="test_shop.py", line=0)]))
    measured(table.FLAKES, flakes(flaky=[unsteady("test_shop.py::TestShop::test_price")]), timing=TIMING_OF_FLAKES)
    run(root)
    reports = root / "reports"
    assert artifacts.verify(reports) == []
    assert events.verify(reports) == []
    found = [each for each in events.read(reports) if each.type is EventType.GATE_EVALUATED]
    assert [each.attributes["noxtasks.gate.name"] for each in found] == ["collection errors", "flake rate"]
    assert found[0].attributes["noxtasks.gate.verdict"] == "fail"
    assert found[0].metrics == {"gate.figure": 1, "gate.threshold": 0}
    assert [each.name for each in found[0].artifacts] == [table.HEALTH]
    assert [each.name for each in found[1].artifacts] == [table.FLAKES]
    *_, written = events.read(reports)
    assert {each.name for each in written.artifacts} == {*emit.WRITTEN}
    log = json.loads((reports / sarif.NAME).read_bytes())
    places = [each["locations"][0]["physicalLocation"] for each in log["runs"][0]["results"]]
    assert sorted(place["region"]["startLine"] for place in places) == [1, 2]
    assert "| collection errors | blocking | 1 | `== 0` | ❌ fail |" in (reports / on_github.SUMMARY).read_text("utf-8")
    (suite,) = junitparser.JUnitXml.fromstring((reports / junit.NAME).read_bytes())
    assert (suite.tests, suite.failures) == (2, 1)


def test_places_are_told_from_the_top_of_the_repository(root: Path, measured: Write) -> None:
    inner = root / "packages" / "shop"
    inner.mkdir(parents=True)
    (inner / "test_shop.py").write_text("\n\ndef test_b(): pass\n")
    revision = committed(root, "a package")
    measured(
        table.FLAKES, flakes(flaky=[unsteady("test_shop.py::test_b")]), timing=TIMING_OF_FLAKES, code_version=revision
    )
    (root / "reports").rename(inner / "reports")
    run(inner)
    log = json.loads((inner / "reports" / sarif.NAME).read_bytes())
    (place,) = [each["locations"][0]["physicalLocation"] for each in log["runs"][0]["results"]]
    assert place["artifactLocation"]["uri"] == "packages/shop/test_shop.py"
    assert place["region"] == {"startLine": 3}


def test_a_gate_of_the_projects_own_looks_into_its_own_file(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "reports").mkdir()
    (root / "reports" / "coverage.json").write_text('{"totals": {"percent_covered": 79.5}}')
    off = "\n".join(f'"{name}".level = "off"' for name in config.GATES)
    (root / "pyproject.toml").write_text(
        f'[tool.noxtasks.gates]\n{off}\n[tool.noxtasks.gates.lines]\nartifact = "coverage.json"\n'
        'pointer = "/totals/percent_covered"\noperator = ">="\nthreshold = 80\nlevel = "blocking"\nowner = "ada"\n'
    )
    arguments = build_parser().parse_args(["gates", "--root", str(root)])
    assert arguments.command.handle(arguments) is ExitCode.FOUND
    said = capsys.readouterr().out
    assert "lines                               79.5  >= 80       fail" in said
    assert "SHA256SUMS does not list it" in said
    assert told(root)["lines"]["owner"] == "ada"
    arguments = build_parser().parse_args(["gates", "--root", str(root), "-S", "gates.lines.threshold=79.5"])
    assert arguments.command.handle(arguments) is ExitCode.NOTHING_FOUND


def test_a_severe_loss_recommends_to_go_back(root: Path, measured: Write, capsys: pytest.CaptureFixture[str]) -> None:
    old = (root / ".git" / "refs" / "heads").glob("*").__next__().read_text().strip()
    (root / "shop.py").write_text("import time\n")
    new = committed(root, "Sort by hand")
    severe = tier("mean", 0.4, "fail", consequence="rollback")
    result = comparison(severe, verdict="fail", consequence="rollback", against=old)
    measured(table.COMPARISON, result, timing=TIMING_OF_COMPARISON, code_version=new)
    assert gates.run(root, Settings(), today=TODAY) is ExitCode.FOUND
    said = capsys.readouterr().out
    assert "going back is recommended" in said
    assert f"{new[:10]} Sort by hand" in said
    assert f"$ git revert --no-edit {new}" in said
    found = artifacts.read(root / "reports", emit.REPORT).result["rollback"]
    assert (found["good"], found["worst"], [each["id"] for each in found["commits"]]) == (old, 0.4, [new])
    assert told(root)["performance mean"]["verdict"] == "fail"
