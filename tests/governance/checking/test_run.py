"""`governance` from end to end: a committed project, real artifacts and events, and reports that verify."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from noxtasks.cli import COMMANDS, build_parser
from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode
from noxtasks.evidence import artifacts, events, schemas
from noxtasks.evidence.events import EventType
from noxtasks.evidence.gating import documents, judging
from noxtasks.gates import table
from noxtasks.governance import template
from noxtasks.governance.checking import anchoring, dimensions, emit, gathering, patterns, reading, references
from noxtasks.governance.checking.model import Standing
from noxtasks.sessions import OBJECTIVES
from noxtasks.stats import Verdict

from ...gates.test_table import _reached
from .conftest import Tell, Write
from .samples import WHOLE, line_of

Captured = pytest.CaptureFixture[str]
SESSIONS = tuple(objective.name for objective in OBJECTIVES)
TIERS = ("tier1_unit", "tier2_integration", "tier3_system", "tier4_mutation")
RISK = """\
risks:
  slow:
    title: Scans are slow.
    level: {level}
    trigger: {{artifact: determinism.audit.json, pointer: "/timing/runs_s/*", operator: ">", threshold: 600}}
    mitigation: make them faster
    rollback: do without them
"""
NO_SCORE = {"verdict": "unmeasured", "figure": None, "interval": {"low": 0, "high": 1}, "tried": 0, "failed": 0}
AUDIT = {
    "files": 1, "unread_files": [], "findings": [], "ignored": 0, "tests": 1, "runs": 2, "differing": [],
    "score": {**NO_SCORE, "sources": []},
}  # fmt: skip
TIER = {
    "metric": "line", "target": 0.7, "level": "blocking", "is_blocking": True, "blocking_after": None, "tools": [],
    "figure": 0.8, "verdict": "pass", "reason": "", "tests": 3, "failed": [], "lines": None, "branches": None,
    "stale": False, "trend": None, "edges": None,
}  # fmt: skip
LADDER: dict[str, Any] = {
    "profile": "baseline", "tiers": [{"name": name, **TIER} for name in TIERS], "total": None,
    "unassigned": {"none": [], "several": {}}, "scope": {"found_by": "", "files": []}, "new_code": None,
    "standing": {"tier": None, "following": None, "missing": [], "fallen": []},
    "advances": [], "measurements": [], "gains": [], "notes": [],
}  # fmt: skip


def check(root: Path, *arguments: str) -> ExitCode:
    parsed = build_parser().parse_args(["governance", "--root", str(root), *arguments])
    return ExitCode(parsed.command.handle(parsed))


def result(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = artifacts.read(root / "reports", emit.REPORT).result
    return found


def test_without_a_file_it_says_how_to_get_one(root: Path) -> None:
    (root / "governance.yaml").unlink()
    with pytest.raises(ConfigurationError, match="noxtasks init --governance"):
        check(root)
    assert not (root / "reports").exists()


def test_a_file_that_is_not_of_the_form_is_refused_and_writes_nothing(root: Path) -> None:
    (root / "governance.yaml").write_text("version: 1\n")
    with pytest.raises(ConfigurationError, match="milestones are missing"):
        check(root)
    assert not (root / "reports").exists()


def test_where_nothing_is_measured_it_is_not_known_whether_the_rules_are_kept(root: Path, capsys: Captured) -> None:
    assert check(root) is ExitCode.NOT_MEASURED
    said = capsys.readouterr().out
    assert "not known whether the rules are kept; unmeasured: triangle, circle, spiral" in said
    assert max(map(len, said.splitlines())) <= 80
    assert check(root) is ExitCode.NOT_MEASURED, "that it was checked once is no evidence"


def test_rules_that_are_kept_end_with_nothing_found(root: Path, measured: Write, begun: Tell) -> None:
    text = WHOLE.replace("M1: {title: Foundation}", "M1: {retrospective: M1.md}")
    (root / "governance.yaml").write_text(text)
    (root / "M1.md").write_text("It went well.\n")
    measured(patterns.LADDER, LADDER)
    begun(
        (EventType.FLAKE_REDUCTION_DELTA_EMITTED, ""),
        (EventType.EVIDENCE_BUNDLED, "M1-completion.tar.gz"),
        (EventType.PERFORMANCE_BENCHMARK_COMPLETE, ""),
    )
    assert check(root) is ExitCode.NOTHING_FOUND
    found = result(root)
    assert (found["verdict"], found["violations"], found["advice"]) == ("pass", [], [])
    assert {each["name"]: (each["verdict"], each["figure"]) for each in found["patterns"]} == {
        "triangle": ("pass", 1),
        "circle": ("pass", 1),
        "spiral": ("pass", 1),
        "golden ratio": ("unmeasured", None),
        "fractal": ("pass", 1),
    }


def test_what_is_closed_without_looking_back_is_found(root: Path, measured: Write, begun: Tell) -> None:
    measured(patterns.LADDER, LADDER)
    begun((EventType.EVIDENCE_BUNDLED, "M1-completion.tar.gz"))
    assert check(root) is ExitCode.FOUND
    assert [each["message"] for each in result(root)["violations"]] == [
        "spiral: M1 is closed, and has no retrospective"
    ]


def test_a_ladder_of_other_code_is_no_circle(root: Path, measured: Write, begun: Tell) -> None:
    measured(patterns.LADDER, LADDER)
    begun((EventType.FLAKE_REDUCTION_DELTA_EMITTED, ""))
    assert check(root) is ExitCode.NOTHING_FOUND
    (root / "shop.py").write_text("price = 1\n")
    assert check(root) is ExitCode.NOT_MEASURED


def test_a_broken_chain_of_events_says_nothing_of_what_came_first(root: Path, measured: Write, begun: Tell) -> None:
    measured(patterns.LADDER, LADDER)
    begun((EventType.FLAKE_REDUCTION_DELTA_EMITTED, ""), (EventType.FLAKE_REDUCTION_DELTA_EMITTED, ""))
    path = root / "reports" / events.NAME
    path.write_bytes(path.read_bytes().replace(b"flake_reduction_delta_emitted", b"mutation_scan_start", 1))
    assert check(root) is ExitCode.NOT_MEASURED
    (triangle,) = [each for each in result(root)["patterns"] if each["name"] == "triangle"]
    assert triangle["reason"].startswith("events.jsonl:2: its prevhash is not the hash of the line before")


def test_what_is_broken_is_told_in_file_and_line_and_in_the_artifact(
    root: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    text = WHOLE.replace("milestones: [M2]", "milestones: [M9]").replace("session: bench", "session: bensch")
    (root / "governance.yaml").write_text(text)
    assert check(root) is ExitCode.FOUND
    said = " ".join(capsys.readouterr().out.split())
    line = line_of(text, "M9")
    assert f"governance.yaml:{line} objective O2 is anchored to 'M9', and there is no such milestone" in said
    assert f"::error file=governance.yaml,line={line},title=governance%3A orphan::objective O2 is anchored" in said
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert f"| `governance.yaml:{line}` | orphan |" in summary
    assert "| fractal | 50% |" in summary
    found = {(each["rule"], each["line"]) for each in result(root)["violations"]}
    assert found >= {("orphan", line), ("pattern", line_of(text, "bensch")), ("idle milestone", 4)}


def test_the_gate_counts_the_violations_and_the_evidence_verifies(root: Path) -> None:
    (root / "governance.yaml").write_text(WHOLE.replace("milestones: [M2]", "milestones: [M9]"))
    check(root)
    reports = root / "reports"
    assert artifacts.verify(reports) == []
    assert events.verify(reports) == []
    (event,) = events.read(reports)
    assert (event.type, event.attributes["noxtasks.governance.verdict"]) == (EventType.GOVERNANCE_CHECKED, "fail")
    assert event.metrics["governance.violations"] == 2
    code = artifacts.read(reports, emit.REPORT).provenance.code_version
    document = documents.load(reports, [emit.REPORT], code_version=code)[emit.REPORT]
    judged = judging.evaluate(table.SHIPPED["governance"], document, today=event.time.date())
    assert (judged.figure, judged.verdict.value, judged.reason) == (2, "fail", "governance.yaml:4, governance.yaml:15")


@pytest.mark.parametrize(
    ("level", "slowest", "ends"),
    [
        ("blocking", 601, ExitCode.FOUND),
        ("advisory", 601, ExitCode.NOTHING_FOUND),
        ("blocking", 600, ExitCode.NOTHING_FOUND),
    ],
)
def test_a_risk_that_has_fired_shows_what_is_done_and_breaks_a_rule_where_it_blocks(
    root: Path, level: str, slowest: float, ends: ExitCode, *, measured: Write, begun: Tell, capsys: Captured
) -> None:
    (root / "governance.yaml").write_text(WHOLE + RISK.format(level=level))
    measured(patterns.LADDER, LADDER)
    begun((EventType.FLAKE_REDUCTION_DELTA_EMITTED, ""))
    assert check(root) is (ExitCode.NOT_MEASURED if level == "blocking" else ExitCode.NOTHING_FOUND)
    measured("determinism.audit.json", AUDIT, timing={"runs_s": [1, slowest]})
    capsys.readouterr()
    assert check(root) is ends
    said = " ".join(capsys.readouterr().out.split())
    assert ("slow has fired: Scans are slow" in said) is (slowest > 600)
    assert ("mitigation: make them faster" in said and "rollback: do without them" in said) is (slowest > 600)
    (risk,) = result(root)["risks"]
    assert (risk["state"], risk["figure"]) == ("fired" if slowest > 600 else "calm", slowest)


def test_deliverables_are_complete_where_each_has_its_digest(root: Path, measured: Write, capsys: Captured) -> None:
    text = f"""{WHOLE}deliverables:
  ladder: {{milestone: M1, artifact: coverage.ladder.v2.yaml}}
  page:
    milestone: M1
    file: README.md
