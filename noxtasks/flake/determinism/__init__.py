"""What makes the suite unreproducible?

Its files are read for what lets a test's outcome differ from one run to the next: the causes of flaky tests that Luo et
al., "An Empirical Analysis of Flaky Tests" (FSE 2014), and Gruber et al., "An Empirical Study of Flaky Tests in Python"
(ICST 2021), have counted. And it is run twice with one seed, one hash seed and one order: what ends otherwise then
hangs on something that no seed holds. The score is the share of failures that replay exactly, with Wilson's interval.
"""

from __future__ import annotations

from noxtasks.flake.determinism.run import run

__all__ = ["run"]
