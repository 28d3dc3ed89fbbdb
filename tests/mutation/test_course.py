"""What is tried, in which order, and what is kept when it ends before the last mutant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import pytest

from noxtasks.config import MutationSettings
from noxtasks.errors import TimeIsUpError
from noxtasks.mutation import course
from noxtasks.mutation.model import Baseline, Choice, Ending, Fate, Mutant, Status
from noxtasks.stats import Verdict


def a_mutant(number: int, path: str = "a.py", function: str = "f") -> Mutant:
    return Mutant(
        path=path,
        line=1,
        id=f"{path}{number:03}",
        name=f"m.x_{function}__mutmut_{number}",
        function=function,
        operator="o",
        before="",
        after="",
    )


ALL = [
    *(a_mutant(number) for number in range(60)),
    *(a_mutant(number, "b.py") for number in range(40)),
    *(a_mutant(number, "b.py", "untested") for number in range(40, 50)),
]
BASELINE = Baseline(durations_s={"t": 0.1}, left_out=(), covering={"m.x_f": ("t",)}, at_import=frozenset())
SKIPPED = {ALL[0].id: Fate(mutant=ALL[0].id, status=Status.SKIPPED, reason="it is slow")}
NO_SCOPES: Mapping[str, tuple[str, ...]] = {}
SCOPES = {"a": ("a.py",), "b": ("b.py",)}


def a_plan(cap: int | None = None, scopes: Mapping[str, Iterable[str]] = NO_SCOPES, **settings: Any) -> course.Plan:
    return course.plan(ALL, BASELINE, SKIPPED, scopes=scopes, settings=MutationSettings(jobs=2, **settings), cap=cap)


def tried(plan: course.Plan) -> list[str]:
    return [mutant.id for order in plan.orders.values() for mutant in order]


class _Trials:
    """Carries trials out as `fate` says, without any test; the engine has nothing to abandon."""

    def __init__(self, fate: Callable[[Mutant, int], Fate]) -> None:
        self.fates: dict[str, Fate] = {}
        self._fate = fate

    def carry_out(self, mutants: Iterable[Mutant]) -> None:
        for mutant in mutants:
            self.fates[mutant.id] = self._fate(mutant, len(self.fates))

    def is_last_word(self, mutant: Mutant) -> bool:
        return mutant.id in self.fates and self.fates[mutant.id].is_confirmed

    def abandon(self) -> list[object]:
        return []


def follow(plan: course.Plan, fate: Callable[[Mutant, int], Fate], kept: list[Fate] | None = None) -> course.Outcome:
    trials = cast("Any", _Trials(fate))
    return course.follow(plan, trials, trials, kept=(list[Fate]() if kept is None else kept).append)


def killed(mutant: Mutant, _: int) -> Fate:
    return Fate(mutant=mutant.id, status=Status.KILLED)


def statuses(outcome: course.Outcome) -> dict[Status, int]:
    found = [fate.status for fate in outcome.fates.values()]
    return {status: found.count(status) for status in Status if status in found}


class TestPlan:
    def test_what_is_known_needs_no_trial_and_the_others_keep_their_order(self) -> None:
        plan = a_plan()
        assert {fate.status for fate in plan.known.values()} == {Status.SKIPPED, Status.NO_TESTS}
        assert len(plan.known) == 11
        assert tried(plan) == [mutant.id for mutant in ALL if mutant.id not in plan.known]
        assert course.extent(plan, Ending.WHOLE).choice is Choice.ALL

    @pytest.mark.parametrize("settings", [{"gate": True}, {"budget_s": 60.0}])
    def test_the_order_is_random_where_it_may_end_early(self, settings: dict[str, Any]) -> None:
        plan, again, other = a_plan(**settings), a_plan(**settings), a_plan(**settings, seed=1)
        assert tried(plan) == tried(again) != tried(other)
        assert sorted(tried(plan)) == sorted(tried(other)) == sorted(tried(a_plan()))

    def test_a_cap_takes_a_sample_of_what_has_to_be_tried(self) -> None:
        plan = a_plan(cap=20)
        assert (len(tried(plan)), len(plan.known)) == (20, 11)
        extent = course.extent(plan, Ending.WHOLE)
        assert (extent.choice, extent.mutants, extent.chosen) == (Choice.CAP, 110, 20)
        assert course.extent(a_plan(cap=500), Ending.WHOLE).choice is Choice.ALL

    def test_each_scope_is_a_population_with_its_threshold(self) -> None:
        plan = a_plan(scopes=SCOPES, gate=True, scope_thresholds={"b": 0.9})
        assert {name: len(order) for name, order in plan.orders.items()} == {"a": 59, "b": 40}
        assert {name: len(population) for name, population in plan.populations.items()} == {"a": 60, "b": 50}
        assert (plan.threshold("a"), plan.threshold("b")) == (0.6, 0.9)


class TestFollow:
    def test_without_a_reason_to_end_all_are_tried(self) -> None:
        outcome = follow(a_plan(), killed)
        assert (outcome.ending, outcome.certain) == (Ending.WHOLE, {})
        assert statuses(outcome) == {Status.KILLED: 99, Status.NO_TESTS: 10, Status.SKIPPED: 1}

    def test_it_ends_when_the_verdict_is_certain(self) -> None:
        outcome = follow(a_plan(gate=True), killed)
        assert (outcome.ending, outcome.certain) == (Ending.CERTAIN, {"": Verdict.PASS})
        assert 24 <= statuses(outcome)[Status.KILLED] < 99

    def test_a_pass_does_not_end_it_where_all_that_lives_has_to_be_known(self) -> None:
        plan = course.plan(
            ALL,
            BASELINE,
            {},
            scopes=NO_SCOPES,
            settings=MutationSettings(gate=True),
            cap=None,
            stops_on_pass=False,
        )
        assert follow(plan, killed).ending is Ending.WHOLE

    def test_each_scope_goes_on_until_its_verdict_is_certain(self) -> None:
        outcome = follow(a_plan(scopes=SCOPES, gate=True, scope_thresholds={"b": 0.79}), killed)
        parts = {part.name: part for part in course.judged(a_plan(scopes=SCOPES, gate=True), outcome, SCOPES)}
        assert outcome.certain == {"a": Verdict.PASS}  # of the other all had to be tried
        assert parts["a"].score.interval is not None
        assert [part.judgement.verdict for part in parts.values()] == [Verdict.PASS, Verdict.PASS]
        assert (parts["a"].score.figure, parts["b"].score.figure) == (1.0, 0.8)
        whole = course.score(a_plan(scopes=SCOPES, gate=True), outcome, parts.values())
        assert whole.figure == pytest.approx((59 * 1.0 + 50 * 0.8) / 109)

    def test_at_the_end_of_the_time_a_batch_counts_as_a_whole_or_not_at_all(self) -> None:
        """Those that die are known sooner than those that live: half a batch would be no sample."""

        def fate(mutant: Mutant, done: int) -> Fate:
            if done == 20:
                raise TimeIsUpError("")
            return killed(mutant, done)

        outcome = follow(a_plan(budget_s=60.0), fate)
        assert outcome.ending is Ending.BUDGET
        assert statuses(outcome) == {
            Status.KILLED: 16,
            Status.NO_TESTS: 10,
            Status.SKIPPED: 1,
            Status.UNCHECKED: 83,
        }

    def test_an_interruption_keeps_what_is_settled(self) -> None:
        def fate(mutant: Mutant, done: int) -> Fate:
            if done == 20:
                raise KeyboardInterrupt
            status = Status.SURVIVED if done % 2 else Status.KILLED
            return Fate(mutant=mutant.id, status=status, is_confirmed=done == 1)

        plan, kept = a_plan(), list[Fate]()
        outcome = follow(plan, fate, kept)
        assert outcome.ending is Ending.INTERRUPTED
        assert [each.mutant for each in kept] == [tried(plan)[1]]
        assert statuses(outcome)[Status.KILLED] == 10
        assert statuses(outcome)[Status.SURVIVED] == 1
        (part,) = course.judged(plan, outcome, {})
        assert part.score.figure is None
