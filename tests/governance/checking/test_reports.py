"""What people see: within 80 columns, harmless whatever a plan says, and with the commands that there are."""

from __future__ import annotations

import shlex
from datetime import date

import pytest

from noxtasks.cli import build_parser
from noxtasks.governance.checking import (
    deliverables,
    dimensions,
    on_github,
    patterns,
    ratio,
    reading,
    risks,
    rules,
    terminal,
    wording,
)
from noxtasks.governance.checking.model import Known, Listed, Log, Report
from noxtasks.stats import Verdict

from .samples import WHOLE, document, files, missing

TODAY = date(2026, 11, 20)
NASTY = """\
deliverables:
  "it | <b>": {milestone: "M1\\e[31m", artifact: "a\\u202e|`x`.json"}
risks:
  fired [x](y):
    title: "It *is* slow.\\e]0;x\\a"
    trigger: {artifact: a.json, pointer: /result/figure, operator: ">", threshold: 600}
    mitigation: "a\\tb | c"
    rollback: |
      one line
      and another, which goes on and on and on and on and on and on and on and on and on and on and on and on
"""


def report(text: str, figure: float = 601) -> Report:
    plan = reading.read(text.encode())
    nothing = missing(patterns.LADDER)
    return rules.report(
        plan,
        sha256="a" * 64,
        addressed=dimensions.look_into(plan, {}, files(README__md="# The shop\n")),
        held=deliverables.look_for(plan, Listed(), lambda _: None, "there is no file {}".format),
        judged=[
            patterns.triangle(plan, Log(refusal="there is no events.jsonl"), Listed()),
            patterns.circle(nothing),
            ratio.golden(missing(ratio.MUTATION), nothing, nothing, code_version="a"),
            patterns.fractal(plan, Known(sessions=(), gates=(), events=(), artifacts=())),
        ],
        watched=risks.watch(plan, {"a.json": document("a.json", {"figure": figure})}, today=TODAY),
    )


def test_the_terminal_shows_all_within_80_columns_and_nothing_that_moves_it(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_report(report(WHOLE + NASTY))
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    assert not {"\x1b", "\x07", "\u202e", "\t"} & set(said)
    told = " ".join(said.split())
    assert "fired [x](y) has fired: It *is* slow." in told
    assert "a.json: 601, not <= 600 mitigation: a b | c rollback: one line and another, which" in told
    assert told.endswith("the rules are not kept: 10 violations")


def test_a_remedy_that_holds_for_several_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        WHOLE
        + "deliverables:\n"
        + "".join(f"  d{number}: {{milestone: M1, artifact: a.json}}\n" for number in range(9))
    )
    terminal.print_report(report(text))
    said = capsys.readouterr().out
    assert said.count("a.json is not among the reports") == 9
    assert said.count("Run the session that writes it.") == 1


def test_the_summary_is_a_table_whose_cells_hold_what_they_hold() -> None:
    said = on_github.markdown(report(WHOLE + NASTY))
    rows = [line for line in said.splitlines() if line.startswith("| `governance.yaml")]
    assert rows
    assert {line.replace("\\|", "").count("|") for line in rows} == {6}
    assert "\x1b" not in said
    assert "<b>" not in said.replace("\\<b\\>", "")


def test_every_command_that_is_told_is_one_that_the_parser_knows(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_report(report(WHOLE))
    commands = [line.partition("$ ")[2] for line in capsys.readouterr().out.splitlines() if "$ " in line]
    commands += [deliverables.RECORD.partition("$ ")[2]]
    assert len(commands) > 2
    for command in commands:
        assert build_parser().parse_args(shlex.split(command)[1:]).command, command


def test_the_answer_names_what_is_not_known() -> None:
    found = report(WHOLE)
    assert found.verdict is Verdict.FAIL
    unknown = rules.report(found.plan, sha256="a" * 64, addressed=(), held=(), judged=found.patterns[:2], watched=())
    assert wording.answer(unknown) == "not known whether the rules are kept; unmeasured: triangle, circle"


def test_a_share_is_shown_as_people_read_it() -> None:
    judged = patterns.fractal(reading.read(WHOLE.encode()), Known(sessions=(), gates=(), events=(), artifacts=()))
    assert (wording.figure(judged), wording.wanted(judged)) == ("0%", ">= 100%")
