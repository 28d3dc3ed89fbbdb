"""What a tier's figure is, and whether that is enough: values in, values out. Decided on unrounded shares."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor

from noxtasks.errors import ExitCode
from noxtasks.ladder import coverage_py
from noxtasks.ladder.model import Counts, Coverage, Measured, Metric, Name, Standing, Tier
from noxtasks.stats import Interval, Judgement, Verdict

_OF = {Metric.LINE: "line", Metric.BRANCH: "branch", Metric.COMBINED: "line or branch"}
_NOTHING_KNOWN = Interval(low=0.0, high=1.0)


def counts(metric: Metric, covered: Coverage) -> Counts:
    """What the metric counts."""
    if metric is Metric.LINE:
        return covered.lines
    return covered.branches if metric is Metric.BRANCH else covered.lines + covered.branches


def judge(tier: Tier, covered: Coverage, *, tests: int) -> Judgement:
    """Whether the coverage is at or above the target. Nothing to cover is no figure, and never a pass."""
    counted = counts(tier.metric, covered)
    if not covered.files:
        return unmeasured(tier, "no file of its scope is to be covered", tests=tests)
    if counted.share is None:
        return unmeasured(tier, f"its scope has no {_OF[tier.metric]} to cover", tests=tests)
    return decide(tier, counted.share, Interval(low=counted.share, high=counted.share), sample=tests)


def decide(tier: Tier, figure: float, interval: Interval, *, sample: int) -> Judgement:
    """A figure against the target: what an interval leaves open is unmeasured."""
    if interval.low >= tier.target:
        verdict, reason = Verdict.PASS, f"at or above {percent(tier.target)}"
    elif interval.high < tier.target:
        verdict, reason = Verdict.FAIL, f"below {percent(tier.target)}"
    else:
        low, high = percent(interval.low), percent(interval.high)
        verdict, reason = Verdict.UNMEASURED, f"between {low} and {high}, and {percent(tier.target)} is asked for"
    return Judgement(
        verdict=verdict, figure=figure, interval=interval, sample=sample, threshold=tier.target, reason=reason
    )


def unmeasured(tier: Tier, reason: str, *, tests: int = 0) -> Judgement:
    """No figure, and why."""
    return Judgement(
        verdict=Verdict.UNMEASURED,
        figure=None,
        interval=_NOTHING_KNOWN,
        sample=tests,
        threshold=tier.target,
        reason=reason,
    )


def limited(covered: Coverage, paths: frozenset[str]) -> Coverage:
    """What was covered of some of the files."""
    return coverage_py.of_files(each for each in covered.files if each.path in paths)


def percent(share: float) -> str:
    """A share for people, rounded down: what is shown as 70 % is no less."""
    tenths = floor(round(share * 1000, 6))
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths / 10:.1f}%"


def exit_code(tiers: Iterable[Measured], blocking: frozenset[Name], standing: Standing) -> ExitCode:
    """How the command ends: by the tiers that block, and by what has fallen."""
    decisive = [each.judgement.verdict for each in tiers if each.tier.name in blocking]
    if Verdict.FAIL in decisive or any(each.verdict is Verdict.FAIL for each in standing.fallen):
        return ExitCode.FOUND
    return ExitCode.NOT_MEASURED if Verdict.UNMEASURED in decisive else ExitCode.NOTHING_FOUND
