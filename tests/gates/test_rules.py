"""What a gate says at, under and over its threshold, by an artifact's own verdict, and when it blocks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.config import Settings
from noxtasks.errors import ExitCode
from noxtasks.evidence.gating import judging
from noxtasks.evidence.gating.model import Document, Evaluation, Gate, Level, Operator, Take, Waiver
from noxtasks.evidence.sums import Digest
from noxtasks.gates import rules, table
from noxtasks.stats import Verdict

from .samples import TODAY, cause, comparison, document, flakes, gate, health, tier

GATES = {each.name: each for each in table.settle(Settings())}
PASS, FAIL, UNMEASURED = Verdict.PASS, Verdict.FAIL, Verdict.UNMEASURED
WAIVER = Waiver(until=TODAY, reason="until the mutants of the parser are sorted out")


def judged(which: Gate, result: Any, today: date = TODAY) -> Evaluation:
    return judging.evaluate(which, document(which.artifact, result), today=today)


@pytest.mark.parametrize(
    ("operator", "under", "at", "over"),
    [
        (Operator.LESS, PASS, FAIL, FAIL),
        (Operator.AT_MOST, PASS, PASS, FAIL),
        (Operator.EQUAL, FAIL, PASS, FAIL),
        (Operator.UNEQUAL, PASS, FAIL, PASS),
        (Operator.AT_LEAST, FAIL, PASS, PASS),
        (Operator.MORE, FAIL, FAIL, PASS),
    ],
)
def test_a_bare_figure_under_at_and_over_the_threshold(
    operator: Operator, under: Verdict, at: Verdict, over: Verdict
) -> None:
    which = gate(operator=operator)
    assert [judged(which, {"figure": figure}).verdict for figure in (0.5999, 0.6, 0.6001)] == [under, at, over]


@pytest.mark.parametrize(
    ("figure", "threshold", "verdict"),
    [("ok", "ok", PASS), ("OK", "ok", FAIL), (True, True, PASS), (1, True, FAIL), (1.0, 1, PASS), (False, 0, FAIL)],
)
def test_words_and_truth_are_compared_as_they_are(figure: Any, threshold: Any, verdict: Verdict) -> None:
    assert judged(gate(operator=Operator.EQUAL, threshold=threshold), {"figure": figure}).verdict is verdict


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"figure": None}, "it was not measured"),
        ({"figure": None, "reason": "3 runs are too few"}, "3 runs are too few"),
        ({"figure": "0.7"}, "score.json: /result/figure is a string, and no figure"),
        ({"figure": True}, "score.json: /result/figure is true or false, and no figure"),
        ({"figure": [1]}, "score.json: /result/figure is an array, and no figure"),
        ({"figur": 1}, "score.json: stopped at /result: it has no 'figure'; did you mean 'figur'?"),
    ],
)
def test_what_is_no_figure_is_not_measured(result: Any, reason: str) -> None:
    found = judged(gate(), result)
    assert (found.verdict, found.figure, found.reason) == (UNMEASURED, None, reason)


def test_what_was_not_asked_for_is_told_in_the_gates_own_words() -> None:
    found = judged(GATES["mutation ratchet"], {"ratchet": None})
    assert (found.verdict, found.reason) == (UNMEASURED, GATES["mutation ratchet"].absent)
    assert judged(GATES["mutation ratchet"], {"ratchet": {"regressed": ["a"], "new": []}}).verdict is FAIL
    assert judged(GATES["mutation ratchet"], {"ratchet": {"regressed": [], "new": []}}).verdict is PASS


def test_an_artifact_that_does_not_count_leaves_its_gate_unmeasured() -> None:
    found = judging.evaluate(gate(), document("score.json", {"figure": 1.0}, refusal="it was altered"), today=TODAY)
    assert (found.verdict, found.reason, found.threshold) == (UNMEASURED, "it was altered", 0.6)


def of_own(verdict: str, figure: float | None, **parts: Any) -> dict[str, Any]:
    return {"verdict": verdict, "figure": figure, "threshold": 0.6, "reason": "by 40 mutants", **parts}


@pytest.mark.parametrize("verdict", ["pass", "fail", "unmeasured"])
def test_the_verdict_of_the_artifact_is_taken_where_it_is_about_the_same_threshold(verdict: str) -> None:
    """It knows how sure the figure is: one at the threshold may be anything."""
    found = judged(gate(verdict="verdict"), of_own(verdict, 0.6))
    assert (found.verdict.value, found.figure, found.reason) == (verdict, 0.6, "by 40 mutants")


@pytest.mark.parametrize(
    ("threshold", "verdict"),
    [(0.49, PASS), (0.5, PASS), (0.51, UNMEASURED), (0.69, UNMEASURED), (0.7, UNMEASURED), (0.71, FAIL)],
)
def test_another_threshold_is_judged_by_the_interval(threshold: float, verdict: Verdict) -> None:
    for ends in ({"interval": {"low": 0.5, "high": 0.7}}, {"low": 0.5, "high": 0.7}):
        assert judged(gate(verdict="verdict", threshold=threshold), of_own("pass", 0.6, **ends)).verdict is verdict


def test_an_interval_that_stands_elsewhere_is_found_and_none_means_that_the_figure_is_exact() -> None:
    which = gate(verdict="verdict", threshold=0.55, bounds="/result/score/interval")
    for interval, verdict in (
        ({"low": 0.5, "high": 0.7}, UNMEASURED),
        ({"low": 0.56, "high": 0.7}, PASS),
        (None, PASS),
    ):
        assert judged(which, {**of_own("fail", 0.58), "score": {"interval": interval}}).verdict is verdict


def test_an_interval_with_an_open_end_decides_at_its_other_end_alone() -> None:
    which = gate(verdict="verdict", threshold=0.7)
    assert judged(which, of_own("pass", 0.6, low=None, high=None)).verdict is UNMEASURED
    assert judged(which, of_own("pass", 0.6, low=None, high=0.69)).verdict is FAIL
    assert judged(which, of_own("pass", 0.8, low=0.7, high=None)).verdict is PASS


@pytest.mark.parametrize("bounds", ["/result/score/intervall", "/result/tiers/*", "/result/score"])
def test_an_interval_that_is_not_where_it_should_be_makes_no_figure_exact(bounds: str) -> None:
    which = gate(verdict="verdict", threshold=0.55, bounds=bounds)
    found = judged(which, {**of_own("pass", 0.58), "score": "none", "tiers": []})
    assert (found.verdict, found.reason) == (UNMEASURED, "its interval has no ends")


@pytest.mark.parametrize(
    ("threshold", "reason"),
    [(0.5, "by its interval"), (0.6, "its interval lies on both sides"), (0.8, "by its interval")],
)
def test_how_an_interval_decides_is_said(threshold: float, reason: str) -> None:
    assert judged(gate(threshold=threshold), {"figure": 0.6, "low": 0.5, "high": 0.7}).reason == reason
    assert judged(gate(threshold=threshold), {"figure": 0.6}).reason == ""


def test_one_end_is_an_interval_too() -> None:
    assert judged(gate(), {"figure": 0.7, "low": 0.59}).verdict is UNMEASURED
    assert judged(gate(), {"figure": 0.7, "high": 0.9}).verdict is UNMEASURED
    assert judged(gate(), {"figure": 0.5, "high": 0.59}).verdict is FAIL


def test_figures_that_stand_in_an_array_by_themselves() -> None:
    which = gate(pointer="/result/shares/*")
    found = judged(which, {"shares": [0.9, 0.3, 0.5, 0.7]})
    assert (found.verdict, found.figure, found.reason) == (FAIL, 0.3, "2 of 4")
    found = judged(which, {"shares": [0.9, 0.7]})
    assert (found.verdict, found.figure, found.reason) == (PASS, 0.7, "all 2")
    assert judged(which, {"shares": [None, 0.7]}).reason == "it was not measured; 1 of 2"


def test_what_the_artifact_could_not_measure_passes_at_no_threshold() -> None:
    assert judged(gate(verdict="verdict", threshold=0.01), of_own("unmeasured", 0.6)).verdict is UNMEASURED


def test_what_is_to_be_known_of_the_artifact_goes_with_the_gate() -> None:
    digest = Digest(name="score.json", sha256="0" * 64)
    which = gate(blocking_after=TODAY)
    read = document("score.json", {"figure": 0.9}, digest=digest, note="nobody knows")
    found = judging.evaluate(which, read, today=TODAY)
    assert (found.digest, found.remark) == (digest, "advisory until 2026-11-20; nobody knows")
    found = judged(gate(), {"figure": 0.9})
    assert (found.is_blocking, found.is_waived, found.remark) == (True, False, "")


def test_a_verdict_that_is_none_or_not_there_is_no_pass() -> None:
    found = judged(gate(verdict="verdict"), {"figure": 0.9, "verdict": "fine", "threshold": 0.6})
    assert found.reason == "score.json: beside the figure, 'verdict' is 'fine'"
    for result in ({"figure": 0.9}, {"figure": 0.9, "verdict": "fine"}, {"figure": 0.9, "verdict": None}):
        assert judged(gate(verdict="verdict"), result).verdict is UNMEASURED


def test_an_artifact_that_fails_and_does_not_say_at_which_threshold_fails_the_gate() -> None:
    assert judged(gate(verdict="verdict"), {"figure": 0.9, "verdict": "fail"}).verdict is FAIL
    assert judged(gate(verdict="verdict"), {"figure": 0.9, "verdict": "pass"}).verdict is PASS
    assert judged(gate(verdict="verdict"), {"figure": 0.5, "verdict": "pass"}).verdict is FAIL


def test_a_gate_without_a_threshold_takes_that_of_the_artifact() -> None:
    found = judged(gate(verdict="verdict", threshold=None, judged_at="target"), {**of_own("pass", 0.7), "target": 0.7})
    assert (found.verdict, found.threshold) == (PASS, 0.7)
    assert judged(gate(threshold=None), {"figure": 0.7}).verdict is UNMEASURED


@given(
    figure=st.floats(0, 1),
    threshold=st.floats(0, 1),
    operator=st.sampled_from(list(Operator)),
    verdict=st.sampled_from(["pass", "fail", "unmeasured", "", None]),
    spread=st.one_of(st.none(), st.floats(0, 1)),
)
def test_what_passes_passes_at_its_figure_or_by_the_artifacts_word(
    figure: float, threshold: float, operator: Operator, verdict: str | None, spread: float | None
) -> None:
    """DESIGN: unmeasured is never pass."""
    ends = {} if spread is None else {"low": figure - spread, "high": figure + spread}
    which = gate(operator=operator, threshold=threshold, verdict="verdict")
    found = judged(which, {"figure": figure, "verdict": verdict, "threshold": 0.6, **ends})
    if verdict not in {"pass", "fail"}:
        assert found.verdict is UNMEASURED
    elif threshold == 0.6:
        assert found.verdict.value == verdict
    elif found.verdict is PASS:
        assert operator.holds(figure, threshold)


@given(st.lists(st.floats(0, 1)), st.floats(0, 1), st.floats(0, 1))
def test_a_stricter_threshold_passes_nothing_more(figures: list[float], one: float, other: float) -> None:
    lax, strict = sorted((one, other))
    result = {"tiers": [{"name": str(number), "figure": figure} for number, figure in enumerate(figures)]}
    pointer = "/result/tiers/*/figure"
    found = judged(gate(pointer=pointer, threshold=strict), result).verdict
    if found is PASS:
        assert judged(gate(pointer=pointer, threshold=lax), result).verdict is PASS


def test_of_several_places_the_worst_is_told() -> None:
    which = GATES["performance mean"]
    steady, slow = tier("mean", 0.01, "pass", test="a"), tier("mean", 0.13, "fail", test="b")
    open_, slower = tier("mean", 0.5, "unmeasured", test="c"), tier("mean", 0.3, "fail", test="d")
    said = [
        (found.verdict, found.figure, found.reason)
        for tiers in ((steady,), (steady, open_), (steady, open_, slow, slower), (steady, tier("p50", 0.9, "fail")))
        for found in [judged(which, comparison(*tiers))]
    ]
    assert said == [
        (PASS, 0.01, ""),
        (UNMEASURED, 0.5, "c; it is not decided; 1 of 2"),
        (FAIL, 0.3, "d; 2 of 4"),
        (PASS, 0.01, ""),
    ]


def test_places_that_are_not_there_are_not_measured() -> None:
    which = GATES["performance p95"]
    assert judged(which, comparison()).reason == "perf.comparison.json: stopped at /result/tiers: it is empty"
    found = judged(which, comparison(tier("mean", 0.0, "pass")))
    assert found.verdict is UNMEASURED
    assert found.reason == "perf.comparison.json: stopped at /result/tiers: no 'metric=p95'; metric is 'mean'"


@pytest.mark.parametrize(("count", "verdict"), [(0, PASS), (1, PASS), (2, PASS), (3, FAIL)])
def test_a_count_under_at_and_over_the_threshold(count: int, verdict: Verdict) -> None:
    which = gate(pointer="/result/list/*", take=Take.COUNT, operator=Operator.AT_MOST, threshold=2)
    found = judged(which, {"list": [f"t{number}" for number in range(count)]})
    assert (found.verdict, found.figure) == (verdict, count)


def test_what_was_counted_is_named() -> None:
    found = judged(
        GATES["collection errors"], health(causes=[cause(), cause(path="b.py", line=0), cause(blocking=False)])
    )
    assert (found.verdict, found.figure, found.reason) == (FAIL, 2, "test_shop.py:3, b.py")
    assert judged(GATES["collection errors"], health()).verdict is PASS
    nowhere = [cause(path="", message=str(number)) for number in range(4)]
    assert judged(GATES["collection errors"], health(causes=nowhere)).reason == "0, 1, 2 and 1 more"
    altered = {"artifacts": [{"name": "a.json", "message": "it was altered"}], "events": []}
    found = judging.evaluate(GATES["evidence integrity"], Document(name=table.SUMS, content=altered), today=TODAY)
    assert (found.figure, found.threshold, found.reason) == (1, 0, "a.json: it was altered")


def test_the_flake_rate_is_the_claim_and_its_threshold_is_the_settings() -> None:
    assert judged(GATES["flake rate"], flakes()).verdict is PASS
    stricter = msgspec.structs.replace(GATES["flake rate"], threshold=0.03)
    assert judged(stricter, flakes()).verdict is UNMEASURED
    too_few = {**flakes()["claim"], "verdict": "unmeasured", "reason": "12 runs are too few to say"}
    assert judged(GATES["flake rate"], flakes(claim=too_few)).reason == "12 runs are too few to say"


def test_the_command_measures_against_what_was_measured_against() -> None:
    which = GATES["performance mean"]
    assert judged(which, comparison()).gate.command == f"noxtasks bench --against {'a' * 40}"
    assert judged(which, comparison(against="")).gate.command == "noxtasks bench --against HEAD~1"
    assert judged(which, comparison(against="a;rm b")).gate.command == "noxtasks bench --against 'a;rm b'"
    absent = judging.evaluate(which, document(which.artifact, None, refusal="it is not there"), today=TODAY)
    assert absent.gate.command == "noxtasks bench --against HEAD~1"


@pytest.mark.parametrize(
    ("days", "blocks", "remark"),
    [(-1, False, "advisory until 2026-11-20"), (0, False, "advisory until 2026-11-20"), (1, True, "")],
)
@pytest.mark.parametrize("level", [Level.BLOCKING, Level.ADVISORY])
def test_a_gate_blocks_from_the_day_after(level: Level, days: int, blocks: bool, remark: str) -> None:
    which = gate(level=level, blocking_after=TODAY)
    found = judged(which, {"figure": 0.5}, TODAY + timedelta(days=days))
    assert (found.is_blocking, found.remark) == (blocks, remark)


def test_a_waived_gate_does_not_block_and_says_why_and_until_when() -> None:
    found = judged(gate(waiver=WAIVER), {"figure": 0.5})
    assert (found.verdict, found.is_blocking, found.is_waived) == (FAIL, False, True)
    assert found.remark == "waived until 2026-11-20: until the mutants of the parser are sorted out"
    assert rules.overall([found]) is PASS


def test_a_waiver_that_is_over_blocks_and_says_so() -> None:
    found = judged(gate(waiver=WAIVER), {"figure": 0.5}, TODAY + timedelta(days=1))
    assert (found.is_blocking, found.is_waived) == (True, False)
    assert found.remark == "its waiver ended on 2026-11-20 (until the mutants of the parser are sorted out)"
    assert rules.overall([found]) is FAIL
    assert judged(gate(waiver=WAIVER), {"figure": 0.9}, TODAY + timedelta(days=1)).remark.endswith(" and can go")


def test_a_waiver_of_a_gate_that_advises_waives_nothing() -> None:
    assert not judged(gate(waiver=WAIVER, level=Level.ADVISORY), {"figure": 0.5}).is_waived


@given(
    st.lists(
        st.builds(
            Evaluation,
            gate=st.just(gate()),
            verdict=st.sampled_from(list(Verdict)),
            figure=st.none(),
            threshold=st.none(),
            reason=st.just(""),
            is_blocking=st.booleans(),
        )
    )
)
def test_the_command_ends_as_the_gates_that_block(found: list[Evaluation]) -> None:
    """1 where one fails, else 3 where one is unmeasured, else 0; those that advise change nothing."""
    verdicts = {each.verdict for each in found if each.is_blocking}
    code = rules.exit_code(rules.overall(found))
    if FAIL in verdicts:
        assert code is ExitCode.FOUND
    elif UNMEASURED in verdicts:
        assert code is ExitCode.NOT_MEASURED
    else:
        assert code is ExitCode.NOTHING_FOUND
