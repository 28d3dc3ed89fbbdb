"""What was found, benchmark by benchmark, in the words that the terminal and GitHub use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from noxtasks.bench import rules, summaries
from noxtasks.bench.model import Comparison, Consequence, Limit, Metric, Report, Tier
from noxtasks.bench.wording import again, bounds, named, percent, seconds
from noxtasks.evidence.display.text import counted
from noxtasks.stats import Shift, Verdict

UNDECIDED = "undecided"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One figure that means something, and what; without a consequence it is a limit that is not decided."""

    consequence: Consequence | None
    said: str

    @property
    def name(self) -> str:
        """What stands before it."""
        return self.consequence.value if self.consequence else UNDECIDED

    @property
    def is_failure(self) -> bool:
        """Whether the verdict rests on it."""
        return self.consequence not in {None, Consequence.ALERT}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found of one benchmark, and the command that shows it again."""

    test: str
    lines: tuple[Line, ...]
    command: str

    @property
    def is_failure(self) -> bool:
        """Whether the verdict rests on it."""
        return any(line.is_failure for line in self.lines)

    @property
    def gravity(self) -> int:
        """The larger, the graver."""
        return max(_GRAVITY[line.consequence] for line in self.lines)


_GRAVITY: dict[Consequence | None, int] = {each: place for place, each in enumerate((None, *Consequence))}


def findings(report: Report) -> list[Told]:
    """What was found, the gravest first."""
    lines: dict[str, list[Line]] = {}
    for test, line in _lines(report):
        lines.setdefault(test, []).append(line)
    told = [Told(test=test, lines=tuple(each), command=command(report, test)) for test, each in lines.items()]
    return sorted(told, key=lambda each: (-each.gravity, each.test))


def _lines(report: Report) -> Iterator[tuple[str, Line]]:
    for comparison in report.comparisons:
        if consequence := rules.consequence(comparison):
            meant = Consequence.ALERT if report.is_stored else consequence
            yield comparison.test, Line(consequence=meant, said=_exceeded(comparison, comparison.change))
    for tier in report.tiers:
        if tier.verdict is Verdict.FAIL and tier.change is not None:
            yield tier.test, Line(consequence=tier.consequence, said=_exceeded(tier, tier.change))
    for limit in report.limits:
        if limit.verdict is not Verdict.PASS:
            is_over = limit.verdict is Verdict.FAIL
            yield limit.test, Line(consequence=Consequence.FAIL if is_over else None, said=_limit(limit))


def _exceeded(of: Comparison | Tier, change: Shift) -> str:
    ends = bounds(change.interval)
    changed = f"{percent(change.estimate)} ({ends})" if ends else percent(change.estimate)
    return f"{named(of.metric)} {changed}, allowed {100 * of.threshold:.3g}%"


def _limit(limit: Limit) -> str:
    said = seconds(limit.figure_s)
    if limit.needed_rounds:
        said = f"needs {limit.needed_rounds} rounds in each process"
    elif limit.figure_s is None:
        said = "was not measured"
    elif limit.interval is not None:
        said += f" ({seconds(limit.interval.low)} to {seconds(limit.interval.high)})"
    return f"{named(limit.metric)} {said}, limit {seconds(limit.limit_s)}"


def command(report: Report, test: str) -> str:
    """The command that looks at one benchmark again; one line for any POSIX shell."""
    name = next((each for each in (test, path(test)) if each.isprintable()), "")  # pytest takes it as it is alone
    return again(report, [f"./{name}" if name.startswith("-") else name] if name else [])


def path(test: str) -> str:
    """The file of a test."""
    return test.partition("::")[0]


def undecided(report: Report) -> str:
    """The tiers that the pairs do not decide, in one line, and how many pairs would; nothing where it is none."""
    tiers = [tier for tier in report.tiers if tier.verdict is Verdict.UNMEASURED]
    by_metric = {metric: [tier for tier in tiers if tier.metric is metric] for metric in Metric}
    said = [f"{named(metric)} of {len(each)}{_needed(metric, each)}" for metric, each in by_metric.items() if each]
    benchmarks = counted(len({tier.test for tier in report.tiers}), "benchmark")
    return f"undecided tiers of {benchmarks}: {', '.join(said)}" if said else ""


def _needed(metric: Metric, tiers: Iterable[Tier]) -> str:
    found = list(tiers)
    pairs = sorted(tier.needed for tier in found if tier.needed is not None)
    if pairs:
        span = str(pairs[0]) if pairs[0] == pairs[-1] else f"{pairs[0]} to {pairs[-1]}"
        return f" (about {span} pairs)"
    if all(tier.change is None for tier in found):
        return f" (needs {summaries.least_rounds(metric)} rounds in each process)"
    return ""
