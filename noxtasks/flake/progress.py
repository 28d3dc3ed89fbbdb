"""The live line while runs go on: how far, how long still, what was found so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from noxtasks.evidence.display.live import LiveLine
from noxtasks.evidence.display.text import shown
from noxtasks.flake import rules
from noxtasks.flake.cause import Explanation
from noxtasks.flake.detect import Detection

_NAMED = 3  # flaky tests in the line


class Progress:
    """A context manager. On a terminal one line that is rewritten; elsewhere a plain line every ten seconds."""

    def __init__(self, *, wanted: int | None, budget_s: float) -> None:
        self._wanted = wanted
        self._budget_s = budget_s
        self._line = LiveLine()
        self._first_s: float | None = None

    def __enter__(self) -> Self:
        if self._line.is_live:
            self._line.say("the first run is under way")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.clear()

    def ran(self, detection: Detection) -> None:
        """One more run has ended."""
        if self._first_s is None:
            self._first_s = detection.elapsed_s
        if not self._line.is_due():
            return
        done = len(detection.runs)
        each_s = _each_s(
            [run.duration_s for run in detection.runs],
            since_first_s=detection.elapsed_s - self._first_s,
            jobs=detection.jobs,
        )
        left_s = _left_s(done, each_s, self._wanted, self._budget_s - detection.elapsed_s)
        wanted = f" of {self._wanted}" if self._wanted else ""
        self._line.say(f"run {done}{wanted}, about {_span(left_s)} left, {_found(detection.suspects())}")

    def repeats(self, detection: Detection) -> None:
        """The sample is whole; what failed is repeated alone."""
        suspects = detection.suspects()
        if suspects and (
            self._line.is_live or self._line.is_due()
        ):  # on a terminal, the line before would stay for long
            self._line.say(f"repeating failed runs alone, {_found(suspects)}")

    def explained(self, found: Explanation) -> None:
        """The cause of one more test is known, or will not be."""
        if self._line.is_live or self._line.is_due():
            self._line.say(f"finding causes: {_short(found.test)}: {found.kind.value}")


def _found(suspects: Mapping[str, tuple[int, int]]) -> str:
    """How many tests are flaky so far, and the names of those that failed most."""
    most = sorted(suspects, key=lambda name: (-suspects[name][0], name))
    names = ", ".join(map(_short, most[:_NAMED])) + (", …" if len(most) > _NAMED else "")
    return f"{len(most)} flaky so far" + (f": {names}" if names else "")


def _short(nodeid: str) -> str:
    """A node id without the folders of its file: they would fill the line."""
    path, colons, rest = nodeid.partition("::")
    return shown(path.rpartition("/")[2] + colons + rest)


def _each_s(durations_s: Sequence[float], *, since_first_s: float, jobs: int) -> float:
    """What one more run adds to the time, from the runs so far (at least one) and the time since the first had ended.

    The first is counted as long as it took, and not from the start of the session: starting up comes once. The runs of
    one process at a time cannot follow one another faster than they last.
    """
    mean_s = sum(durations_s) / len(durations_s)
    return max(mean_s / jobs, (mean_s + since_first_s) / max(len(durations_s), jobs))


def _left_s(done: int, each_s: float, wanted: int | None, budget_left_s: float) -> float:
    if wanted is not None:
        return each_s * (wanted - done)
    return max(each_s * (rules.LEAST_RUNS - done), min(budget_left_s, each_s * (rules.MOST_RUNS - done)), 0.0)


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"  # noqa: PLR2004 - where minutes read better
