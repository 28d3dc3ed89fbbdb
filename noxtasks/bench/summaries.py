"""What the rounds of benchmarks come to: the metrics of one process, and the summary of all processes of a side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from statistics import fmean, quantiles, stdev

from noxtasks.bench.model import Metric, Pair, Summary
from noxtasks.stats import quantile
from noxtasks.suite.model import Benched, Run

_QUANTILES = {Metric.P50: 0.5, Metric.P95: 0.95, Metric.P99: 0.99}
_FEW = 2
_PARTS = 20  # of a spread


def metrics(benched: Benched) -> dict[Metric, float]:
    """The figures of one process; without the quantiles above which it has no round."""
    walls = sorted(undelayed_s(benched))
    found = {
        Metric.CPU: min(benched.cpu_s),
        Metric.WALL: walls[0],
        Metric.MEAN: fmean(walls),
        **{
            metric: walls[int(q * len(walls))] for metric, q in _QUANTILES.items() if len(walls) >= least_rounds(metric)
        },
    }
    if benched.peak_bytes is not None:
        found[Metric.MEMORY] = float(benched.peak_bytes)
    return found


def undelayed_s(benched: Benched) -> list[float]:
    """The wall time of each round without what it waited for a processor that others had: that is their doing.

    A busy machine would else make any benchmark seem to wait for something, and its wall times be chance.
    """
    delays_s = benched.delay_s or (0.0,) * len(benched.wall_s)
    return [
        max(cpu_s, wall_s - delay_s)
        for cpu_s, wall_s, delay_s in zip(benched.cpu_s, benched.wall_s, delays_s, strict=True)
    ]


def least_rounds(metric: Metric) -> int:
    """How many rounds a process needs for a figure of `metric`: of a quantile, one beyond it."""
    return ceil(round(1 / (1 - _QUANTILES[metric]), 9)) if metric in _QUANTILES else 1


def merged(run: Run) -> dict[str, Benched]:
    """By test, its rounds; a plain test has told each of its rounds by itself."""
    found: dict[str, list[Benched]] = {}
    for each in run.benched:
        if each.wall_s:
            found.setdefault(each.test, []).append(each)
    return {test: _joined(several) for test, several in found.items()}


def _joined(several: Sequence[Benched]) -> Benched:
    if len(several) == 1:
        return several[0]
    peaks = [each.peak_bytes for each in several if each.peak_bytes is not None]
    return Benched(
        test=several[0].test,
        wall_s=tuple(one for each in several for one in each.wall_s),
        cpu_s=tuple(one for each in several for one in each.cpu_s),
        calls=several[0].calls,
        peak_bytes=max(peaks, default=None),
        delay_s=tuple(one for each in several for one in each.delay_s),
        collects=all(each.collects for each in several),
    )


def paired(old: Run, new: Run) -> dict[str, Pair]:
    """By test, the metrics of two processes, of the benchmarks that both have carried out."""
    before, after = merged(old), merged(new)
    return {test: Pair(old=metrics(before[test]), new=metrics(each)) for test, each in after.items() if test in before}


def summary(test: str, processes: Iterable[Benched]) -> Summary:
    """All rounds of one benchmark on one side."""
    each = list(processes)
    wall_s = [one for process in each for one in process.wall_s]
    first, _, third = quantiles(wall_s) if len(wall_s) >= _FEW else (wall_s[0],) * 3
    peaks = [process.peak_bytes for process in each if process.peak_bytes is not None]
    return Summary(
        test=test,
        processes=len(each),
        rounds=len(wall_s),
        calls=max(process.calls for process in each),
        mean_s=fmean(wall_s),
        stddev_s=stdev(wall_s) if len(wall_s) >= _FEW else 0.0,
        least_s=min(wall_s),
        least_cpu_s=min(one for process in each for one in process.cpu_s),
        iqr_s=third - first,
        quantiles_s={metric.value: quantile(wall_s, q) for metric, q in _QUANTILES.items()},
        spread_s=_spread(wall_s),
        peak_bytes=max(peaks, default=None),
        collects_garbage=all(process.collects for process in each),
    )


def _spread(wall_s: Sequence[float]) -> tuple[float, ...]:
    ordered = sorted(wall_s)
    return tuple(ordered[round(place * (len(ordered) - 1) / _PARTS)] for place in range(_PARTS + 1))
