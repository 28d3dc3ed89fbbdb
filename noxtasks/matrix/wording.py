"""What every report of the cells says in the same words."""

from __future__ import annotations

import shlex

from noxtasks.evidence.display.text import counted, shown
from noxtasks.matrix.model import Absent, Cell, Difference, Hidden, Only, Report, Standing
from noxtasks.stats import Judgement, Verdict


def percent(rate: float | None) -> str:
    """A rate, rounded down: 100 % means all."""
    if rate is None:
        return "-"
    return f"{int(rate * 1000 + 1e-9) / 10:.1f}%"


def bounds(of: Judgement) -> str:
    """The interval of a rate."""
    return f"{of.interval.low:.1%}-{of.interval.high:.1%}" if of.sample else ""


def gate(name: str, of: Judgement) -> str:
    """A verdict with what it rests on."""
    figure = f"{percent(of.figure)}, " if of.figure is not None else ""
    return f"{name} {of.verdict.value}: {figure}{of.reason} (at least {of.threshold:.5g} wanted)"


def gates(report: Report, *verdicts: Verdict) -> list[str]:
    """The blocking gates, of these verdicts alone if there are any."""
    named = (("consistency", report.consistency), ("pass rate", report.pass_rate))
    return [gate(name, each) for name, each in named if not verdicts or each.verdict in verdicts]


def row(of: Standing) -> tuple[str, str, str, str, str, str]:
    """One cell in a table: its name, how many passed, failed, were skipped, the rate and its interval."""
    if of.is_missing:
        return of.name, "missing", "", "", "-", ""
    judgement = of.judgement
    return of.name, str(of.passed), str(of.failed), str(of.skipped), percent(judgement.figure), bounds(judgement)


def where(of: Difference) -> str:
    """Where a test ends otherwise."""
    places = ", ".join(of.where)
    return (
        f"{of.outcome} only on {places}" if of.only in {Only.SYSTEM, Only.INTERPRETER} else f"{of.outcome} on {places}"
    )


def again(of: Difference) -> str:
    """The command that runs the test again, in a cell where it ends otherwise."""
    return shlex.join(["python", "-m", "pytest", shown(of.there)])


def hidden(of: Hidden) -> str:
    """What a system does not run."""
    if of.system is None:
        return f"{counted(len(of.tests), 'test')} in no cell at all: {shown(of.reason)}"
    return f"on {of.system}: {shown(of.reason)}"


def absent(of: Absent) -> str:
    """Tests that some cells do not have."""
    first = shown(of.tests[0])
    more = f", and {len(of.tests) - 1} more" if len(of.tests) > 1 else ""
    return f"{of.absence.value} in {', '.join(of.cells)}: {first}{more}"


def recorded(cell: Cell, counts: dict[str, int]) -> str:
    """What a cell has recorded."""
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return f"{cell.name}: {told or 'no test'}"
