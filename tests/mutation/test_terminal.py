"""What people read of a scan: nothing wider than a terminal, no control character, and commands that work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import msgspec
import pytest

from noxtasks.cli import build_parser
from noxtasks.mutation import terminal, wording
from noxtasks.mutation.model import Choice, Ending, Extent, Report
from noxtasks.stats import Interval


def printed(report: Report, capsys: pytest.CaptureFixture[str]) -> str:
    terminal.print_report(report, page=Path("reports/mutation.html"))
    return capsys.readouterr().out


def test_a_survivor_stands_there_with_its_change_its_lesson_and_its_command(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    out = printed(report, capsys)
    assert out.count("let it live") == 1
    assert (
        "src/shop.py:3 is_dear  2 tests let it live\n"
        "   def is_dear(price):\n"
        "  -    return price > 100\n"
        "  +    return price >= 100\n"
        "  told apart by is_dear(100):\n"
        "  the original returns False, the mutant returns True\n"
        "  it may do the same as the original: <i>no suspect</i>\n"
        "  $ noxtasks mutation explain 0000000000000001\n"
    ) in out


def test_every_command_is_one_that_our_parser_knows(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    commands = re.findall(r"\$ noxtasks (.*)", printed(report, capsys))
    assert [build_parser().parse_args(shlex.split(command)).mutant for command in commands] == ["0000000000000001"]


def test_a_single_test_lets_it_live(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    survivor = report.mutants[1].id
    fate = msgspec.structs.replace(report.fates[survivor], tests=("test_shop.py::test_it",))
    out = printed(msgspec.structs.replace(report, fates={**report.fates, survivor: fate}), capsys)
    assert "1 test lets it live" in out


def test_what_was_left_out_and_where_the_source_is_are_said(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(report, capsys)
    assert "left out: 1 test, see above" in out
    assert out.endswith("the source with its mutants: reports/mutation.html\n")


@pytest.mark.parametrize(
    ("choice", "ending", "said"),
    [
        (Choice.ALL, Ending.WHOLE, ""),
        (Choice.CAP, Ending.WHOLE, "a stratified sample of 7 of 8 mutants (seed 3); each has been tried"),
        (Choice.SINCE, Ending.WHOLE, "7 of 8 mutants: what has changed since main; each has been tried"),
        (Choice.ALL, Ending.CERTAIN, "all 8 mutants; ended early, 1 of them not tried: they could not change the"),
        (Choice.ALL, Ending.BUDGET, "all 8 mutants; ended when its time was up, 1 of them not tried"),
        (Choice.ALL, Ending.INTERRUPTED, "all 8 mutants; interrupted, 1 of them not tried"),
    ],
)
def test_how_far_the_scan_went_is_said_in_words(
    report: Report, capsys: pytest.CaptureFixture[str], choice: Choice, ending: Ending, said: str
) -> None:
    chosen = 8 if choice is Choice.ALL else 7
    extent = Extent(choice=choice, ending=ending, mutants=8, chosen=chosen, seed=3, since="main")
    out = printed(msgspec.structs.replace(report, extent=extent), capsys)
    assert said in out
    assert said or not re.search("sample|ended|since", out)


def test_a_sampled_score_has_its_interval_and_nothing_is_wider_than_a_terminal(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "src/a_package_with_a_long_name/and_a_module_with_a_longer_name.py"
    score = msgspec.structs.replace(report.score, interval=Interval(low=0.405, high=1.0))
    sampled = msgspec.structs.replace(report, score=score, by_path={path: score})
    out = printed(sampled, capsys)
    assert "mutation score 51.4% (40%-100%), of covered code 60.0%, at least 60%: " in out.replace("\n", " ")
    (row,) = [line for line in out.splitlines() if line.startswith("…")]
    assert row.endswith("  40%-100%")
    assert all(len(line) <= 80 for line in out.splitlines())


def test_no_control_character_gets_to_the_terminal(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    evil = msgspec.structs.replace(report.mutants[1], path="a\x1b[31m.py", function="f\r")
    printed(msgspec.structs.replace(report, mutants=(report.mutants[0], evil, *report.mutants[2:])), capsys)
    out = printed(report, capsys)
    assert "\x1b" not in out
    assert "\r" not in out


def test_the_terms_of_the_user_are_told_with_what_came_of_them(
    report: Report, terms_report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    out = printed(terms_report, capsys)
    said = " ".join(out.split())
    assert "<b>shop: 51.4% (43%-57%), of covered code 60.0%, at least 60%: fail, " in said
    assert said.index("<b>shop: ") < said.index("mutation score 51.4%") < said.index("(advisory until 2025-12-31)")
    assert all(wording.suppression(each) in said for each in terms_report.suppressions)
    assert "src/shop.py:3 is_dear 0000000000000001: it was killed, and lives now" in said
    assert all(len(line) <= 80 for line in out.splitlines())
    assert not re.search("advisory|shop: |suppressions", printed(report, capsys))
