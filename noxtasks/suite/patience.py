"""How long a test may take before it counts as hanging: far longer than it ever took, and never longer than allowed.

Without this each hang costs the whole of a limit that has to be generous to tests that are slow by nature.
"""

from __future__ import annotations

from collections.abc import Iterable

from noxtasks.suite.model import Outcome, Result

_TIMES = 100  # as long as its slowest run
_LEAST_S = 10.0
_CUT_SHORT = frozenset({Outcome.CRASHED, Outcome.TIMED_OUT, Outcome.STOPPED})


class Patience:
    """Limits in seconds by test; `most_s` is what the user allows, and all that is known of a test at first."""

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._slowest_s: dict[str, float] = {}

    def learn(self, results: Iterable[Result]) -> None:
        """Take in how long tests took that came to an end by themselves."""
        for result in results:
            if result.outcome not in _CUT_SHORT:
                slowest_s = self._slowest_s.get(result.nodeid, 0.0)
                self._slowest_s[result.nodeid] = max(slowest_s, result.duration_s)

    def limit_s(self, test: str) -> float:
        """After how many seconds `test` is hanging."""
        slowest_s = self._slowest_s.get(test)
        return self._most_s if slowest_s is None else min(self._most_s, max(_LEAST_S, _TIMES * slowest_s))
