"""What the gates say: a table that fits, a summary and annotations on GitHub, and JUnit XML as red as the command."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import junitparser
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import ExitCode
from noxtasks.evidence.gating import figures, judging
from noxtasks.evidence.gating.model import Evaluation, Gate, Level, Operator, Unit, Waiver
from noxtasks.gates import junit, on_github, rules, terminal, wording
from noxtasks.gates.model import Commit, Finding, Grade, Report, Rollback
from noxtasks.stats import Verdict

from .samples import TODAY, document, gate

WAIVER = Waiver(until=date(2026, 12, 1), reason="the parser is being rewritten")
FINDINGS = tuple(
    Finding(
        rule="surviving-mutant", path="src/shop.py", line=number, message="can be changed", key=str(number), grade=grade
    )
    for number, grade in enumerate([Grade.NOTE, *[Grade.WARNING] * 12])
)
ROLLBACK = Rollback(
    good="a" * 40,
    bad="b" * 40,
    tests=("test_shop.py::test_b",),
    worst=0.4,
    commits=(Commit(id="b" * 40, subject="Sort by hand", is_merge=False),),
    is_found=False,
    commands=(f"git revert --no-edit {'b' * 40}",),
    reason="test_shop.py::test_b takes +40%, surely more than a quarter longer",
)


def judged(which: Gate, figure: float | None) -> Evaluation:
    return judging.evaluate(which, document(which.artifact, {"figure": figure}), today=TODAY)


def report(**parts: Any) -> Report:
    share = gate(unit=Unit.SHARE, owner="ada")
    evaluations = (
        judged(msgspec.structs.replace(share, name="sound"), 0.7),
        judged(msgspec.structs.replace(share, name="failing"), 0.5123),
        judged(msgspec.structs.replace(share, name="unknown"), None),
        judged(msgspec.structs.replace(share, name="waived", waiver=WAIVER), 0.5),
        judged(msgspec.structs.replace(share, name="advising", blocking_after=date(2026, 12, 24)), 0.1),
        judged(gate(name="a name that is much too long for its column", level=Level.ADVISORY, command=""), None),
    )  # fmt: skip
    return Report(
        **{
            "evaluations": evaluations,
            "verdict": rules.overall(evaluations),
            "findings": FINDINGS,
            "rollback": ROLLBACK,
            "off": ("governance",),
            **parts,
        }
    )


def test_the_table_fits_and_says_why_who_until_when_and_what_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_report(report())
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    said = "".join(f"{line.rstrip()}\n" for line in lines)
    assert (
        said
        == f"""\
blocking gate                     figure  wanted      verdict
sound                                70%  >= 60%      pass
failing                            51.2%  >= 60%      fail
  ask ada
  $ noxtasks mutation
unknown                                -  >= 60%      unmeasured
waived                               50%  >= 60%      fail, waived
  waived until 2026-12-01: the parser is being rewritten
  ask ada
  $ noxtasks mutation
advisory gate                     figure  wanted      verdict
advising                             10%  >= 60%      fail, advisory
  advisory until 2026-12-24
  ask ada
  $ noxtasks mutation
a name that is much too long …         -  >= 0.6      unmeasured, advisory
unmeasured: unknown
  it was not measured
  $ noxtasks mutation
unmeasured: a name that is much too long for its column
  it was not measured
going back is recommended: test_shop.py::test_b takes +40%, surely more than a
quarter longer
aaaaaaaaaa..bbbbbbbbbb, 1 commit:
  bbbbbbbbbb Sort by hand
  $ git revert --no-edit {"b" * 40}
