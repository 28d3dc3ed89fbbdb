"""What every report says in the same words."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.mutation import wording
from noxtasks.mutation.model import Fate, Mutant, Report, Status

LINES = st.lists(st.sampled_from(["a", "    b", "c = 1", ""]), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("figure", "said"),
    [(None, "-"), (0.0, "0.0%"), (1.0, "100.0%"), (0.99999, "99.9%"), (0.00001, "0.1%"), (0.6114, "61.1%")],
)
def test_all_and_nothing_are_said_only_where_it_is_exactly_that(figure: float | None, said: str) -> None:
    assert wording.percent(figure) == said


@given(before=LINES, after=LINES)
def test_a_diff_tells_every_line_that_goes_and_every_line_that_comes(before: list[str], after: list[str]) -> None:
    fields = {"path": "a.py", "line": 1, "id": "0", "name": "", "function": "f", "operator": ""}
    mutant = msgspec.convert({**fields, "before": "\n".join(before), "after": "\n".join(after)}, Mutant)
    told = wording.diff(mutant)
    gone, come = ([line[1:] for line in told if line[0] == sign] for sign in "-+")
    assert Counter(mutant.before.splitlines()) + Counter(come) == Counter(mutant.after.splitlines()) + Counter(gone)


def test_what_is_changed_is_told_on_one_line_and_cut(report: Report) -> None:
    mutant = msgspec.structs.replace(report.mutants[0], line=1, column=5, end_line=3, end_column=5)
    text = "def x(\n    a,\n    b): pass\n"
    assert wording.change(mutant, text) == ("x( a,", ">= 100")
    long = msgspec.structs.replace(mutant, replacement="x" * 50)
    assert wording.change(long, text)[1] == "x" * 39 + "…"
    assert wording.change(mutant, "") == ("", ">= 100")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.KILLED, "killed by test_a: it said"),
        (Status.SURVIVED, "survived: 1 test lets it live"),
        (Status.TIMEOUT, "timed out: 3 tests did not come to an end: it said"),
        (Status.NO_TESTS, "no test runs its function"),
        (Status.SUSPICIOUS, "suspicious: something else than a test has failed: it said"),
        (Status.SEGFAULT, "the process died in test_a: it said"),
        (Status.SKIPPED, "skipped: because"),
        (Status.UNCHECKED, "not tried"),
    ],
)
def test_what_became_of_a_mutant_is_said_in_a_line(status: Status, said: str) -> None:
    fate = Fate(mutant="0", status=status, killed_by="test_a", message="it said", tests=("test_b",), reason="because")
    assert wording.outcome(fate, 3) == said


def test_survivors_come_as_the_lessons_have_them_and_then_by_their_place(report: Report) -> None:
    fates = {each: msgspec.structs.replace(fate, status=Status.SURVIVED) for each, fate in report.fates.items()}
    lessons = (msgspec.structs.replace(report.lessons[0], mutant=report.mutants[5].id), report.lessons[0])
    ranked = wording.survivors(msgspec.structs.replace(report, fates=fates, lessons=lessons))
    assert [mutant.id[-1] for mutant in ranked] == ["5", "1", "0", "2", "3", "4", "6", "7"]


def test_a_verdict_that_only_advises_yet_says_how_long(report: Report, terms_report: Report) -> None:
    assert wording.concluded(report) == report.judgement.reason
    assert wording.concluded(terms_report) == f"{report.judgement.reason} (advisory until 2025-12-31)"


def test_what_the_score_rests_on_is_said_and_nothing_of_what_is_not_so(report: Report, terms_report: Report) -> None:
    assert wording.notes(report) == [wording.extent(report)]
    assert wording.notes(terms_report) == [
        wording.extent(report),
        "1 of 8 mutants are known from before: nothing that they rest on changed",
        "2 of 5 functions have mutants, with 4 of 9 lines; not 2 decorated, 1 under a condition",
        "8 mutants of functions that no other test runs: nothing can kill them",
    ]


def test_a_suppression_says_what_it_does_today_and_why(terms_report: Report) -> None:
    assert [wording.suppression(each) for each in terms_report.suppressions] == [
        "0000000000000000: 1 mutant skipped until 2025-03-31: <b>slow",
        "src/shop.py rebate Number: expired on 2025-03-31, and holds no more for 2 mutants: old",
        "gone: means no mutant of this scan",
    ]


def test_what_lives_and_did_not_before_is_told_the_once_killed_first(report: Report, terms_report: Report) -> None:
    assert wording.ratcheted(report) == []
    assert wording.ratcheted(terms_report) == [
        (report.mutants[1], "it was killed, and lives now"),
        (report.mutants[3], "it is new, and lives"),
    ]
