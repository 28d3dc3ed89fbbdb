"""What cells say together: consistency at, under and over its threshold, and what does not count in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.config import MatrixSettings, Settings
from noxtasks.matrix.causes import Cause
from noxtasks.matrix.model import Absence, Cell, Entry, Only, Record, Report, Uncollected
from noxtasks.matrix.run import judged
from noxtasks.stats import Verdict
from noxtasks.suite.model import Outcome
from tests.matrix.conftest import ELSEWHERE, FAILED, LINUX, MACOS, PASSED, SKIPPED, WINDOWS, XFAILED, cell, record


def report(*records: Record, wanted: tuple[str, ...] = (), flaky: tuple[str, ...] = ()) -> Report:
    return judged(records, Settings(), wanted=wanted, flaky=flaky)


def both(linux: dict[str, Entry], windows: dict[str, Entry]) -> Report:
    return report(record(LINUX, linux), record(WINDOWS, windows))


def suite(passing: int, failing: int) -> dict[str, Entry]:
    return {f"t.py::t{number}": FAILED if number < failing else PASSED for number in range(passing + failing)}


@pytest.mark.parametrize(("failing", "verdict"), [(0, "pass"), (4, "pass"), (5, "pass"), (6, "fail"), (100, "fail")])
def test_the_exact_share_decides(failing: int, verdict: str) -> None:
    found = both(suite(100, 0), suite(100 - failing, failing)).consistency
    assert found.verdict is Verdict(verdict)
    assert found.figure == (100 - failing) / 100
    assert found.sample == 100


def test_a_hundred_percent_means_all() -> None:
    almost = judged(
        [record(LINUX, suite(10_000, 0)), record(WINDOWS, suite(9_999, 1))],
        Settings(matrix=MatrixSettings(consistency=1.0)),
        wanted=(),
    )
    assert almost.consistency.verdict is Verdict.FAIL


def test_with_one_system_it_is_unmeasured_and_the_interpreters_have_a_figure() -> None:
    found = report(record(LINUX, suite(9, 1)), record(cell("linux", "3.13"), suite(10, 0)))
    assert found.consistency.verdict is Verdict.UNMEASURED
    assert "two systems" in found.consistency.reason
    assert found.interpreters.figure == 0.9
    assert found.differing[0].only is Only.INTERPRETER
    assert found.differing[0].where == ("3.12",)


def test_a_missing_cell_keeps_a_pass_from_being_one_and_no_failure_from_being_one() -> None:
    wanted = ("linux-3.12", "macos-3.13")
    good = report(record(LINUX, suite(9, 0)), record(WINDOWS, suite(9, 0)), wanted=wanted)
    assert (good.missing, good.consistency.verdict, good.consistency.figure) == (
        ("macos-3.13",),
        Verdict.UNMEASURED,
        1.0,
    )
    assert good.pass_rate.verdict is Verdict.UNMEASURED
    assert good.standings[-1].is_missing
    bad = report(record(LINUX, suite(9, 0)), record(WINDOWS, suite(8, 1)), wanted=wanted)
    assert bad.consistency.verdict is Verdict.FAIL


def test_a_test_that_a_platform_skips_is_not_meant_to_run_there() -> None:
    found = report(
        record(LINUX, {"t.py::a": PASSED}), record(WINDOWS, {"t.py::a": ELSEWHERE}), record(MACOS, {"t.py::a": PASSED})
    )
    assert (found.consistency.figure, found.consistency.sample) == (1.0, 1)
    alone = both({"t.py::a": PASSED}, {"t.py::a": ELSEWHERE})
    assert alone.consistency.verdict is Verdict.UNMEASURED


def test_a_skip_for_another_reason_is_a_difference() -> None:
    found = both({"t.py::a": PASSED}, {"t.py::a": SKIPPED})
    assert found.consistency.figure == 0.0
    (difference,) = found.differing
    assert (difference.cause, difference.said, difference.where) == (Cause.SKIPPED, "no database", ("windows",))


@pytest.mark.parametrize("outcome", [Outcome.XPASSED, Outcome.RERUN])
def test_what_passes_in_the_end_passes(outcome: Outcome) -> None:
    assert both({"t.py::a": PASSED}, {"t.py::a": Entry(outcome=outcome)}).consistency.figure == 1.0


def test_a_test_that_fails_everywhere_is_consistent_and_lowers_the_pass_rate() -> None:
    found = both({"t.py::a": FAILED}, {"t.py::a": Entry(outcome=Outcome.CRASHED)})
    assert found.consistency.verdict is Verdict.PASS
    assert (found.pass_rate.figure, found.pass_rate.verdict) == (0.0, Verdict.FAIL)


def test_a_failure_that_is_expected_on_one_system_is_a_difference_and_lowers_no_pass_rate() -> None:
    found = both({"t.py::a": PASSED}, {"t.py::a": XFAILED})
    assert found.differing[0].cause is Cause.EXPECTED
    assert found.standings[1].judgement.figure is None
    assert found.standings[1].expected == 1


def test_a_module_that_cannot_be_imported_fails_all_of_its_tests() -> None:
    broken = Uncollected(path="tests\\t.py", is_error=True, exception="ImportError", reason="No module named 'fcntl'")
    found = report(
        record(LINUX, {"tests/t.py::a": PASSED, "tests/t.py::b": PASSED}),
        record(WINDOWS, {"tests/u.py::c": PASSED}, uncollected=(broken,)),
    )
    assert found.consistency.figure == 0.0
    assert {each.cause for each in found.differing} == {Cause.SYSTEM_CALL}
    assert found.differing[0].outcomes["windows-3.12"] == Absence.COLLECTION_ERROR.value
    assert (found.standings[1].failed, found.standings[1].uncollected) == (2, 1)


def test_a_broken_module_that_no_cell_knows_counts_as_one_failure() -> None:
    broken = Uncollected(path="t.py", is_error=True, exception="SyntaxError", reason="")
    found = report(record(LINUX, {"u.py::c": PASSED}, uncollected=(broken,)))
    assert found.pass_rate.figure == 0.5


@pytest.mark.parametrize(
    ("windows", "absence"),
    [
        (record(WINDOWS, {"t.py::b": PASSED}), Absence.ABSENT),
        (record(WINDOWS, {"t.py::a[2]": PASSED}), Absence.PARAMETRISED),
        (record(WINDOWS, {"t.py::b": PASSED}, deselected=("t.py::a[1]",)), Absence.DESELECTED),
    ],
)
def test_a_test_that_a_cell_does_not_have_is_told_and_not_compared(windows: Record, absence: Absence) -> None:
    found = report(record(LINUX, {"t.py::a[1]": PASSED, "t.py::b": PASSED}), windows)
    assert not found.differing
    told = {each.absence: each for each in found.absent if "t.py::a[1]" in each.tests}
    assert set(told) == {absence}
    assert told[absence].cells == ("windows-3.12",)


def test_a_flaky_test_says_nothing_of_platforms() -> None:
    linux, windows = record(LINUX, suite(10, 0)), record(WINDOWS, suite(9, 1))
    found = report(linux, windows, flaky=("t.py::t0",))
    assert (found.consistency.figure, found.consistency.sample) == (1.0, 9)
    assert not found.differing
    assert found.flaky[0].outcomes == {"linux-3.12": "passed", "windows-3.12": "failed"}


def test_a_module_that_a_system_skips_whole_is_hidden_there() -> None:
    tests = {**suite(10, 0), "u.py::a": PASSED, "u.py::b": PASSED}
    module = Uncollected(path="u.py", is_error=False, reason="POSIX only", by_platform=True)
    found = report(record(LINUX, tests), record(WINDOWS, suite(10, 0), uncollected=(module,)))
    (hidden,) = found.hidden
    assert (hidden.system, hidden.tests) == ("windows", ("u.py::a", "u.py::b"))
    assert "POSIX only" in hidden.reason
    assert found.consistency.figure == 1.0


def test_a_system_that_skips_most_tests_hides_most() -> None:
    tests = suite(10, 0)
    windows = {test: ELSEWHERE if number < 6 else PASSED for number, test in enumerate(tests)}
    (hidden,) = both(tests, windows).hidden
    assert hidden.system == "windows"
    assert hidden.reason.startswith("6 of 10 tests never run there")
    half = {test: ELSEWHERE if number < 5 else PASSED for number, test in enumerate(tests)}
    assert not both(tests, half).hidden


def test_tests_that_run_nowhere_are_hidden_everywhere() -> None:
    found = both({"t.py::a": SKIPPED, "t.py::b": PASSED}, {"t.py::a": ELSEWHERE, "t.py::b": PASSED})
    (hidden,) = found.hidden
    assert (hidden.system, hidden.tests) == (None, ("t.py::a",))
    assert found.consistency.sample == 1


def difference(failing: set[Cell], every: set[Cell]) -> tuple[Only, tuple[str, ...]]:
    found = report(*(record(each, {"t.py::a": FAILED if each in failing else PASSED}) for each in sorted(every)))
    return found.differing[0].only, found.differing[0].where


def test_where_a_test_fails_alone_is_told_by_what_its_cells_have_in_common() -> None:
    every = {cell(system, python) for system in ("linux", "windows", "macos") for python in ("3.11", "3.12")}
    assert difference({each for each in every if each.system == "windows"}, every) == (Only.SYSTEM, ("windows",))
    assert difference({each for each in every if each.python == "3.11"}, every) == (Only.INTERPRETER, ("3.11",))
    assert difference({cell("windows", "3.11")}, every) == (Only.CELL, ("windows-3.11",))
    odd = {cell("windows", "3.11"), cell("linux", "3.12")}
    assert difference(odd, every) == (Only.NOTHING, ("linux-3.12", "windows-3.11"))


_ENTRIES = st.sampled_from([PASSED, FAILED, XFAILED, SKIPPED, ELSEWHERE])
_TESTS = st.dictionaries(st.sampled_from([f"t.py::{name}" for name in "abcdefgh"]), _ENTRIES, min_size=1)


@given(_TESTS, _TESTS, _TESTS)
def test_every_test_that_is_compared_is_alike_or_told(
    linux: dict[str, Entry], windows: dict[str, Entry], macos: dict[str, Entry]
) -> None:
    found = report(record(LINUX, linux), record(WINDOWS, windows), record(MACOS, macos))
    sample, figure = found.consistency.sample, found.consistency.figure
    assert len(found.differing) == (0 if figure is None else round(sample * (1 - figure)))
    assert found.consistency.verdict is not Verdict.PASS or figure >= 0.95  # type: ignore[operator]
    assert all(len(each.outcomes) == 3 for each in found.differing)