off: governance
3 blocking: 1 pass, 1 fail, 1 unmeasured; 2 advisory: 1 fail, 1 unmeasured; 1
waived: 1 fail
not to be merged: 1 blocking gate failed: failing
"""
    )


@pytest.mark.parametrize(
    ("figures", "answer"),
    [
        ((0.7, 0.7), "nothing stands against merging"),
        ((0.7, None), "not known whether to merge: 1 blocking gate unmeasured: score"),
        ((0.5, None), "not to be merged: 1 blocking gate failed: score"),
        ((), "nothing stands against merging: no gate blocks"),
    ],
)
def test_the_last_line_is_the_answer(figures: tuple[float | None, ...], answer: str) -> None:
    evaluations = tuple(judged(gate(), figure) for figure in figures)
    assert wording.answer(report(evaluations=evaluations, verdict=rules.overall(evaluations))) == answer


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, Unit.SHARE, "-"),
        (0.05, Unit.SHARE, "5%"),
        (0.0512, Unit.SHARE, "5.1%"),
        (1, Unit.SHARE, "100%"),
        (0.1, Unit.CHANGE, "+10%"),
        (-0.031, Unit.CHANGE, "-3.1%"),
        (3, Unit.TIMES, "3.00x"),
        (81.25, Unit.NUMBER, "81.25"),
        (12, Unit.NUMBER, "12"),
        (True, Unit.NUMBER, "true"),
        ("a\x1bb", Unit.NUMBER, "a\\u{1b}b"),
    ],
)
def test_figures_in_their_units(value: Any, unit: Unit, said: str) -> None:
    each = Evaluation(
        gate=gate(unit=unit), verdict=Verdict.PASS, figure=value, threshold=None, reason="", is_blocking=False
    )
    assert figures.figure(each) == said


def test_the_summary_has_the_answer_the_table_and_what_to_do() -> None:
    lines = on_github.markdown(report()).splitlines()
    assert lines[0] == "### ❌ not to be merged: 1 blocking gate failed: failing"
    assert "| sound | blocking | 70% | `>= 60%` | ✅ pass |  | ada |" in lines
    row = "| waived | blocking | 50% | `>= 60%` | ❌ fail, waived | `waived until 2026-12-01: "
    assert any(line.startswith(row) for line in lines)
    assert "- unmeasured: unknown: `it was not measured`" in lines
    assert "  - `$ noxtasks mutation`" in lines
    assert "- off: governance" in lines
    assert f"  $ git revert --no-edit {'b' * 40}" in lines


def test_annotations_are_for_what_blocks_and_then_for_findings_as_many_as_github_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    on_github.tell(report())
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [
        "::error title=gate%3A failing::failing: fail; 51.2%25 (>= 60%25)%0A$ noxtasks mutation",
        "::error title=gate%3A unknown::unknown: unmeasured; it was not measured%0A$ noxtasks mutation",
    ]
    assert [line.partition("::")[2].partition(" ")[0] for line in said].count("warning") == 10
    assert "::warning file=src/shop.py,line=1,title=surviving-mutant::can be changed" in said
    assert (tmp_path / "summary.md").read_text("utf-8") == on_github.markdown(report())


def test_nothing_is_annotated_elsewhere(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    on_github.tell(report())
    assert capsys.readouterr().out == ""


def test_a_gate_is_a_case_and_only_what_blocks_is_red() -> None:
    (suite,) = junitparser.JUnitXml.fromstring(junit.render(report()))
    cases = {case.name: [type(each).__name__ for each in case.result] for case in suite}
    assert cases == {
        "sound": [],
        "failing": ["Failure"],
        "unknown": ["Error"],
        "waived": ["Skipped"],
        "advising": ["Skipped"],
        "a name that is much too long for its column": ["Skipped"],
    }
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (6, 1, 1, 3)
    failing = next(case for case in suite if case.name == "failing")
    assert failing.result[0].message == "failing: fail; 51.2% (>= 60%)"
    assert failing.result[0].text == "The score suffices.\nask ada\n$ noxtasks mutation"


@given(st.lists(st.tuples(st.sampled_from(list(Verdict)), st.booleans())))
def test_the_file_is_as_red_as_the_command(found: list[tuple[Verdict, bool]]) -> None:
    evaluations = tuple(
        Evaluation(gate=gate(), verdict=verdict, figure=None, threshold=None, reason="", is_blocking=is_blocking)
        for verdict, is_blocking in found
    )
    verdict = rules.overall(evaluations)
    top = fromstring(junit.render(report(evaluations=evaluations, verdict=verdict)))  # noqa: S314 - our own
    is_red = bool(top.findall(".//failure") or top.findall(".//error"))
    assert is_red is (rules.exit_code(verdict) is not ExitCode.NOTHING_FOUND)


def test_xml_holds_what_it_cannot_hold_as_an_escape() -> None:
    evaluation = judged(gate(name="a\x1b\udc80", operator=Operator.EQUAL, threshold="x"), None)
    (suite,) = junitparser.JUnitXml.fromstring(junit.render(report(evaluations=(evaluation,), verdict=Verdict.PASS)))
    assert [case.name for case in suite] == ["a\\x1b\\udc80"]
