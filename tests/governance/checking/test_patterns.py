"""Each of the five patterns holds, fails, and is not measured: by the order of events, by files, and by artifacts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.evidence.events import EventType
from noxtasks.governance.checking import patterns
from noxtasks.governance.checking.model import Judged, Known, Listed, Log, Objective, Plan
from noxtasks.stats import Verdict

from .samples import document, event, milestone, missing, objective, tier

FLAKE, BENCH = EventType.FLAKE_REDUCTION_DELTA_EMITTED, EventType.PERFORMANCE_BENCHMARK_COMPLETE
BUNDLED = EventType.EVIDENCE_BUNDLED
PLAN = Plan(
    milestones=(
        milestone("M1", line=3, retrospective="docs/M1.md"),
        milestone("M2", "M1", line=4, retrospective="docs/M2.md"),
    ),
    objectives=(
        objective("O1", "M1", event=FLAKE.value),
        objective("O2", "M2", "M1", event=BENCH.value),
    ),
)
NO_LOG = Log(refusal="there is no events.jsonl")


def log(*told: tuple[EventType, str]) -> Log:
    """Events in this order, each with the archive that it tells of."""
    return Log(events=tuple(event(type_, at, name or "a.json") for at, (type_, name) in enumerate(told, start=1)))


M1 = (BUNDLED, "M1-completion.tar.gz")


class TestTriangle:
    def judged(self, told: Log, listed: dict[str, str] | None = None, wrong: dict[str, str] | None = None) -> Judged:
        bundled = {each.name: each.sha256 for one in told.events if one.type is BUNDLED for each in one.artifacts}
        return patterns.triangle(PLAN, told, Listed(digests=bundled if listed is None else listed, wrong=wrong or {}))

    def test_it_holds_where_the_bundle_came_first(self) -> None:
        judged = self.judged(log((FLAKE, ""), M1, (BENCH, ""), M1))
        assert (judged.verdict, judged.figure, judged.threshold) == (Verdict.PASS, 1, 1)

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            (
                log((FLAKE, ""), (BENCH, ""), M1),
                "M2 began with event 2, performance_benchmark_complete, before M1 was bund",
            ),
            (
                log((FLAKE, ""), (BENCH, "")),
                "M2 began with event 2, performance_benchmark_complete, and M1 is not bundled",
            ),
            (log((BENCH, "M1-completion.tar.gz")), "M1 is not bundled"),
            (log((BUNDLED, "M2-completion.tar.gz"), (BENCH, "")), "M1 is not bundled"),
        ],
    )
    def test_it_fails_where_the_next_began_before_that(self, told: Log, said: str) -> None:
        judged = self.judged(told)
        assert (judged.verdict, judged.figure) == (Verdict.FAIL, 0)
        assert said in judged.details[0].text
        assert judged.details[0].line == 4

    @pytest.mark.parametrize(
        ("listed", "wrong", "said"),
        [({}, {}, "it is not there"), (None, {M1[1]: "it is missing"}, "it is missing")],
    )
    def test_an_archive_that_is_gone_or_altered_proves_nothing(
        self, listed: dict[str, str] | None, wrong: dict[str, str], said: str
    ) -> None:
        judged = self.judged(log((FLAKE, ""), M1, (BENCH, "")), listed, wrong)
        assert (judged.verdict, judged.figure) == (Verdict.FAIL, 0)
        assert judged.details[0].text.endswith(f"the archive of M1 is no proof: M1-completion.tar.gz: {said}")

    def test_an_archive_that_no_event_tells_of_leaves_it_open(self) -> None:
        judged = self.judged(log((BENCH, "")), {"M1-completion.tar.gz": "a" * 64})
        assert judged.verdict is Verdict.UNMEASURED

    def test_without_a_log_it_is_not_measured_and_before_the_next_begins_nothing_is_broken(self) -> None:
        assert self.judged(NO_LOG).verdict is Verdict.UNMEASURED
        judged = self.judged(log((FLAKE, "")))
        assert (judged.verdict, judged.figure) == (Verdict.PASS, None)

    def test_an_event_that_two_objectives_have_begins_the_milestone_of_the_first(self) -> None:
        twice = (*PLAN.objectives, objective("O3", "M2", event=FLAKE.value))
        told = log((FLAKE, ""))
        assert patterns.triangle(Plan(milestones=PLAN.milestones, objectives=twice), told, Listed()).figure is None
        turned = Plan(milestones=PLAN.milestones, objectives=twice[::-1])
        assert patterns.triangle(turned, told, Listed()).verdict is Verdict.FAIL

    @given(st.lists(st.sampled_from([(FLAKE, ""), (BENCH, ""), M1]), max_size=8))
    def test_it_holds_exactly_where_the_first_bundle_is_before_the_first_event(self, told: list[Any]) -> None:
        begun = told.index((BENCH, "")) if (BENCH, "") in told else None
        closed = told.index(M1) if M1 in told else None
        holds = begun is None or (closed is not None and closed < begun)
        assert (self.judged(log(*told)).verdict is Verdict.PASS) is holds


TIERS = [tier("tier1_unit"), tier("tier2_integration"), tier("tier3_system"), tier("tier4_mutation")]


class TestCircle:
    def judged(self, *tiers: dict[str, Any]) -> Judged:
        return patterns.circle(document(patterns.LADDER, {"tiers": list(tiers)}))

    def test_it_holds_where_four_tiers_are_measured_whatever_they_reach(self) -> None:
        assert (self.judged(*TIERS).verdict, self.judged(*TIERS).figure) == (Verdict.PASS, 1)

    @pytest.mark.parametrize(
        ("parts", "said"),
        [
            ({"figure": None, "verdict": "unmeasured", "reason": "no test"}, "tier4_mutation: no test"),
            ({"verdict": "unmeasured"}, "tier4_mutation: it is not measured"),
            ({"stale": True}, "tier4_mutation: it is about other code"),
        ],
    )
    def test_it_fails_where_one_is_not(self, parts: dict[str, Any], said: str) -> None:
        judged = self.judged(*TIERS[:3], tier("tier4_mutation", **parts))
        assert (judged.verdict, judged.figure, judged.details[0].text) == (Verdict.FAIL, 0.75, said)

    def test_it_fails_where_there_are_three(self) -> None:
        assert self.judged(*TIERS[:3]).verdict is Verdict.FAIL

    def test_without_a_ladder_it_is_not_measured_and_says_what_would(self) -> None:
        judged = patterns.circle(missing(patterns.LADDER))
        assert (judged.verdict, judged.command) == (Verdict.UNMEASURED, "noxtasks ladder")


class TestSpiral:
    def judged(self, told: Log = NO_LOG, plan: Plan = PLAN, **texts: Any) -> Judged:
        read = {f"docs/{name}.md": text for name, text in texts.items()}
        return patterns.spiral(plan, told, Listed(), read.get)

    def test_it_holds_where_each_looks_back(self) -> None:
        judged = self.judged(M1="It went well.", M2="After [the first](M1.md), other things.")
        assert (judged.verdict, judged.figure) == (Verdict.PASS, 1)

    @pytest.mark.parametrize(
        ("texts", "said"),
        [
            ({"M1": "x"}, "M2: there is no file docs/M2.md"),
            ({"M1": " ", "M2": "M1.md"}, "M1: there is nothing in docs/M1.md"),
            ({"M1": "x", "M2": "y"}, "docs/M2.md does not refer to the retrospective of M1"),
            ({"M1": "x", "M2": "see M1.mdx and XM1.md"}, "docs/M2.md does not refer to the retrospective of M1"),
        ],
    )
    def test_it_fails_where_one_does_not(self, texts: dict[str, Any], said: str) -> None:
        judged = self.judged(**texts)
        assert (judged.verdict, judged.figure) == (Verdict.FAIL, 0.5)
        assert judged.details[0].text == said

    def test_a_milestone_that_is_closed_needs_one_and_another_does_not(self) -> None:
        plan = Plan(milestones=(milestone("M1", line=3), milestone("M2", "M1")), objectives=PLAN.objectives)
        assert self.judged(plan=plan).verdict is Verdict.UNMEASURED
        assert self.judged(log((FLAKE, "")), plan).verdict is Verdict.PASS
        for told in (log((FLAKE, ""), M1), log((FLAKE, ""), (BENCH, ""))):
            judged = self.judged(told, plan)
            assert (judged.verdict, judged.details[0].line) == (Verdict.FAIL, 3)
            assert judged.details[0].text == "M1 is closed, and has no retrospective"
        listed = Listed(digests={"M1-completion.tar.gz": "a" * 64})
        assert patterns.spiral(plan, log((FLAKE, "")), listed, lambda _: None).verdict is Verdict.FAIL


ALL: dict[str, Any] = {
    "question": "Why?",
    "session": "flake",
    "artifact": "a.json",
    "gate": "flake rate",
    "event": FLAKE.value,
}
KNOWN = Known(sessions=("flake",), gates=("flake rate",), events=(FLAKE.value,), artifacts=("a.json",))


class TestFractal:
    def judged(self, *objectives: Objective) -> Judged:
        return patterns.fractal(Plan(objectives=objectives), KNOWN)

    def test_it_holds_where_all_have_five_parts_that_there_are(self) -> None:
        assert self.judged(objective("O1", **ALL), objective("O2", **ALL)).verdict is Verdict.PASS

    @pytest.mark.parametrize("part", list(ALL))
    def test_it_fails_without_one(self, part: str) -> None:
        left = {name: text for name, text in ALL.items() if name != part}
        judged = self.judged(objective("O1", **ALL), objective("O2", line=7, **left))
        assert (judged.verdict, judged.figure) == (Verdict.FAIL, 0.5)
        assert (judged.details[0].text, judged.details[0].line) == (f"O2 has no {part}", 7)

    @pytest.mark.parametrize(
        ("part", "name", "said"),
        [
            ("session", "flak", "O1: there is no session 'flak'. Did you mean 'flake'?"),
            ("artifact", "b.txt", "O1: there is no artifact 'b.txt'"),
            ("gate", "flake-rate", "O1: there is no gate 'flake-rate'. Did you mean 'flake rate'?"),
            ("event", "party", "O1: there is no event 'party'"),
            ("question", "?", "O1 has no question"),
        ],
    )
    def test_it_fails_where_there_is_no_such_thing(self, part: str, name: str, said: str) -> None:
        judged = self.judged(objective("O1", **{**ALL, part: name}))
        assert (judged.verdict, judged.details[0].text) == (Verdict.FAIL, said)

    def test_without_an_objective_it_is_not_measured(self) -> None:
        assert self.judged().verdict is Verdict.UNMEASURED


def test_details_are_never_empty_where_a_pattern_fails() -> None:
    judged = TestCircle().judged(*TIERS[:3])
    assert [each.text for each in patterns.details(judged)] == ["3 of 4 tiers are measured"]


@pytest.mark.parametrize(
    ("text", "verdict"), [("This is retro.md.", Verdict.FAIL), ("After [M1](../M1/retro.md).", Verdict.PASS)]
)
def test_a_retrospective_that_has_the_name_of_the_one_before_names_its_folder_too(text: str, verdict: Verdict) -> None:
    plan = Plan(
        milestones=(
            milestone("M1", retrospective="docs/M1/retro.md"),
            milestone("M2", "M1", retrospective="docs/M2/retro.md"),
        )
    )
    read = {"docs/M1/retro.md": "It went well.", "docs/M2/retro.md": text}
    assert patterns.spiral(plan, NO_LOG, Listed(), read.get).verdict is verdict
