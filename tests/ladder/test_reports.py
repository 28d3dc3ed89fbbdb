"""What a session says: a table that fits, what is missing, and the same on GitHub; and the artifact."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from noxtasks.config import LadderSettings, Settings
from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.vcs import Code
from noxtasks.gates import table
from noxtasks.ladder import coverage_py, emit, on_github, page, profiles, rules, terminal, tiers
from noxtasks.ladder.changed import Since
from noxtasks.ladder.model import (
    Advance,
    Belonging,
    Condition,
    Counts,
    Edge,
    Ending,
    File,
    Gain,
    Measured,
    Measurement,
    Name,
    NewCode,
    Report,
    Standing,
)
from noxtasks.ladder.scope import Scopes
from noxtasks.ladder.selecting import Collected
from noxtasks.ladder.task import Task
from noxtasks.stats import Interval, Judgement, Verdict
from noxtasks.suite.launch import Suite
from noxtasks.suite.sources import Source, Sources

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TIERS = tiers.tiers(LadderSettings(blocking_after={"mutation": date(2026, 12, 31)}), profiles.targets("baseline"))
NEXT = Condition(name="flake rate", verdict=Verdict.FAIL, reason="7% is not below 5%")
ADVANCE = Advance(at=AT, revision="a" * 40, before=None, tier=Name.UNIT, is_demotion=False, conditions=(NEXT,))


@pytest.fixture
def report() -> Report:
    counts = Counts(covered=2, total=3)
    file = File(path="shop.py", lines=counts, branches=counts, missing=(3,), functions=())
    covered = coverage_py.of_files([file])
    unit = Measured(
        tier=TIERS[0],
        tests=3,
        failed=("tests/a.py::test[\x1b]", "b", "c", "d"),
        coverage=covered,
        edges=(Edge(source="shop", target="till", calls=0), Edge(source="till", target="shop", calls=2)),
        judgement=rules.judge(TIERS[0], covered, tests=3),
    )
    blind = [
        Measured(tier=tier, tests=0, failed=(), coverage=None, edges=None, judgement=rules.unmeasured(tier, "no test"))
        for tier in TIERS[1:]
    ]
    return Report(
        profile="baseline",
        tiers=(unit, *blind),
        total=covered,
        total_reason="",
        belonging=Belonging(tiers={Name.UNIT: ("a",)}, none=("x",), several={"y": (Name.UNIT, Name.SYSTEM)}),
        blocking=frozenset({Name.UNIT}),
        trends={Name.UNIT: -0.021},
        standing=Standing(
            tier=Name.UNIT,
            following=Name.INTEGRATION,
            missing=(NEXT, replace(NEXT, name="collection", verdict=Verdict.PASS)),
            fallen=(replace(NEXT, name="ratchet"),),
            advances=(ADVANCE,),
        ),
        steps=(ADVANCE,),
        measurements=(
            Measurement(
                at=AT,
                revision="a" * 40,
                code_version="a" * 40,
                figures={name: 0.5 if name is Name.UNIT else None for name in Name},
                collection_errors=0,
                flake_rate=None,
                consistency=None,
                slower=-0.2,
                system_tests_pass=True,
            ),
        ),
        notes=("a note",),
        ending=Ending.DONE,
    )


@pytest.fixture
def task(tmp_path: Path, report: Report) -> Task:
    sources = Sources(files=(Source(path="shop.py", module="shop"),), entries=(".",), found_by="modules at the top")
    return Task(
        suite=Suite(root=tmp_path, python=Path("python")),
        settings=Settings(),
        tiers=TIERS,
        collected=Collected(
            belonging=report.belonging, prefix="", interpreter=("CPython", "3.12.1"), broken=(), deselected=0
        ),
        scopes=Scopes(together=sources, of_tiers={}),
        coverage=coverage_py.Settings(version="7.10", pytest="9"),
        session_id="0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        began=AT,
        code=Code(vcs=None, code_version=f"tree.{'a' * 64}"),
        since=Since(),
    )


def test_the_table_fits_and_says_what_is_missing(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_report(report)
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert max(map(len, lines[:6])) <= 80
    assert lines[1].split() == ["unit", "line", "66.6%", "70%", "-2.1", "3", "fail"]
    assert lines[4].split() == ["mutation", "score", "-", "60%", "-", "-", "unmeasured,", "advisory"]
    assert "mutation (advisory until 2026-12-31): unmeasured: no test" in said
    assert "tests/a.py::test[\\u{1b}], b, c and 1 more" in said
    assert "1 test fits no tier, for the total alone: x" in said
    assert "1 test fits several tiers, for the total alone: y" in said
    assert "ladder.rest" in said
    assert "earned now: unit" in said
    assert "earned: unit" in said
    assert "for integration there has to be" in said
    assert "flake rate: 7% is not below 5%" in said
    assert "collection: " not in said
    assert "fallen: ratchet" in said


def test_what_is_lost_is_never_silent(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    fall = replace(ADVANCE, before=Name.INTEGRATION, tier=Name.UNIT, is_demotion=True)
    fallen = replace(report, steps=(fall, replace(fall, before=Name.UNIT, tier=None)))
    terminal.print_report(fallen)
    for said in (capsys.readouterr().out, on_github.markdown(fallen)):
        assert "lost: integration, back to unit: flake rate: 7% is not below 5%" in said
        assert "lost: unit, nothing is left" in said


def test_without_a_total_the_reason_stands_there(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    blind = replace(report, total=None, total_reason="its run died", ending=Ending.INTERRUPTED)
    terminal.print_report(blind)
    said = capsys.readouterr().out
    assert "total: not measured, its run died" in said
    assert "what was measured is kept" in said
    assert "not measured, its run died" in on_github.markdown(blind)


def test_github_has_the_same(report: Report) -> None:
    said = on_github.markdown(report)
    assert said.startswith("### coverage ladder: earned: unit\n")
    assert "| unit | line | 66.6% | 70% | -2.1 | 3 | `fail: below 70%` | blocking |" in said
    assert "`total: 66.6% of lines, 66.6% of branches`" in said
    assert "7% is not below 5%" in said


def test_the_artifact_has_all_of_it_and_each_advance_of_now_is_an_event(task: Task, report: Report) -> None:
    told = task.provenance(complete=True)
    digests = emit.write(task, report, duration_s=1.0, provenance=told)
    found = artifacts.read(task.reports, emit.LADDER)
    unit = found.result["tiers"][0]
    assert (unit["figure"], unit["lines"], unit["trend"]) == (2 / 3, {"covered": 2, "total": 3}, -0.021)
    assert unit["edges"] == {"crossed": 1, "total": 2, "missing": [["shop", "till"]]}
    assert found.result["tiers"][3]["blocking_after"] == "2026-12-31"
    assert found.result["total"]["figure"] == 2 / 3
    assert found.result["unassigned"] == {"none": ["x"], "several": {"y": ["tier1_unit", "tier3_system"]}}
    assert found.result["standing"]["following"] == "tier2_integration"
    assert found.result["measurements"][0]["figures"]["tier1_unit"] == 0.5
    assert found.result["advances"][0]["tier"] == "tier1_unit"
    drawn = page.render(found.result, project=task.project, provenance=told)
    assert (task.reports / page.NAME).read_bytes() == drawn
    assert artifacts.verify(task.reports) == []
    emit.tell(task.reports, task.project, [ADVANCE], digests=digests, provenance=told)
    written, event = events.read(task.reports)
    assert {each.name for each in written.artifacts} == {emit.LADDER, page.NAME}
    assert event.type is events.EventType.COVERAGE_LADDER_STAGE_ADVANCED
    assert event.attributes["noxtasks.ladder.tier"] == "tier1_unit"


def test_a_total_that_is_not_there_is_null(task: Task, report: Report, provenance: Provenance) -> None:
    emit.write(task, replace(report, total=None), duration_s=1.0, provenance=provenance)
    assert artifacts.read(task.reports, emit.LADDER).result["total"] is None


NEW = NewCode(
    against="main",
    lines=Counts(covered=3, total=12),
    missing={"b.py": (4,), "a.py": (1, 2, 3, 9, 10)},
    judgement=Judgement(
        verdict=Verdict.FAIL,
        figure=0.25,
        interval=Interval(low=0.25, high=0.25),
        sample=12,
        threshold=0.8,
        reason="3 of 12 new lines covered",
    ),
)
GAIN = Gain(tier=Name.UNIT, path="shop.py", function="Cart.total", line=7, missing=1, rise=1 / 3)


def test_new_code_and_where_most_would_be_earned_are_told(
    task: Task, report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    told = replace(report, new_code=NEW, gains=(GAIN, replace(GAIN, tier=Name.INTEGRATION)))
    terminal.print_report(told)
    for said in (capsys.readouterr().out, on_github.markdown(told)):
        assert "new code against main: fail, 3 of 12 new lines covered (25%; 80% is asked for)" in said
        assert "no test runs a.py:1-3,9-10" in said
        assert "no test runs b.py:4" in said
        assert "unit: 1 more of the lines is to be covered; most would come from" in said
        assert said.count("shop.py:7 Cart.total: 1, +33.3") == 1  # the tier that is not measured has no say
        assert "unit: tests call across 1 of 2 imports between packages, not shop -> till" in said
    emit.write(task, told, duration_s=1.0, provenance=task.provenance(complete=True))
    found = artifacts.read(task.reports, emit.LADDER).result
    assert found["gains"][0]["rise"] == 1 / 3
    new = found["new_code"]
    assert (new["against"], new["lines"], new["figure"]) == ("main", {"covered": 3, "total": 12}, 0.25)
    assert (new["verdict"], new["threshold"]) == ("fail", 0.8)
    assert new["missing"] == {"a.py": [1, 2, 3, 9, 10], "b.py": [4]}


def test_the_gate_reads_what_is_written_of_new_code(task: Task, report: Report) -> None:
    (gate,) = (each for each in table.GATES if each.name == "new-code coverage")
    emit.write(task, replace(report, new_code=NEW), duration_s=1.0, provenance=task.provenance(complete=True))
    result = artifacts.read(task.reports, gate.artifact).result
    *parents, last = gate.pointer.removeprefix("/result/").split("/")
    for name in parents:
        result = result[name]
    assert (result[last], result[gate.verdict]) == (0.25, "fail")


def test_new_lines_that_no_test_runs_have_warnings_the_most_together_first(
    report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    many = replace(NEW, missing={**NEW.missing, "c.py": tuple(range(1, 60, 2))})
    on_github.tell(replace(report, new_code=many))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "::warning file=a.py,line=1,title=coverage::no test runs the new lines 1-3"
    assert lines[1] == "::warning file=a.py,line=9,title=coverage::no test runs the new lines 9-10"
    assert lines[2] == "::warning file=b.py,line=4,title=coverage::no test runs this new line"
    assert len(lines) == 10
