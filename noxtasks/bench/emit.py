"""The comparison and the baseline as artifacts and events: data only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.bench import baseline
from noxtasks.bench.baseline import Baseline
from noxtasks.bench.machine import Machine
from noxtasks.bench.model import Comparison, Finding, Limit, Report, Step, Summary, Tier, Trend
from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.stats import Interval, Quantile, Shift

COMPARISON = "perf.comparison.json"


def write_comparison(
    reports: Path, report: Report, *, machine: Machine, timing: Mapping[str, object], provenance: Provenance
) -> Digest:
    """Write `perf.comparison.json`; its digest."""
    return artifacts.write(
        reports,
        COMPARISON,
        result={
            "verdict": report.verdict.value,
            "reason": report.reason,
            "consequence": report.consequence.value if report.consequence else None,
            "against": report.against,
            "is_stored": report.is_stored,
            "is_whole": report.is_whole,
            "machine": {"id": machine.id, **msgspec.to_builtins(machine)},
            "benchmarks": [_comparison(each) for each in report.comparisons],
            "tiers": [_tier(each) for each in report.tiers],
            "limits": [_limit(each) for each in report.limits],
            "trends": [_trend(each) for each in report.trends],
            "notes": list(report.notes),
            "left_out": [{"test": test, "reason": why} for test, why in sorted(report.left_out.items())],
            "brought": list(report.brought),
        },
        timing={
            **timing,
            "new": [_summary(each) for each in report.summaries],
            "old": [_summary(each) for each in report.old],
        },
        provenance=provenance,
    )


def write_baseline(reports: Path, kept: Baseline, *, provenance: Provenance) -> Digest:
    """Write `perf.benchmark.baseline.json`; its digest."""
    return artifacts.write(reports, baseline.NAME, result=msgspec.to_builtins(kept), timing={}, provenance=provenance)


def tell_start(reports: Path, project: str, *, at: datetime, provenance: Provenance) -> None:
    """Append the event that benchmarks are being timed."""
    events.append(
        reports,
        event=events.EventType.PERFORMANCE_BENCHMARK_START,
        project=project,
        subject=COMPARISON,
        at=at,
        provenance=provenance,
    )


def tell_complete(
    reports: Path, project: str, report: Report, *, digests: Sequence[Digest], provenance: Provenance
) -> None:
    """Append the event that they have been."""
    counts = {finding: sum(each.finding is finding for each in report.comparisons) for finding in Finding}
    events.append(
        reports,
        event=events.EventType.PERFORMANCE_BENCHMARK_COMPLETE,
        project=project,
        subject=COMPARISON,
        at=provenance.created,
        provenance=provenance,
        attributes={"noxtasks.bench.verdict": report.verdict.value},
        metrics={
            "bench.benchmarks": len(report.summaries),
            **{f"bench.{finding.value}": count for finding, count in counts.items()},
        },
        artifacts=list(digests),
    )


def _comparison(each: Comparison) -> dict[str, Any]:
    return {
        "test": each.test,
        "metric": each.metric.value,
        "finding": each.finding.value,
        "threshold": each.threshold,
        "p": each.p,
        "changes": list(each.changes),
        **_change(each.change),
    }


def _tier(each: Tier) -> dict[str, Any]:
    return {
        "test": each.test,
        "metric": each.metric.value,
        "consequence": each.consequence.value,
        "threshold": each.threshold,
        "verdict": each.verdict.value,
        "p": each.p,
        "needed": each.needed,
        **_change(each.change),
    }


def _limit(each: Limit) -> dict[str, Any]:
    return {
        "test": each.test,
        "metric": each.metric.value,
        "limit_s": each.limit_s,
        "figure_s": each.figure_s,
        "verdict": each.verdict.value,
        "needed_rounds": each.needed_rounds,
        **_ends(each.interval),
    }


def _trend(each: Trend) -> dict[str, Any]:
    return {
        "test": each.test,
        "metric": each.metric.value,
        "points": msgspec.to_builtins(each.points),
        "steps": [_step(step) for step in each.steps],
        "drift": _step(each.drift) if each.drift else None,
    }


def _step(step: Step) -> dict[str, Any]:
    return {"at": step.at, "change": step.change, **_ends(step.interval)}


def _change(change: Shift | None) -> dict[str, Any]:
    if change is None:
        return {"change": None, "pairs": 0, **_ends(None)}
    return {"change": change.estimate, "pairs": change.pairs, **_ends(change.interval)}


def _ends(interval: Interval | None) -> dict[str, float | None]:
    """An interval without ends has none in JSON either."""
    if interval is None:
        return {"low": None, "high": None}
    return {
        "low": interval.low if isfinite(interval.low) else None,
        "high": interval.high if isfinite(interval.high) else None,
    }


def _summary(each: Summary) -> dict[str, Any]:
    plain = {**msgspec.to_builtins(each), "quantiles_s": {}}
    plain["quantiles_s"] = {name: _quantile(quantile) for name, quantile in each.quantiles_s.items()}
    return plain


def _quantile(quantile: Quantile) -> dict[str, Any]:
    return {"figure": quantile.figure, "needed": quantile.needed, **_ends(quantile.interval)}