"""
    (root / "governance.yaml").write_text(text)
    measured(patterns.LADDER, LADDER)
    check(root)
    assert result(root)["completeness"] == 0.5
    check(root, "--record")
    assert result(root)["completeness"] == 1
    assert "+    sha256: " in capsys.readouterr().out
    (root / "README.md").write_text("# The shop\nIt is closed.\n")
    (root / "reports" / patterns.LADDER).write_text("schema: x\n")
    check(root)
    found = result(root)
    assert found["completeness"] == 0
    assert [each["rule"] for each in found["violations"][:2]] == ["no digest", "no digest"]


def test_files_outside_of_the_project_are_no_evidence(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Here\n")
    if sys.platform != "win32":  # where links take a right of their own
        (root / "link.md").symlink_to(tmp_path / "secret.md")
    read = gathering.text_in(root)
    names = ("../secret.md", str(tmp_path / "secret.md"), "link.md", "a\0b", ".", "x" * 5000, "README.md/x")
    assert [read(name) for name in names] == [None] * len(names)
    assert read("README.md") == "# The shop\n"


def test_sessions_of_the_noxfile_are_as_good_as_ours(root: Path, measured: Write, begun: Tell) -> None:
    def fractal() -> str:
        check(root)
        (found,) = [each["verdict"] for each in result(root)["patterns"] if each["name"] == "fractal"]
        return str(found)

    (root / "governance.yaml").write_text(WHOLE.replace("session: bench", "session: docs"))
    assert fractal() == "fail"
    (root / "noxfile.py").write_text("import nox\n\n\n@nox.session\ndef docs(session):\n    pass\n")
    assert fractal() == "pass"
    (root / "governance.yaml").write_text(WHOLE.replace("session: bench", "session: qa-bench"))
    assert fractal() == "fail"
    (root / "noxfile.py").write_text("import noxtasks\n\nnoxtasks.register(prefix='qa-')\n")
    assert fractal() == "pass"
    (root / "noxfile.py").write_text("this is no Python\n")
    assert fractal() == "fail"


def test_the_template_breaks_no_rule_but_those_of_what_is_to_be_filled_in_and_to_be_run(root: Path) -> None:
    (root / "governance.yaml").write_text(template.text())
    assert check(root) is ExitCode.FOUND
    assert {each["rule"] for each in result(root)["violations"]} == {"dimension", "evidence", "no digest"}
    (fractal,) = [each for each in result(root)["patterns"] if each["name"] == "fractal"]
    assert fractal["verdict"] == "pass"


HERE = Path(__file__).parents[3]


@pytest.mark.parametrize("text", [template.text(), (HERE / "governance.yaml").read_text("utf-8")], ids=["new", "ours"])
def test_every_command_in_a_plan_is_one_that_the_parser_knows(text: str) -> None:
    plan = reading.read(text.encode())
    commands = [risk.calm.command for risk in plan.risks]
    commands += [found.split(",")[0] for found in re.findall(r"\((noxtasks [^)]+)\)", text)]
    known = {command.name.split()[0] for command in COMMANDS}
    for words in map(shlex.split, filter(None, commands)):
        assert words[0] == "noxtasks"
        if words[1] in known:
            assert build_parser().parse_args(words[1:]).command, words


def test_the_plan_of_this_repository_keeps_its_rules_and_its_evidence_in_files_is_there() -> None:
    plan = reading.read((HERE / "governance.yaml").read_bytes())
    assert anchoring.violations(plan) == []
    known = gathering.known(HERE, plan, Settings(), SESSIONS, ())
    assert patterns.fractal(plan, known).verdict is Verdict.PASS
    addressed = dimensions.look_into(plan, {}, gathering.text_in(HERE))
    missing = [ref.text for each in addressed for ref in each.evidence if ref.standing is Standing.MISSING]
    assert [text for text in missing if "#/" not in text] == []
    assert [each.wrong for each in addressed if each.wrong] == []
    artifacts_named = {text.partition("#")[0] for text in missing} | {each.calm.artifact for each in plan.risks}
    of_gates = {gate.artifact for gate in table.GATES}
    assert [name for name in artifacts_named - of_gates if not schemas.is_artifact(name)] == []


@pytest.mark.parametrize("text", [template.text(), (HERE / "governance.yaml").read_text("utf-8")], ids=["new", "ours"])
def test_every_pointer_in_a_plan_leads_to_a_place_that_its_artifact_has(text: str) -> None:
    plan = reading.read(text.encode())
    places = [(risk.calm.artifact, risk.calm.pointer) for risk in plan.risks]
    places += [
        (parsed.target, parsed.fragment)
        for each in plan.dimensions
        for parsed in map(references.parse, (said.text for said in each.evidence))
        if parsed.kind is references.Kind.ARTIFACT
    ]
    assert places
    for artifact, pointer in places:
        if schemas.is_artifact(artifact):
            schema = schemas.shipped()[schemas.of_artifact(artifact)]
            assert list(_reached(schema, pointer.split("/")[1:])), (artifact, pointer)
