"""A measurement is of what the tiers cover, and of what artifacts say of the same code."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noxtasks.bench import emit as bench
from noxtasks.bench import machine
from noxtasks.bench.machine import Machine
from noxtasks.bench.model import Comparison, Finding, Metric
from noxtasks.bench.model import Report as Benched
from noxtasks.evidence import artifacts
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.vcs import Code, Vcs
from noxtasks.ladder import gathering
from noxtasks.ladder.model import Level, Measured, Name, Tier
from noxtasks.ladder.model import Metric as Measure
from noxtasks.ladder.profiles import Terms
from noxtasks.stats import Interval, Judgement, Shift, Verdict
from noxtasks.suite import health
from noxtasks.suite.causes import Health

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
HERE = Code(vcs=Vcs(revision="a" * 40, dirty=False), code_version="a" * 40)
TERMS = Terms()


def a_tier(name: Name = Name.SYSTEM, figure: float | None = 0.5, **other: Any) -> Measured:
    judgement = Judgement(
        verdict=Verdict.PASS,
        figure=figure,
        interval=Interval(low=0, high=1),
        sample=0,
        threshold=0.4,
        reason="x",
    )
    tier = Tier(name=name, scope=("shop/**",), metric=Measure.LINE, target=0.4, level=Level.ADVISORY)
    measured = Measured(tier=tier, tests=3, failed=(), coverage=None, edges=None, judgement=judgement)
    return msgspec.structs.replace(measured, **other)


def write_health(reports: Path, provenance: Provenance, *, broken: tuple[str, ...] = ()) -> None:
    found = Health(modules=3, broken=broken, skipped=0, items=9, unrunnable=0, deselected=0, complete=True, causes=())
    artifacts.write(reports, gathering.HEALTH, result=health.to_artifact(found), timing={}, provenance=provenance)


def write_comparison(reports: Path, provenance: Provenance, estimate: float) -> None:
    change = Shift(estimate=estimate, interval=Interval(low=estimate - 0.01, high=estimate + 0.01), pairs=9)
    one = Comparison(test="t", metric=Metric.CPU, finding=Finding.STEADY, change=change, threshold=0.1, p=1.0)
    report = Benched(
        verdict=Verdict.PASS, reason="", against="b" * 40, is_stored=False, summaries=(), old=(), comparisons=(one,),
        left_out={}, brought=(), revision="",
    )  # fmt: skip
    here = Machine(processor="a", cores=2, system="Linux", python="CPython 3.12.1")
    timing = {"duration_s": 1.0, "circumstances": msgspec.to_builtins(machine.circumstances())}
    bench.write_comparison(reports, report, machine=here, timing=timing, provenance=provenance)


def test_a_measurement_is_of_this_code_and_has_what_is_there(tmp_path: Path, provenance: Provenance) -> None:
    write_health(tmp_path, provenance)
    write_comparison(tmp_path, provenance, 0.04)
    tiers = [a_tier(), a_tier(Name.UNIT, 0.7)]
    found, notes = gathering.gather(tmp_path, tiers, at=AT, code=HERE, terms=TERMS, branches=0.3)
    assert (found.at, found.revision, found.commit, found.branches) == (AT, "a" * 40, "a" * 40, 0.3)
    assert found.figures == {Name.UNIT: 0.7, Name.INTEGRATION: None, Name.SYSTEM: 0.5, Name.MUTATION: None}
    assert found.ways == {each.tier.name: each.tier.way for each in tiers}
    assert (found.collection_errors, found.slower, found.flake_rate, found.consistency) == (0, 0.04, None, None)
    assert found.system_tests_pass is True
    assert notes == (
        "flake.report.json: it is not there; to have it: noxtasks flake",
        "os.matrix.baseline.json: it is not there; to have it: noxtasks matrix merge",
    )


def test_what_the_session_has_seen_itself_needs_no_artifact(tmp_path: Path) -> None:
    found, notes = gathering.gather(tmp_path, [], at=AT, code=HERE, terms=TERMS, collection_errors=2)
    assert found.collection_errors == 2
    assert not any(note.startswith(gathering.HEALTH) for note in notes)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"code_version": "b" * 40}, "it is about other code"),
        ({"code_version": f"{'a' * 40}+dirty.{'b' * 64}"}, "it is about other code"),
        ({"complete": False}, "its session was interrupted"),
    ],
)
def test_what_is_of_other_code_or_not_complete_is_unmeasured(
    tmp_path: Path, provenance: Provenance, change: dict[str, object], note: str
) -> None:
    write_health(tmp_path, msgspec.structs.replace(provenance, **change))
    found, notes = gathering.gather(tmp_path, [], at=AT, code=HERE, terms=TERMS)
    assert found.collection_errors is None
    assert f"{gathering.HEALTH}: {note}; to have it: noxtasks flake" in notes


def test_what_is_damaged_is_unmeasured_and_told(tmp_path: Path, provenance: Provenance) -> None:
    write_health(tmp_path, provenance)
    (tmp_path / gathering.HEALTH).write_text("{}")
    found, notes = gathering.gather(tmp_path, [], at=AT, code=HERE, terms=TERMS)
    assert found.collection_errors is None
    assert any("its content is not what SHA256SUMS says" in note for note in notes)


@pytest.mark.parametrize(
    ("code", "commit"),
    [
        (HERE, "a" * 40),
        (Code(vcs=Vcs(revision="a" * 40, dirty=True), code_version="a" * 40 + "+dirty.b"), None),
        (Code(vcs=Vcs(revision=None, dirty=True), code_version="tree.b"), None),
        (Code(vcs=None, code_version="tree.b"), None),
    ],
)
def test_only_a_clean_tree_is_a_commit(tmp_path: Path, code: Code, commit: str | None) -> None:
    assert gathering.gather(tmp_path, [], at=AT, code=code, terms=TERMS).measurement.commit == commit


@pytest.mark.parametrize(
    ("tiers", "passes"),
    [
        ([a_tier()], True),
        ([a_tier(failed=("test_a.py::test_one",))], False),
        ([a_tier(tests=0)], None),
        ([a_tier(figure=None)], None),
        ([a_tier(Name.UNIT)], None),
        ([], None),
    ],
)
def test_workflows_are_operational_where_system_tests_ran_and_pass(
    tmp_path: Path, tiers: list[Measured], passes: bool | None
) -> None:
    found = gathering.gather(tmp_path, tiers, at=AT, code=HERE, terms=TERMS).measurement
    assert found.system_tests_pass is passes


def test_a_stale_figure_is_none(tmp_path: Path) -> None:
    found = gathering.gather(tmp_path, [a_tier(Name.MUTATION, is_stale=True)], at=AT, code=HERE, terms=TERMS)
    assert found.measurement.figures[Name.MUTATION] is None


def test_a_score_of_a_sample_that_does_not_decide_is_a_baseline_and_no_figure(tmp_path: Path) -> None:
    mutants = a_tier(Name.MUTATION, 0.6)
    decided, is_open, stale = (
        gathering.gather(tmp_path, [each], at=AT, code=HERE, terms=TERMS).measurement
        for each in (
            mutants,
            msgspec.structs.replace(
                mutants, judgement=msgspec.structs.replace(mutants.judgement, verdict=Verdict.UNMEASURED)
            ),
            msgspec.structs.replace(mutants, is_stale=True),
        )
    )
    assert [each.figures[Name.MUTATION] for each in (decided, is_open, stale)] == [0.6, None, None]
    assert [each.has_mutation_score for each in (decided, is_open, stale)] == [True, True, False]


@pytest.mark.parametrize(
    ("broken", "complete", "errors"), [([], True, 0), (["a", "b"], True, 2), ([], False, 1), (["a", "b"], False, 2)]
)
def test_a_collection_that_did_not_end_has_an_error(broken: list[str], complete: bool, errors: int) -> None:
    assert gathering.errors_of({"broken_modules": broken, "complete": complete}) == errors


@pytest.mark.parametrize(
    ("failures", "runs", "rate"),
    [(0, 100, 0.0), (0, 20, None), (3, 100, None), (1, 200, 0.005), (20, 100, 0.2), (0, 0, None)],
)
def test_a_flake_rate_is_told_where_the_runs_tell_it_from_the_threshold(
    failures: int, runs: int, rate: float | None
) -> None:
    report = {"disturbed": {"failures": failures, "sample": runs}}
    assert gathering.flake_rate_of(report, below=0.05) == rate


@pytest.mark.parametrize(("verdict", "figure"), [("pass", 0.96), ("fail", 0.96), ("unmeasured", None)])
def test_consistency_is_told_where_it_was_measured(verdict: str, figure: float | None) -> None:
    assert gathering.consistency_of({"consistency": {"verdict": verdict, "figure": 0.96}}) == figure


def a_change(change: float | None, low: float | None, high: float | None) -> dict[str, float | None]:
    return {"change": change, "low": low, "high": high}


STEADY, FASTER, SLOWER = a_change(0.02, 0.01, 0.05), a_change(-0.2, -0.3, -0.1), a_change(0.2, 0.1, 0.3)
OPEN, NOTHING = a_change(0.05, 0.0, 0.1), a_change(None, None, None)


@pytest.mark.parametrize(
    ("benchmarks", "slower"),
    [
        ([STEADY, FASTER], 0.02),
        ([FASTER], 0.0),
        ([STEADY, OPEN], None),
        ([STEADY, NOTHING], None),
        ([SLOWER, OPEN, NOTHING], 0.2),
        ([a_change(0.05, 0.0, 0.0999)], 0.05),
        ([], None),
    ],
)
def test_a_slow_down_is_told_where_it_is_decided(
    benchmarks: list[dict[str, float | None]], slower: float | None
) -> None:
    comparison = {"benchmarks": benchmarks, "against": "b" * 40, "revision": ""}
    assert gathering.slower_of(comparison, code=HERE, below=0.1) == slower


@pytest.mark.parametrize(
    ("against", "revision", "slower"),
    [("b", "", 0.02), ("b", "a" * 40, 0.02), ("b", "c", None), ("a" * 40, "", None)],
)
def test_only_a_comparison_of_this_code_with_other_code_counts(
    against: str, revision: str, slower: float | None
) -> None:
    comparison = {"benchmarks": [STEADY], "against": against, "revision": revision}
    assert gathering.slower_of(comparison, code=HERE, below=0.1) == slower
