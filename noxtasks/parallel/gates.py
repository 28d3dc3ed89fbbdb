"""The two gates of a scan: is it fast enough, and does no more fail than does alone?"""

from __future__ import annotations

from collections.abc import Sequence

from noxtasks import stats
from noxtasks.evidence.display.text import counted
from noxtasks.parallel import rules
from noxtasks.parallel.model import Assessment, Basis, Execution, Gate
from noxtasks.stats import Interval, Judgement, Verdict

OF_LIMIT = 0.8
"""The share of what the limit allows that is enough, where that is less than the target."""

SPEEDUP = "speed-up"
FLAKES = "flake increase"

_NOTHING = Interval(low=0.0, high=0.0)


def target(basis: Basis, *, workers: int, cores: int, wanted: float) -> float:
    """The speed-up to reach: `wanted`, or a share of what the limit allows with so many workers."""
    return min(wanted, OF_LIMIT * basis.wall_s / rules.limit_s(basis, workers, cores))


def fast_enough(best: Assessment | None, basis: Basis, *, cores: int, wanted: float) -> Gate:
    """Is the best candidate's speed-up the target? Running alone counts, too: it is always there, and 1 times as fast.

    Pass where the interval lies at or above, fail where it lies below; else it is not measured.
    """
    if best is None or best.speedup is None:
        return Gate(
            name=SPEEDUP,
            judgement=Judgement(
                verdict=Verdict.UNMEASURED,
                figure=None,
                interval=_NOTHING,
                sample=0,
                threshold=wanted,
                reason="nothing was measured in parallel",
            ),
        )
    found, threshold = best.speedup, target(basis, workers=best.candidate.workers, cores=cores, wanted=wanted)
    why = f"{threshold:.2f} is {'the target' if threshold == wanted else f'{OF_LIMIT:.0%} of what the limit allows'}"
    if threshold <= 1.0 or found.interval.low >= threshold:
        verdict = Verdict.PASS
    elif found.interval.high < threshold:
        verdict = Verdict.FAIL
    else:
        verdict, why = Verdict.UNMEASURED, f"not decided by {counted(found.pairs, 'pair')} of runs; {why}"
    return Gate(
        name=SPEEDUP,
        judgement=Judgement(
            verdict=verdict,
            figure=max(found.estimate, 1.0) if threshold <= 1.0 else found.estimate,
            interval=found.interval,
            sample=found.pairs,
            threshold=threshold,
            reason=why,
        ),
    )


def safe_enough(
    alone: Sequence[Execution], parallel: Sequence[Execution], *, allowed: float, confidence: float
) -> Gate:
    """Do more tests fail in parallel than do alone, of all that ran? By at most `allowed`, as a share.

    By Newcombe's interval of the difference: pass where it lies at or below, fail where it lies above.
    """
    before, after = _tally(alone), _tally(parallel)
    interval = stats.difference(before, after, confidence=confidence)
    figure = after[0] / after[1] - before[0] / before[1] if before[1] and after[1] else None
    if figure is not None and interval.high <= allowed:
        verdict, reason = Verdict.PASS, f"at most {100 * interval.high:.2g} points more"
    elif figure is not None and interval.low > allowed:
        verdict, reason = Verdict.FAIL, f"at least {100 * interval.low:.2g} points more"
    else:
        verdict, reason = Verdict.UNMEASURED, f"not decided by {counted(after[1], 'result')} in parallel"
    return Gate(
        name=FLAKES,
        judgement=Judgement(
            verdict=verdict, figure=figure, interval=interval, sample=after[1], threshold=allowed, reason=reason
        ),
    )


def _tally(runs: Sequence[Execution]) -> tuple[int, int]:
    outcomes = [outcome for each in runs for outcome in each.outcomes.values()]
    return sum(map(rules.is_bad, outcomes)), len(outcomes)
