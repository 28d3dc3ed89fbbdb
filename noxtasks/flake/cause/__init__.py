"""Why is this test flaky? Controlled experiments, one factor at a time, until its outcome is explained or time is up.

A trial is one process in which given tests run in a given order, with given seeds and in given circumstances; what
counts is how the last of them ends. A factor explains a test when it fails more often with it than without, by Fisher's
exact test at one percent, divided among the factors that are tried. Sets of tests that make another fail (or pass) are
made minimal by delta debugging: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (IEEE TSE
2002).

The classes are those of Shi et al., "iFixFlakies" (ESEC/FSE 2019): victim, brittle, polluter, cleaner, state-setter; of
Wei et al., "Preempting Flaky Tests via Non-Idempotent-Outcome Tests" (ICSE 2022); and of Luo et al., "An Empirical
Analysis of Flaky Tests" (FSE 2014) for the others.
"""

from __future__ import annotations

from noxtasks.flake.cause.model import Explanation, Kind, Suspect, Trial
from noxtasks.flake.cause.run import elaborated, explain

__all__ = ["Explanation", "Kind", "Suspect", "Trial", "elaborated", "explain"]
