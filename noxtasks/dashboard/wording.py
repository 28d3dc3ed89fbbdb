"""What the page says in the same words, in Python and, where it draws what was asked for, in its script."""

from __future__ import annotations

from datetime import UTC, datetime

from noxtasks.dashboard.model import Module, Test
from noxtasks.stats import Verdict

SIGNS = {Verdict.PASS: "✓", Verdict.FAIL: "✗", Verdict.UNMEASURED: "?"}
OUTCOMES = {
    ".": "passed",
    "F": "failed",
    "e": "error",
    "s": "skipped",
    "x": "failed as expected",
    "~": "both passed and failed",
    " ": "did not run",
}
NONE = "-"

_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_WHOLE = 1.0
_NEARLY_WHOLE, _HARDLY_ANY = "99.9%", "0.1%"  # 100% is all of them, and 0% is none
_LEAST, _MOST = 0.0005, 0.9995  # that would be rounded to one of them
_HASH = 12  # characters of a digest or a commit that people compare


def figure(value: float | None, unit: str) -> str:
    """A figure in its unit: `share`, `change`, `times`, `seconds` or `number`."""
    if value is None:
        return NONE
    match unit:
        case "share":
            return share(value)
        case "change":
            return change(value)
        case "times":
            return f"{value:.2f}x"
        case "seconds":
            return seconds(value)
    return f"{value:,.6g}" if value != int(value) else f"{int(value):,}"


def share(value: float) -> str:
    """A part of a whole: 100% only for all of it, and 0% only for nothing."""
    if _MOST <= value < _WHOLE:
        return _NEARLY_WHOLE
    if 0 < value < _LEAST:
        return f"<{_HARDLY_ANY}"
    return f"{100 * value:.1f}%".replace(".0%", "%")


def change(value: float) -> str:
    """By how much something is more, or less."""
    return f"{100 * value + 0.0:+.1f}%"


def seconds(value: float) -> str:
    """A time in the unit that suits it, of three digits."""
    if value <= 0:
        return "0 s"
    unit, name = next((each for each in _TIMES if value >= each[0]), _TIMES[-1])
    return f"{round(value / unit, max(0, 3 - len(str(int(value / unit))))):g} {name}"


def when(at: datetime) -> str:
    """A time as people read it."""
    return _utc(at).strftime("%Y-%m-%d %H:%M UTC")


def day(at: datetime) -> str:
    """The day of a time."""
    return _utc(at).strftime("%Y-%m-%d")


def span(first: datetime, last: datetime) -> tuple[str, str]:
    """Both ends of a time, by the minute where it is of one day."""
    told = when if day(first) == day(last) else day
    return told(first), told(last)


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at


def brief(name: str) -> str:
    """The beginning of a digest or of a commit's name."""
    return name.removeprefix("sha256:")[:_HASH]


def killed(module: Module) -> str:
    """Of how many mutants whose fate is known how many were killed, and how many were not tried."""
    if module.mutants is None:
        return NONE
    untried = f", {module.untried:,} not tried" if module.untried else ""
    return f"{module.killed or 0:,} of {module.mutants:,}{untried}"


def failures(test: Test) -> str:
    """How often a test failed, with the interval of its rate."""
    if not test.runs:
        return NONE
    often = f"{test.failed:,} of {test.runs:,}"
    return often if test.low is None or test.high is None else f"{often} ({share(test.low)} to {share(test.high)})"
