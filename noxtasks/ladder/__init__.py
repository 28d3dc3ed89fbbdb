"""Which tier of coverage has the suite earned?

Four tiers (unit, integration, system, mutation), each with the tests that belong to it, the sources that it is to
cover, a metric and a target. Each tier is one run with a coverage data file of its own: dynamic contexts do not do,
since lines that run in a subprocess land in none; who tests what is told by them, as far as that goes. What a tier
covers is judged, what sustains is advanced to, and what falls is shown.
"""

from __future__ import annotations

from noxtasks.ladder.explaining import explain
from noxtasks.ladder.run import run

__all__ = ["explain", "run"]
