"""The stored baseline: what benchmarks took on each machine, and took before; and what can be said against it.

A stored time was taken in another hour, when the machine may have been cooler, less busy or older. That alone makes
differences that look like slow-downs, so what differs from it is no more than an alert. Old and new code side by side
(`--against`) is what can decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import exp, log
from pathlib import Path
from statistics import median

import msgspec

from noxtasks.bench import rules, summaries
from noxtasks.bench.machine import Machine
from noxtasks.bench.model import Comparison, Finding, Metric
from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts
from noxtasks.stats import Interval, Shift
from noxtasks.suite.model import Benched

NAME = "perf.benchmark.baseline.json"
_KEPT = 200  # measurements of one machine
_REMEDY = "Put it back as it was, with its SHA256SUMS; or move it away and begin anew: noxtasks bench --refresh"


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One session on one machine: of each benchmark, the fastest round of every process by CPU time and by the wall.

    By the wall without what it waited for a processor that others had.
    """

    taken: datetime
    code_version: str
    cpu_s: dict[str, tuple[float, ...]]
    wall_s: dict[str, tuple[float, ...]]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one machine; the last measurement is its baseline."""

    machine: Machine
    measurements: tuple[Measurement, ...]


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """All machines, by their ids."""

    machines: dict[str, Kept] = {}


def read(reports: Path) -> Baseline:
    """The baseline in the folder `reports`, empty where there is none.

    Raises `EvidenceError` for one that is broken or was changed by hand; it is never written over then.
    """
    if not (reports / NAME).exists():
        return Baseline()
    where = str(reports / NAME)
    try:
        found = msgspec.convert(artifacts.read(reports, NAME).result, Baseline)
    except EvidenceError as error:
        raise EvidenceError(error.message, where=where, remedy=_REMEDY) from error
    except msgspec.ValidationError as error:
        raise EvidenceError(str(error), where=where, remedy=_REMEDY) from error
    for name, kept in found.machines.items():
        if name != kept.machine.id:
            message = f"the times of machine {name} are said to be those of {kept.machine.id}"
            raise EvidenceError(message, where=where, remedy=_REMEDY)
    return found


def of(baseline: Baseline, machine: Machine) -> tuple[Measurement, ...]:
    """What was measured on `machine`."""
    return baseline.machines[machine.id].measurements if machine.id in baseline.machines else ()


def refreshed(baseline: Baseline, machine: Machine, measurement: Measurement) -> Baseline:
    """The baseline with a further measurement of `machine`."""
    mine = Kept(machine=machine, measurements=(*of(baseline, machine), measurement)[-_KEPT:])
    return Baseline(machines={**baseline.machines, machine.id: mine})


def measurement(found: Mapping[str, Sequence[Benched]], *, taken: datetime, code_version: str) -> Measurement:
    """What is kept of the processes of a session."""
    return Measurement(
        taken=taken,
        code_version=code_version,
        cpu_s={test: tuple(min(each.cpu_s) for each in processes) for test, processes in found.items()},
        wall_s={
            test: tuple(min(summaries.undelayed_s(each)) for each in processes) for test, processes in found.items()
        },
    )


def compared(old: Measurement, new: Measurement, thresholds: Mapping[Metric, float]) -> list[Comparison]:
    """Each benchmark that both have, every process of the one against every process of the other."""
    found = []
    for test in new.cpu_s.keys() & old.cpu_s.keys():
        metric = Metric.WALL if rules.waits(new.cpu_s[test], new.wall_s[test]) else Metric.CPU
        before, after = (side.wall_s[test] if metric is Metric.WALL else side.cpu_s[test] for side in (old, new))
        ratios = [log(one / other) for one in after for other in before if one > 0 and other > 0]
        if ratios:
            found.append(_comparison(test, metric, ratios, thresholds[metric]))
    return sorted(found, key=lambda each: each.test)


def _comparison(test: str, metric: Metric, ratios: Sequence[float], threshold: float) -> Comparison:
    interval = Interval(low=exp(min(ratios)) - 1, high=exp(max(ratios)) - 1)  # all that was seen: no sample of pairs
    change = Shift(estimate=exp(median(ratios)) - 1, interval=interval, pairs=len(ratios))
    if min(ratios) > log(1 + threshold):
        finding = Finding.SLOWER
    elif max(ratios) < log(1 - threshold):
        finding = Finding.FASTER
    else:
        finding = Finding.STEADY if max(ratios) < log(1 + threshold) else Finding.OPEN
    return Comparison(test=test, metric=metric, finding=finding, change=change, threshold=threshold, p=1.0)
