"""Which flaky tests are taken out of the verdict for a while, by whom and until when, and which may return?

A test goes in when even the lower bound of its flake rate is above the threshold: it surely does more harm than good.
It returns when the upper bound, at the code of now, is under the rate that every test has to stay under: it is surely
mended. Between the two it stays, and each stay ends: an entry has an owner and a last day, and one that has expired
fails the gate. Tests in quarantine go on running; the pytest plugin `noxtasks_probe.quarantine` excuses their failures.

The two thresholds are those of a control chart with hysteresis, so that chance moves no test to and fro. The practice:
J. Micco, "Flaky Tests at Google and How We Mitigate Them" (2016); M. Fowler, "Eradicating Non-Determinism in Tests"
(2011), which asks for the limit in time.
"""

from __future__ import annotations

from noxtasks.flake.quarantine.emit import told
from noxtasks.flake.quarantine.rules import excused, unchanged
from noxtasks.flake.quarantine.run import entries_of, run

__all__ = ["entries_of", "excused", "run", "told", "unchanged"]
