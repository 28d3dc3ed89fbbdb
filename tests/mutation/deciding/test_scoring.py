"""The score, of all mutants or of a part of them, and what it says against a threshold."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks import config
from noxtasks.mutation.deciding import scoring
from noxtasks.mutation.model import Fate, Judgement, Mutant, Score, Status
from noxtasks.stats import Interval, Verdict


def fates(*statuses: Status) -> list[Fate]:
    return [Fate(mutant=str(number), status=status) for number, status in enumerate(statuses)]


K, S, T, N, U = Status.KILLED, Status.SURVIVED, Status.TIMEOUT, Status.NO_TESTS, Status.UNCHECKED
statuses_of_many = st.lists(st.sampled_from(Status), max_size=60)


@pytest.mark.parametrize(
    ("timeouts", "killed", "total"),
    [("killed", 3, 6), ("survived", 2, 6), ("ignored", 2, 5)],
)
def test_timeouts_count_as_the_configuration_says(timeouts: str, killed: int, total: int) -> None:
    found = scoring.score(fates(K, Status.SEGFAULT, S, T, N, Status.SUSPICIOUS), timeouts=timeouts)
    assert (found.killed, found.total, found.covered) == (killed, total, total - 1)
    assert (found.figure, found.figure_of_covered) == (killed / total, killed / (total - 1))


@given(statuses_of_many, st.sampled_from(config.TIMEOUTS), st.floats(0.01, 0.99))
def test_a_score_is_a_share_and_no_verdict_hides_what_is_unchecked(
    statuses: list[Status], timeouts: str, threshold: float
) -> None:
    """Fails on any unchecked mutant that is not explained, and on none executed."""
    found = scoring.score(fates(*statuses), timeouts=timeouts)
    assert 0 <= found.killed <= found.covered <= found.total <= len(statuses)
    assert (found.interval is None) == (U not in statuses)
    judgement = scoring.judge(found, fates(*statuses), threshold=threshold)
    if not set(statuses) - {N, U, Status.SKIPPED}:
        assert judgement.verdict is Verdict.UNMEASURED
    elif found.interval is not None:
        assert judgement.verdict is not Verdict.PASS or found.interval.low >= threshold
        assert judgement.verdict is not Verdict.FAIL or found.interval.high < threshold
    elif judgement.verdict is not Verdict.UNMEASURED:
        assert (judgement.verdict is Verdict.PASS) == (found.killed / found.total >= threshold)


@given(statuses_of_many, st.data())
def test_the_interval_allows_for_all_that_is_possible_and_for_no_more(
    statuses: list[Status], data: st.DataObject
) -> None:
    """What has been seen bounds what is possible: lower >= killed / N, upper <= 1 - missed / N."""
    counted = scoring.tally(fates(*statuses), timeouts="killed")
    possible, interval = counted.possible(), counted.interval(0.95)
    assert possible.low <= interval.low <= interval.high <= possible.high
    figure = counted.figure()
    assert figure is None or interval.low - 1e-9 <= figure <= interval.high + 1e-9
    ended = [data.draw(st.sampled_from([K, S])) if status is U else status for status in statuses]
    whole = scoring.score(fates(*ended), timeouts="killed").figure
    assert whole is None or possible.low <= whole <= possible.high


def test_what_is_known_without_a_trial_is_a_stratum_without_chance() -> None:
    """Four of eight that were tried are killed, so are 20 of 40; 60 have no tests."""
    found = scoring.score(fates(*[N] * 60, *[K] * 4, *[S] * 4, *[U] * 32), timeouts="killed")
    assert (found.killed, found.total, found.covered) == (4, 68, 8)
    assert (found.figure, found.figure_of_covered) == (0.2, 0.5)
    assert found.interval is not None
    assert 0.04 <= found.interval.low < 0.2 < found.interval.high <= 0.36


def test_a_remembered_fate_is_known_without_a_trial() -> None:
    remembered = [Fate(mutant=f"r{number}", status=K, is_remembered=True) for number in range(50)]
    found = scoring.score([*remembered, *fates(S, S, *[U] * 48)], timeouts="killed")
    assert (found.figure, found.figure_of_covered) == (0.5, 0.5)


def test_what_was_tried_in_any_order_and_cut_off_gives_bounds_and_no_figure() -> None:
    found = scoring.score(fates(K, K, S, *[U] * 7), timeouts="killed", is_sample=False)
    assert (found.figure, found.figure_of_covered) == (None, None)
    assert found.interval == Interval(low=0.2, high=0.9)
    assert scoring.judge(found, fates(K, U), threshold=0.1).verdict is Verdict.UNMEASURED


def test_each_file_has_a_score() -> None:
    mutants = [
        Mutant(path=path, line=1, id=str(number), name="", function="f", operator="o", before="", after="")
        for number, path in enumerate("bba")
    ]
    found = scoring.by_path(mutants, {fate.mutant: fate for fate in fates(K, S, T)}, timeouts="survived")
    assert [(path, score.killed, score.total) for path, score in found.items()] == [("a", 0, 1), ("b", 1, 2)]


def scored(*statuses: Status) -> tuple[Score, int]:
    return scoring.score(fates(*statuses), timeouts="killed"), scoring.tally(fates(*statuses), timeouts="killed").total


class TestJoined:
    @given(st.lists(st.lists(st.sampled_from([K, S, N, T]), max_size=9), max_size=4))
    def test_of_whole_parts_it_is_the_score_of_all(self, parts: list[list[Status]]) -> None:
        found = scoring.joined([scored(*part) for part in parts])
        whole, _ = scored(*(status for part in parts for status in part))
        assert (found.killed, found.total, found.covered, found.interval) == (
            *(whole.killed, whole.total, whole.covered),
            whole.interval,
        )
        assert found.figure == (None if whole.figure is None else pytest.approx(whole.figure))
        if whole.figure_of_covered is not None and found.figure_of_covered is not None:
            assert found.figure_of_covered == pytest.approx(whole.figure_of_covered)

    def test_parts_weigh_by_what_they_have_and_not_by_what_was_tried_of_them(self) -> None:
        """One part is all killed, and was tried to a tenth; the other is a tenth of it, lives, and was tried whole."""
        found = scoring.joined([scored(*[K] * 10, *[U] * 90), scored(*[S] * 10)])
        assert found.figure == pytest.approx(100 / 110)
        assert found.interval is not None
        assert 10 / 110 < found.interval.low < found.interval.high <= 100 / 110

    def test_the_distances_to_the_bounds_are_added_as_squares(self) -> None:
        """Weights 30, 20 and 10 of 60; what was tried whole adds no doubt."""

        def part(figure: float, interval: Interval | None, covered: int) -> Score:
            return Score(killed=1, total=9, covered=covered, figure=figure, figure_of_covered=1.0, interval=interval)

        one, other = part(0.5, Interval(low=0.4, high=0.7), 9), part(0.2, Interval(low=0.1, high=0.5), 9)
        untested = Score(killed=0, total=10, covered=5, figure=0.8, figure_of_covered=0.0)
        found = scoring.joined([(one, 30), (other, 20), (untested, 10)])
        assert found.figure == pytest.approx(0.45)
        assert found.interval is not None
        assert found.interval.low == pytest.approx(0.45 - (0.05**2 + (1 / 30) ** 2) ** 0.5)
        assert found.interval.high == pytest.approx(0.45 + (0.1**2 + 0.1**2) ** 0.5)
        assert found.figure_of_covered == pytest.approx(50 / 55)

    @given(st.lists(st.lists(st.sampled_from([K, S, U]), max_size=30), min_size=1, max_size=4))
    def test_its_interval_holds_its_figure_and_is_no_wider_than_the_parts_say(self, parts: list[list[Status]]) -> None:
        found = scoring.joined([scored(*part) for part in parts])
        if found.interval is not None:
            assert -1e-9 <= found.interval.low <= found.interval.high <= 1 + 1e-9
            if found.figure is not None:
                assert found.interval.low - 1e-9 <= found.figure <= found.interval.high + 1e-9


JUDGED: dict[str, tuple[list[Status], Verdict | None, Verdict]] = {
    "enough": ([K, K, K, S, S], None, Verdict.PASS),
    "too few": ([K, S], None, Verdict.FAIL),
    "no test runs any": ([N, N], None, Verdict.UNMEASURED),
    "nothing": ([], None, Verdict.UNMEASURED),
    "a small part": ([K, K, K, *[U] * 97], None, Verdict.UNMEASURED),
    "a part that says enough": ([*[K] * 50, *[U] * 50], None, Verdict.PASS),
    "a part that says too few": ([*[S] * 50, *[U] * 50], None, Verdict.FAIL),
    "a part that was certain": ([K, K, K, *[U] * 97], Verdict.PASS, Verdict.PASS),
    "nothing that was tried": ([N, *[U] * 97], Verdict.FAIL, Verdict.UNMEASURED),
}


@pytest.mark.parametrize("case", JUDGED)
def test_the_score_is_held_against_the_threshold(case: str) -> None:
    statuses, certain, verdict = JUDGED[case]
    found = scoring.score(fates(*statuses), timeouts="killed")
    assert scoring.judge(found, fates(*statuses), threshold=0.6, certain=certain).verdict is verdict


def test_what_rests_on_a_part_says_so_in_its_reason() -> None:
    statuses: Sequence[Status] = [*[K] * 20, *[S] * 14, *[U] * 1166, *[N] * 100]
    found = scoring.score(fates(*statuses), timeouts="killed")
    judged = scoring.judge(found, fates(*statuses), threshold=0.6)
    assert (judged.verdict, judged.reason) == (
        Verdict.UNMEASURED,
        "34 of 1200 mutants tried: between 39.2% and 67.8%",
    )


def test_a_judgement_says_what_it_rests_on() -> None:
    def judged(*statuses: Status) -> Judgement:
        return scoring.judge(scoring.score(fates(*statuses), timeouts="killed"), fates(*statuses), threshold=0.5)

    assert judged(K, K, K, S) == Judgement(
        verdict=Verdict.PASS, figure=0.75, threshold=0.5, reason="3 of 4 mutants are killed"
    )
    assert judged(N).reason == "no mutant was executed"


def test_a_score_on_its_threshold_reaches_it() -> None:
    half = scoring.score(fates(K, S), timeouts="killed")
    assert scoring.judge(half, fates(K, S), threshold=0.5).verdict is Verdict.PASS


def test_of_nothing_that_counts_everything_is_possible() -> None:
    counted = scoring.tally(fates(Status.SKIPPED), timeouts="killed")
    assert counted == scoring.Tally()
    assert counted.possible() == counted.interval(0.95) == Interval(low=0.0, high=1.0)


def test_unless_it_is_said_the_part_of_a_file_that_was_tried_is_a_sample() -> None:
    mutants = [
        Mutant(path="a", line=1, id=each.mutant, name="", function="f", operator="o", before="", after="")
        for each in fates(K, U)
    ]
    by_id = {fate.mutant: fate for fate in fates(K, U)}
    assert scoring.by_path(mutants, by_id, timeouts="killed") == {"a": scoring.score(fates(K, U), timeouts="killed")}
    cut_off = scoring.by_path(mutants, by_id, timeouts="killed", is_sample=False)
    assert cut_off == {"a": scoring.score(fates(K, U), timeouts="killed", is_sample=False)}
