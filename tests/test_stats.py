"""The intervals agree with scipy's, and the judgements follow from the intervals."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom, binomtest, fisher_exact

from noxtasks.stats import (
    Interval,
    Judgement,
    Verdict,
    difference,
    fisher,
    hodges_lehmann,
    holm,
    judge_below,
    none_further,
    quantile,
    signed_rank,
    trials_to_claim,
    wilson,
    wilson_of_finite,
)

counts = st.integers(0, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
confidences = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@given(counts, confidences)
def test_wilson_is_what_scipy_computes(count: tuple[int, int], confidence: float) -> None:
    successes, trials = count
    interval = wilson(successes, trials, confidence=confidence)
    if trials == 0:
        assert (interval.low, interval.high) == (0.0, 1.0)
    else:
        reference = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
        assert (interval.low, interval.high) == pytest.approx((reference.low, reference.high), abs=1e-9)


@given(counts, counts, confidences)
def test_the_interval_of_a_difference_holds_the_difference_and_turns_round_with_its_sides(
    before: tuple[int, int], after: tuple[int, int], confidence: float
) -> None:
    forth = difference(before, after, confidence=confidence)
    back = difference(after, before, confidence=confidence)
    assert (forth.low, forth.high) == pytest.approx((-back.high, -back.low))
    assert -1 - 1e-9 <= forth.low <= forth.high <= 1 + 1e-9
    if before[1] and after[1]:
        assert forth.low - 1e-9 <= after[0] / after[1] - before[0] / before[1] <= forth.high + 1e-9


@given(counts, st.integers(0, 200))
def test_that_nothing_further_comes_is_as_likely_as_scipy_has_it(count: tuple[int, int], further: int) -> None:
    successes, trials = count
    expected = betabinom.pmf(0, further, successes + 1, trials - successes + 1)
    assert none_further(further, successes=successes, trials=trials) == pytest.approx(expected, rel=1e-6)


def test_the_interval_of_a_difference_is_newcombes_method_10() -> None:
    # The first example of Newcombe (1998), table II: 56/70 against 48/80.
    interval = difference((48, 80), (56, 70))
    assert (interval.low, interval.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)


@given(counts, st.floats(0.001, 0.999), confidences)
def test_a_verdict_follows_from_the_interval_and_unmeasured_is_never_a_pass(
    count: tuple[int, int], threshold: float, confidence: float
) -> None:
    judged = judge_below(*count, threshold=threshold, confidence=confidence)
    if judged.verdict is Verdict.PASS:
        assert judged.interval.high < threshold
    elif judged.verdict is Verdict.FAIL:
        assert judged.interval.low >= threshold
    else:
        assert judged.interval.low < threshold <= judged.interval.high
    assert (judged.figure is None) == (count[1] == 0)


def test_a_claim_of_less_than_five_percent_takes_73_runs_without_a_failure() -> None:
    assert trials_to_claim(0.05) == 73
    assert judge_below(0, 73, threshold=0.05).verdict is Verdict.PASS
    assert judge_below(0, 72, threshold=0.05).verdict is Verdict.UNMEASURED
    assert judge_below(1, 100, threshold=0.05).verdict is Verdict.UNMEASURED


@given(st.floats(0.001, 0.9), confidences)
def test_the_number_of_trials_for_a_claim_is_the_least_that_does(rate: float, confidence: float) -> None:
    trials = trials_to_claim(rate, confidence=confidence)
    assert wilson(0, trials, confidence=confidence).high < rate
    assert trials == 0 or wilson(0, trials - 1, confidence=confidence).high >= rate


@pytest.mark.parametrize(("successes", "trials"), [(-1, 5), (6, 5)])
def test_impossible_counts_are_refused(successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match="successes"):
        wilson(successes, trials)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5])
def test_impossible_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        wilson(1, 2, confidence=confidence)


@given(st.integers(0, 25), st.integers(0, 25), st.integers(0, 25), st.integers(0, 25))
def test_fishers_test_is_that_of_scipy(a: int, not_a: int, b: int, not_b: int) -> None:
    theirs = fisher_exact([[a, not_a], [b, not_b]], alternative="greater").pvalue
    assert fisher((a, a + not_a), (b, b + not_b)) == pytest.approx(theirs)


def test_fishers_test_refuses_more_successes_than_trials() -> None:
    with pytest.raises(ValueError, match="3 successes of 2 trials"):
        fisher((3, 2), (0, 1))


def test_five_of_five_against_none_of_five_is_evidence_at_one_percent() -> None:
    assert fisher((5, 5), (0, 5)) == 1 / 252


populations = st.integers(1, 400).flatmap(
    lambda size: st.integers(0, size).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.just(size)))
)


@given(populations, confidences)
def test_of_a_finite_population_more_is_known_the_more_of_it_was_seen(
    counts: tuple[int, int, int], confidence: float
) -> None:
    successes, trials, size = counts
    interval = wilson_of_finite(successes, trials, population=size, confidence=confidence)
    assert successes / size <= interval.low <= interval.high <= (size - trials + successes) / size
    endless = wilson(successes, trials, confidence=confidence)
    assert endless.low - 1e-9 <= interval.low
    assert interval.high <= endless.high + 1e-9
    if trials == size:
        assert interval.low == interval.high == successes / size


def test_of_an_endless_population_it_is_wilsons_interval() -> None:
    interval, endless = wilson_of_finite(30, 50, population=10**9), wilson(30, 50)
    assert (interval.low, interval.high) == pytest.approx((endless.low, endless.high), abs=1e-6)


def test_the_correction_is_that_of_the_variance() -> None:
    """Half of 101, of which 50 were drawn: (N - 1) / (N - n) = 100 / 51 times the trials."""
    interval, other = wilson_of_finite(25, 50, population=101), wilson(2500, 5000)
    widths = (interval.high - interval.low) ** 2, (other.high - other.low) ** 2
    z2, n = 1.959964**2, 50 * 100 / 51
    assert widths[0] == pytest.approx(z2 / (n + z2))
    assert widths[1] == pytest.approx(z2 / (5000 + z2))


@pytest.mark.parametrize("counts", [(3, 2, 5), (1, 6, 5), (-1, 2, 5)])
def test_more_cannot_be_drawn_than_there_are(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="population of 5"):
        wilson_of_finite(*counts[:2], population=counts[2])


def test_a_bound_that_lies_on_the_threshold_is_not_below_it() -> None:
    assert judge_below(1, 50, threshold=wilson(1, 50).high).verdict is Verdict.UNMEASURED
    assert judge_below(40, 50, threshold=wilson(40, 50).low).verdict is Verdict.FAIL


def test_unless_it_is_given_the_confidence_is_95_percent() -> None:
    assert wilson(3, 10) == wilson(3, 10, confidence=0.95)
    assert difference((1, 9), (3, 10)) == difference((1, 9), (3, 10), confidence=0.95)
    assert trials_to_claim(0.1) == trials_to_claim(0.1, confidence=0.95)
    assert judge_below(3, 10, threshold=0.5) == judge_below(3, 10, threshold=0.5, confidence=0.95)


def test_a_judgement_keeps_to_the_confidence_that_is_asked_for() -> None:
    judged = judge_below(1, 10, threshold=0.05, confidence=0.8)
    assert judged.interval == wilson(1, 10, confidence=0.8) != wilson(1, 10)
    enough = trials_to_claim(0.05, confidence=0.8)
    assert enough != trials_to_claim(0.05)
    assert judged.reason == f"10 runs are too few to say ({enough} without a failure would do)"


def test_a_judgement_says_in_words_what_the_bound_is() -> None:
    assert judge_below(0, 100, threshold=0.05).reason == "at most 3.7% with 95% confidence"
    assert judge_below(90, 100, threshold=0.05, confidence=0.9).reason == "at least 84.0% with 90% confidence"


@pytest.mark.parametrize("trials", [1, 3, 10, 49, 1000])
def test_what_was_never_or_always_seen_is_not_ruled_out(trials: int) -> None:
    """The bound is 0 or 1 itself, and not a number near it: rates are compared with 0."""
    assert wilson(0, trials).low == 0.0
    assert wilson(trials, trials).high == 1.0


@pytest.mark.parametrize(("further", "successes", "trials"), [(-1, 1, 2), (1, 3, 2), (1, -1, 2)])
def test_what_cannot_be_is_refused_whichever_count_it_is(further: int, successes: int, trials: int) -> None:
    with pytest.raises(ValueError, match=f"{successes} successes of {trials} trials, and {further} further ones"):
        none_further(further, successes=successes, trials=trials)


def test_a_judgement_carries_the_figures_that_it_rests_on() -> None:
    assert judge_below(1, 10, threshold=0.5) == Judgement(
        verdict=Verdict.PASS,
        figure=0.1,
        interval=wilson(1, 10),
        sample=10,
        threshold=0.5,
        reason="at most 40.4% with 95% confidence",
    )


few = st.lists(st.floats(-1, 1, allow_nan=False), min_size=1, max_size=14)


@given(few)
def test_signed_ranks_are_as_scipy_has_them(differences: list[float]) -> None:
    stats = pytest.importorskip("scipy.stats")
    distinct = {abs(each) for each in differences if each}
    if len(distinct) == len(differences):  # without ties and zeros there is one definition
        expected = stats.wilcoxon(differences, alternative="greater", method="exact").pvalue
        assert signed_rank(differences) == pytest.approx(expected)
    assert 0 < signed_rank(differences) <= 1
    assert signed_rank(differences, bound=2.0) == 1.0


thousandths = st.lists(st.integers(-900, 900), min_size=1, max_size=14, unique=True)


@given(thousandths, st.floats(0.5, 0.99))
def test_the_interval_ends_where_the_test_begins_to_reject(numbers: list[int], confidence: float) -> None:
    differences = [number / 1000 for number in numbers]
    found = hodges_lehmann(differences, confidence=confidence)
    assert found.interval.low <= found.estimate <= found.interval.high
    if found.interval.low > -inf:
        rejected, kept = (signed_rank(differences, bound=found.interval.low + step) for step in (-1e-6, 1e-6))
        assert rejected <= (1 - confidence) / 2 < kept


def test_few_pairs_have_no_interval() -> None:
    assert hodges_lehmann([0.1] * 3, confidence=0.95).interval == Interval(low=-inf, high=inf)
    with pytest.raises(ValueError, match="no differences"):
        hodges_lehmann([])


def test_holm_counts_how_many_are_asked() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "c": 0.06, "b": 0.06})
    assert holm({}) == {}


def test_holm_lets_one_of_more_weight_have_more_of_the_false_alarms() -> None:
    adjusted = holm({"a": 0.01, "b": 0.01}, weights={"a": 4, "b": 1})
    assert adjusted == pytest.approx({"a": 0.0125, "b": 0.0125})
    adjusted = holm({"a": 0.5, "b": 0.01}, weights={"a": 4, "b": 1})
    assert adjusted == pytest.approx({"b": 0.05, "a": 0.5})


@given(st.dictionaries(st.integers(), st.tuples(st.floats(0, 1), st.integers(1, 20)), min_size=1))
def test_what_holm_gives_is_between_each_alone_and_bonferroni(of: dict[int, tuple[float, int]]) -> None:
    p_values, weights = {name: p for name, (p, _) in of.items()}, {name: weight for name, (_, weight) in of.items()}
    total = sum(weights.values())
    for name, adjusted in holm(p_values, weights=weights).items():
        assert p_values[name] <= adjusted + 1e-12
    least = min(p / weights[name] * total for name, p in p_values.items())
    assert min(holm(p_values, weights=weights).values()) == pytest.approx(min(1.0, least))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_has_an_interval_or_says_how_much_it_takes(values: list[float], q: float) -> None:
    found = quantile(values, q)
    if len(values) < found.needed:
        assert (found.figure, found.interval) == (None, None)
    else:
        assert found.interval is not None
        assert found.figure is not None
        assert found.interval.low <= found.figure <= found.interval.high


def test_a_hundred_rounds_are_too_few_for_the_99th_percentile() -> None:
    assert quantile([1.0] * 100, 0.99).needed == 368
    assert quantile([1.0] * 368, 0.99).figure == 1.0


def test_of_an_empty_population_nothing_is_known() -> None:
    assert wilson_of_finite(0, 0, population=0) == Interval(low=0.0, high=1.0)
