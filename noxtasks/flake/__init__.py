"""Which tests are not deterministic, how often do they fail, and how is it reproduced?

The suite is run many times at one code version, orders shuffled and seeds varied, each outcome recorded in the history.
A test that failed and also passed is flaky; one that failed every time is broken. Earlier sessions at the same code,
environment and settings are counted in, as far as they agree with this one (`rules.agree`). A rate comes with Wilson's
interval; that a rate is below a threshold is a claim about the interval's upper bound. What failed while another run
went on beside it is run again alone, with the same order and seed, before it counts as confirmed.

Classes and terms follow the literature: Luo et al., "An Empirical Analysis of Flaky Tests" (FSE 2014); Lam et al.,
"iDFlakies: A Framework for Detecting and Partially Classifying Flaky Tests" (ICST 2019).
"""

from __future__ import annotations

from noxtasks.flake.importing import import_files
from noxtasks.flake.replay import replay
from noxtasks.flake.run import run

__all__ = ["import_files", "replay", "run"]
