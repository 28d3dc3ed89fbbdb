"""Speed-up, limit, accounting and recommendation, as decided from values."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks import config
from noxtasks.parallel import rules
from noxtasks.parallel.model import (
    Answer,
    Assessment,
    Basis,
    Candidate,
    Execution,
    Fault,
    Mode,
    Pair,
    State,
    Suspect,
    Trouble,
)
from noxtasks.stats import Interval, Shift
from noxtasks.suite.model import Outcome

Make = Callable[..., Execution]
OURS = Candidate(mode=Mode.OURS, workers=2)
LOAD = Candidate(mode=Mode.LOAD, workers=2)
STEAL = Candidate(mode=Mode.WORKSTEAL, workers=4)
PASSED, FAILED = Outcome.PASSED, Outcome.FAILED


def runs(candidate: Candidate, *speedups: float) -> tuple[Pair, ...]:
    return tuple(
        Pair(
            number=number,
            sequential=Execution(candidate=None, wall_s=10.0, outcomes={}),
            parallel=Execution(candidate=candidate, wall_s=10.0 / each, outcomes={}),
        )
        for number, each in enumerate(speedups, 1)
    )


def assessed(candidate: Candidate, estimate: float, *, suspects: int = 0, state: State = State.KEPT) -> Assessment:
    suspect = Suspect(test="t", times=1, trials=6, interval=Interval(low=0, high=1), outcome=FAILED, alone=6)
    return Assessment(
        candidate=candidate,
        state=state,
        reason="",
        fault=None,
        runs=6,
        wall_s=1.0,
        speedup=Shift(estimate=estimate, interval=Interval(low=0.97 * estimate, high=1.03 * estimate), pairs=6),
        efficiency=estimate / candidate.workers,
        limit_s=1.0,
        over_limit=1.0,
        suspects=(suspect,) * suspects,
        otherwise=(),
        causes=(),
    )


def test_the_modes_are_those_that_the_command_line_knows() -> None:
    assert tuple(mode.value for mode in Mode) == config.DISTRIBUTIONS


def test_the_limit_is_what_is_paid_once_and_the_longest_test_or_an_equal_share() -> None:
    basis = Basis(wall_s=12.0, once_s=2.0, total_s=10.0, longest_s=3.0, longest="t", cpu_s=0.0)
    assert [rules.limit_s(basis, workers, cores=8) for workers in (1, 2, 4, 8)] == [12.0, 7.0, 5.0, 5.0]


def test_workers_that_share_a_core_do_not_divide_what_the_processor_does() -> None:
    basis = Basis(wall_s=10.0, once_s=0.0, total_s=10.0, longest_s=0.1, longest="t", cpu_s=10.0)
    assert [rules.limit_s(basis, workers, cores=2) for workers in (1, 2, 4)] == [10.0, 5.0, 5.0]


@given(
    tests=st.lists(st.floats(0.001, 10), min_size=1, max_size=20),
    workers=st.integers(1, 16),
    cores=st.integers(1, 16),
    once_s=st.floats(0, 5),
)
def test_no_schedule_is_below_the_limit(tests: list[float], workers: int, cores: int, once_s: float) -> None:
    """Handing out the longest first is one schedule of many, and none is shorter than the limit."""
    basis = Basis(wall_s=1, once_s=once_s, total_s=sum(tests), longest_s=max(tests), longest="t", cpu_s=0.0)
    loads = [0.0] * workers
    for took in sorted(tests, reverse=True):
        loads[loads.index(min(loads))] += took
    assert once_s + max(loads) >= rules.limit_s(basis, workers, cores) * (1 - 1e-9)


def test_a_shared_fixture_does_not_make_the_test_long_that_happens_to_set_it_up(an_execution: Make) -> None:
    alone = an_execution(tests_s={"a": 1.0, "b": 5.0})
    assert rules.basis([alone]).longest == "b"


def test_the_speed_up_is_of_pairs_and_has_an_interval_from_three_on() -> None:
    few, enough = rules.speedup(runs(LOAD, 2, 2)), rules.speedup(runs(LOAD, 1.8, 1.9, 2, 2, 2.1, 2.2))
    assert few.estimate == pytest.approx(2)
    assert few.interval == Interval(low=0.0, high=float("inf"))
    three = rules.speedup(runs(LOAD, 2, 2, 2)).interval
    assert 1.5 < three.low < 2 < three.high < 2.5
    assert 1.7 < enough.interval.low < 2 < enough.interval.high < 2.3


def test_what_is_plainly_worse_goes_and_the_best_of_the_other_family_stays_until_it_has_an_interval() -> None:
    file = Candidate(mode=Mode.LOADFILE, workers=2)
    pairs = {OURS: runs(OURS, 2.0), LOAD: runs(LOAD, 1.0), file: runs(file, 0.9), STEAL: runs(STEAL, 1.9)}
    assert set(rules.worse(pairs)) == {LOAD, file}
    del pairs[STEAL]
    assert set(rules.worse(pairs)) == {file}
    pairs = {OURS: runs(OURS, *[2.0] * 3), LOAD: runs(LOAD, *[1.0] * 3)}
    assert set(rules.worse(pairs)) == {LOAD}


def test_after_six_rounds_an_interval_decides() -> None:
    near = {
        LOAD: runs(LOAD, *[2.0, 2.1, 2.0, 2.1, 2.0, 2.1]),
        STEAL: runs(STEAL, *[1.95, 2.05, 1.95, 2.05, 1.95, 2.05]),
    }
    unsure = {LOAD: near[LOAD], STEAL: runs(STEAL, *[1.9, 2.15, 1.9, 2.15, 1.9, 2.15])}
    assert set(rules.worse(near)) == {STEAL}
    assert rules.worse(unsure) == {}


@given(st.dictionaries(st.sampled_from(list(Mode)), st.lists(st.floats(0.2, 5), min_size=1, max_size=8), min_size=1))
def test_the_best_is_never_dropped(speedups: dict[Mode, list[float]]) -> None:
    pairs = {
        Candidate(mode=mode, workers=2): runs(Candidate(mode=mode, workers=2), *each) for mode, each in speedups.items()
    }
    assert rules.best_first(pairs)[0] not in rules.worse(pairs)


names = st.sets(st.sampled_from("abcdefgh"), min_size=1)


@given(sequential=st.lists(names, min_size=1, max_size=3), found=names)
def test_every_test_is_accounted_for_or_said_to_be_missing(sequential: list[set[str]], found: set[str]) -> None:
    missing, _ = rules.account([dict.fromkeys(each, PASSED) for each in sequential], dict.fromkeys(found, PASSED))
    stable = set.intersection(*sequential)
    assert stable - found <= set(missing)
    if len(found) < min(map(len, sequential)):
        assert missing


def test_tests_that_are_named_anew_by_each_collection_are_counted() -> None:
    alone = [{"a": PASSED, "at 1": PASSED}, {"a": PASSED, "at 2": PASSED}]
    assert rules.account(alone, {"a": PASSED, "at 3": PASSED}) == ([], [])
    assert rules.account(alone, {"a": PASSED}) == (["1 test whose name changes"], [])


def test_the_group_that_xdist_adds_to_an_id_is_no_part_of_it() -> None:
    known = {"t.py::a", "t.py::b[x@y]"}
    assert [rules.named_alone(test, known) for test in ("t.py::a@one", "t.py::b[x@y]", "t.py::c@one")] == [
        "t.py::a",
        "t.py::b[x@y]",
        "t.py::c@one",
    ]


@pytest.mark.parametrize(
    ("given", "trouble"),
    [
        ({"missing": (), "further": ()}, None),
        ({"missing": ("a",), "further": (), "is_over": False}, Trouble.HUNG),
        ({"missing": (), "further": (), "is_over": False}, Trouble.HUNG),
        ({"missing": ("a",), "further": ("b",)}, Trouble.DIFFERENT),
        (
            {"missing": ("a",), "further": (), "said": "Different tests were collected"},
            Trouble.DIFFERENT,
        ),
        ({"missing": ("a",), "further": (), "died": True}, Trouble.CRASHED),
        ({"missing": ("a",), "further": (), "ran": 0}, Trouble.NOT_STARTED),
        ({"missing": ("a",), "further": ()}, Trouble.UNRUN),
    ],
)
def test_a_run_that_lost_tests_says_why(given: dict[str, object], trouble: Trouble | None) -> None:
    found = rules.fault(**{"ran": 3, "is_over": True, "said": "", "died": False, **given})  # type: ignore[arg-type]
    assert (found and found.trouble) == trouble


def test_a_suspect_fails_in_parallel_and_never_alone(an_execution: Make) -> None:
    alone = [an_execution(outcomes={"always": FAILED, "raced": PASSED, "sound": PASSED}) for _ in range(3)]
    parallel = [
        an_execution(LOAD, outcomes={"always": FAILED, "raced": outcome, "sound": PASSED})
        for outcome in (FAILED, PASSED, FAILED)
    ]
    (suspect,) = rules.suspects(alone, parallel, confidence=0.95)
    assert (suspect.test, suspect.times, suspect.trials, suspect.alone) == ("raced", 2, 3, 3)
    assert suspect.interval.low < 2 / 3 < suspect.interval.high


def test_what_ends_otherwise_and_not_badly_is_no_suspect_and_is_told(an_execution: Make) -> None:
    alone = [an_execution(outcomes={"quick": PASSED, "healed": FAILED}) for _ in range(3)]
    parallel = [an_execution(LOAD, outcomes={"quick": Outcome.SKIPPED, "healed": PASSED, "new": PASSED})]
    assert rules.suspects(alone, parallel, confidence=0.95) == ()
    found = rules.otherwise(alone, parallel, confidence=0.95)
    assert [(each.test, each.outcome) for each in found] == [("healed", PASSED), ("quick", Outcome.SKIPPED)]


def test_what_is_recommended_is_sound_and_of_those_alike_has_fewer_workers() -> None:
    fast, slow = assessed(STEAL, 2.02), assessed(OURS, 2.0)
    assert rules.recommend([fast, slow]).candidate == OURS
    assert rules.recommend([assessed(STEAL, 3.0, suspects=1), slow]).candidate == OURS
    assert "failed there and never alone" in rules.recommend([assessed(STEAL, 3.0, suspects=1)]).reason
    assert rules.recommend([assessed(STEAL, 3.0, state=State.BROKEN), slow]).candidate == OURS


@pytest.mark.parametrize(
    ("estimate", "low", "high", "pairs", "answer"),
    [
        (2.0, 1.8, 2.2, 6, Answer.PAYS),
        (0.6, 0.5, 0.7, 6, Answer.DOES_NOT_PAY),
        (1.05, 1.02, 1.08, 6, Answer.DOES_NOT_PAY),
        (1.3, 0.9, 1.8, 6, Answer.UNDECIDED),
        (2.0, 0.0, float("inf"), 3, Answer.UNDECIDED),
    ],
)
def test_it_pays_where_it_is_surely_faster_and_worth_it(
    estimate: float, low: float, high: float, pairs: int, answer: Answer
) -> None:
    assert rules.answer(Shift(estimate=estimate, interval=Interval(low=low, high=high), pairs=pairs)) is answer


def test_where_all_is_broken_it_does_not_pay_and_says_why() -> None:
    broken = assessed(LOAD, 2.0, state=State.BROKEN)
    found = rules.recommend([broken])
    assert (found.answer, found.candidate) == (Answer.DOES_NOT_PAY, None)
    assert "broken" in found.reason


def test_few_counts_are_tried_and_the_likeliest_first() -> None:
    assert [rules.default_workers(cores) for cores in (1, 2, 8)] == [(2,), (2, 4), (2, 8, 16)]
    found = rules.candidates([Mode.OURS, Mode.LOAD], (2, 8, 16), cores=8)
    assert [(each.mode, each.workers) for each in found[:3]] == [(Mode.OURS, 8), (Mode.LOAD, 8), (Mode.OURS, 2)]


def test_a_fault_names_its_tests() -> None:
    found = rules.fault(["a", "b"], [], ran=1, is_over=True, said="…", died=False)
    assert found == Fault(trouble=Trouble.UNRUN, tests=("a", "b"), said="…")
