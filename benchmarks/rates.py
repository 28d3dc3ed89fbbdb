"""What the comparisons of a calibration come to: rates with their intervals, and costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Any

from noxtasks.stats import wilson

_ROW = "{:<34}{:>24}{:>24}{:>24}"
_GATES = ("noxtasks", "min", "mean")


def line(comparison: dict[str, Any]) -> str:
    """One comparison, as it is done."""
    asked = comparison["noxtasks"]
    slower = [name for name, finding in asked["findings"].items() if finding == "slower"]
    undecided = [name for name, finding in asked["findings"].items() if finding == "open"]
    return (
        f"+{comparison['percent']} % of {','.join(comparison['slowed']) or 'nothing'}: slower {','.join(slower) or '-'}"
        f", undecided {','.join(undecided) or '-'}; {asked['cost']['cpu_s']:.1f} s CPU, load {comparison['load']}"
    )


def table(told: dict[str, Any]) -> str:
    """All figures, for people."""
    return "\n".join((*_sizes(told["sizes"]), "", *_rates(told["comparisons"]), "", *_costs(told["comparisons"])))


def _sizes(sizes: dict[str, Any]) -> Iterator[str]:
    yield "slow-downs as they really are: the least, the median and the greatest of the benchmarks"
    for what, by_size in sizes.items():
        for percent, shares in by_size.items():
            if shares:
                found = sorted(shares.values())
                figures = "  ".join(f"{each:.1%}" for each in (found[0], median(found), found[-1]))
                yield f"  +{percent} % {what.replace('_', ' ')}: {figures}"


def _rates(comparisons: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield _ROW.format("", "noxtasks", "min:10%", "mean:10%").rstrip()
    nulls = [each for each in comparisons if not each["percent"]]
    yield _row(
        "equal code: any alarm", [[bool(_slower(each, gate)) for each in _asked(nulls, gate)] for gate in _GATES]
    )
    yield _row("  not decided", [[bool(_open(each)) for each in nulls], [], []])
    for percent in sorted({each["percent"] for each in comparisons} - {0}):
        these = [each for each in comparisons if each["percent"] == percent]
        found = [
            [name in _slower(each, gate) for each in _asked(these, gate) for name in each["slowed"]] for gate in _GATES
        ]
        others = [[bool(_slower(each, gate) - set(each["slowed"])) for each in _asked(these, gate)] for gate in _GATES]
        yield _row(f"+{percent} %: slowed benchmarks found", found)
        yield _row("  not decided", [[name in _open(each) for each in these for name in each["slowed"]], [], []])
        yield _row("  alarm about another one", others)


def _asked(comparisons: Iterable[dict[str, Any]], gate: str) -> list[dict[str, Any]]:
    return [each for each in comparisons if gate == "noxtasks" or each["pytest_benchmark"] is not None]


def _is_alarm(comparison: dict[str, Any], gate: str) -> bool:
    return bool(_slower(comparison, gate)) or (gate == "noxtasks" and comparison["noxtasks"]["verdict"] == "fail")


def _slower(comparison: dict[str, Any], gate: str) -> set[str]:
    if gate == "noxtasks":
        return {name for name, finding in comparison["noxtasks"]["findings"].items() if finding == "slower"}
    return set(comparison["pytest_benchmark"]["slower"][gate])


def _open(comparison: dict[str, Any]) -> set[str]:
    return {name for name, finding in comparison["noxtasks"]["findings"].items() if finding == "open"}


def _row(label: str, columns: Sequence[Sequence[bool]]) -> str:
    return _ROW.format(label, *(_rate(each) for each in columns)).rstrip()


def _rate(hits: Sequence[bool]) -> str:
    if not hits:
        return ""
    interval = wilson(sum(hits), len(hits))
    return f"{sum(hits)}/{len(hits)} {interval.low:.0%}-{interval.high:.0%}"


def _costs(comparisons: Sequence[dict[str, Any]]) -> Iterator[str]:
    nulls = [each for each in comparisons if not each["percent"]]
    groups = {
        "noxtasks, equal code": [each["noxtasks"]["cost"] for each in nulls],
        "noxtasks, slower code": [each["noxtasks"]["cost"] for each in comparisons if each["percent"]],
        "pytest-benchmark, old and new": [each["pytest_benchmark"]["cost"] for each in _asked(comparisons, "min")],
        "  with its own settings": [each["plain"] for each in comparisons if each["plain"]],
    }
    yield f"{'medians of':<34}{'CPU s':>8}{'wall s':>8}{'of':>6}"
    for label, costs in groups.items():
        if costs:
            cpu_s, wall_s = (median(each[what] for each in costs) for what in ("cpu_s", "wall_s"))
            yield f"{label:<34}{cpu_s:>8.1f}{wall_s:>8.1f}{len(costs):>6}"
    loads = sorted(each["load"] for each in comparisons)
    if loads:
        yield f"load of the machine when they began: {loads[0]:g} to {loads[-1]:g}, median {median(loads):g}"
