"""How much faster does it run in parallel, what breaks there, and how far is it from the limit?

The limit of a schedule is the longest test, or all of them divided by the workers, whichever is more (R. L. Graham,
"Bounds on multiprocessing timing anomalies", 1969). `noxtasks run` comes near it: pytest collects once and forks
workers, which are handed the longest tests first, by what they took before. `noxtasks parallel` measures how near one
comes, with that and with each mode of pytest-xdist, against plain pytest.
"""

from __future__ import annotations

from noxtasks.parallel.runner import run_suite

__all__ = ["run_suite"]  # `run`, the scan, is imported where it is wanted: a mere run of tests should not wait for it
