"""What keeps a parallel run from being faster, and what to do about it: by thresholds, each stated where it is used."""

from __future__ import annotations

from collections.abc import Iterator

from noxtasks.evidence.display.text import counted
from noxtasks.parallel.model import Basis, Candidate, Cause, Dominant, Execution, Phases

SHARE = 0.25
"""The share of a run from which its start-up or its collection dominates."""

SHARED = 0.1
"""The share of the workers' time from which setting up shared fixtures again in each dominates."""

IDLE = 0.15
"""The share of the workers' time, while tests run, from which idling dominates."""

SLOWER = 1.3
"""How many times as long the same tests take side by side from which that dominates."""

LEAST = 0.05
"""The share of a run below which nothing is worth a word, but for tests that are too short to pay."""

LONG = 0.9
"""How near the longest test comes to an equal share of all tests before it alone decides."""


def causes(candidate: Candidate, run: Execution, basis: Basis) -> tuple[Cause, ...]:
    """What dominates `run`, the greatest share of its time first; nothing where the probe told nothing."""
    if run.phases is None or not run.wall_s:
        return ()
    found = [
        *_long_test(candidate, basis),
        *_too_short(candidate, run, basis),
        *_before(run, run.phases, candidate),
        *_shared(run, run.phases),
        *_imbalance(candidate, run, run.phases, basis),
        *_contention(run, run.phases, basis),
    ]
    worth = [each for each in found if each.share >= LEAST or each.dominant is Dominant.TOO_SHORT]
    return tuple(sorted(worth, key=lambda each: -each.share))


def _long_test(candidate: Candidate, basis: Basis) -> Iterator[Cause]:
    if candidate.workers > 1 and basis.longest_s >= LONG * basis.total_s / candidate.workers and basis.longest_s:
        yield Cause(
            dominant=Dominant.LONG_TEST,
            share=min(1.0, basis.longest_s / (basis.once_s + basis.longest_s)),
            said=f"{basis.longest} takes {basis.longest_s:.2f} s, and no schedule is shorter than that",
            remedy="Split it, or make it quicker; more workers do not help.",
        )


def _too_short(candidate: Candidate, run: Execution, basis: Basis) -> Iterator[Cause]:
    """All that workers could save is less than what they cost."""
    assert run.phases is not None  # noqa: S101 - the caller has looked
    if candidate.workers > 1 and [each.name for each in run.phases.workers] == [""]:
        yield Cause(
            dominant=Dominant.TOO_SHORT,
            share=0.0,
            said=f"noxtasks run leaves tests that take {basis.total_s:.2f} s in one process, or cannot fork here",
            remedy="Leave it sequential.",
        )
        return
    cost_s = run.wall_s - run.phases.testing_s - basis.once_s
    saved_s = basis.total_s * (1 - 1 / max(1, candidate.workers))
    if cost_s >= saved_s:
        yield Cause(
            dominant=Dominant.TOO_SHORT,
            share=min(1.0, max(0.0, cost_s / run.wall_s)),
            said=f"workers cost {cost_s:.2f} s, and save {saved_s:.2f} s of tests at most",
            remedy=(
                "Leave it sequential, or use workers that are forked after one collection: noxtasks run."
                if candidate.mode.is_of_xdist
                else "Leave it sequential."
            ),
        )


def _before(run: Execution, phases: Phases, candidate: Candidate) -> Iterator[Cause]:
    if phases.startup_s >= SHARE * run.wall_s:
        yield Cause(
            dominant=Dominant.STARTUP,
            share=phases.startup_s / run.wall_s,
            said=f"{phases.startup_s:.2f} s go by before collecting, of {run.wall_s:.2f} s",
            remedy=(
                "Each worker starts an interpreter and pytest: use fewer workers, or noxtasks run."
                if candidate.mode.is_of_xdist
                else "See what plugins and conftest.py import: python -X importtime -m pytest --collect-only."
            ),
        )
    if phases.collection_s >= SHARE * run.wall_s:
        each = "each worker collects" if candidate.mode.is_of_xdist else "collecting"
        yield Cause(
            dominant=Dominant.COLLECTION,
            share=phases.collection_s / run.wall_s,
            said=f"{each} for {phases.collection_s:.2f} s, of {run.wall_s:.2f} s",
            remedy=(
                "Collect once, with noxtasks run; name folders in testpaths, and import less in test modules."
                if candidate.mode.is_of_xdist
                else "Name folders in testpaths, and import less in test modules."
            ),
        )


def _shared(run: Execution, phases: Phases) -> Iterator[Cause]:
    again = [each for each in phases.shared if each.times > 1 and each.scope in {"session", "package"}]
    wasted_s = sum(each.took_s * (1 - 1 / each.times) for each in again)
    capacity_s = phases.testing_s * max(1, len(phases.workers))
    if again and capacity_s and wasted_s >= SHARED * capacity_s:
        dearest = again[0]
        yield Cause(
            dominant=Dominant.FIXTURES,
            share=min(1.0, wasted_s / (capacity_s or run.wall_s)),
            said=f"{dearest.name} ({dearest.scope}) is set up {counted(dearest.times, 'time')}, "
            f"{dearest.took_s / dearest.times:.2f} s each",
            remedy="Make it cheaper, share what it makes over a file lock, or keep its tests on one worker: "
            "xdist_group, which `noxtasks run` heeds, and --dist loadgroup with --noxtasks-schedule.",
        )


def _imbalance(candidate: Candidate, run: Execution, phases: Phases, basis: Basis) -> Iterator[Cause]:
    """Workers idle while others run tests; where one long test is the reason, that is said instead."""
    workers = len(phases.workers)
    if workers < 2 or not phases.testing_s:  # noqa: PLR2004 - nothing to balance
        return
    idle = 1 - sum(each.busy_s for each in phases.workers) / (workers * phases.testing_s)
    if idle >= IDLE and basis.longest_s < LONG * basis.total_s / workers:
        least = min(phases.workers, key=lambda each: each.busy_s)
        yield Cause(
            dominant=Dominant.IMBALANCE,
            share=idle * phases.testing_s / run.wall_s,
            said=f"workers idle for {idle:.0%} of the time; {least.name or 'one'} ran tests for "
            f"{least.busy_s:.2f} of {phases.testing_s:.2f} s",
            remedy=(
                "Start the longest tests first (noxtasks run), or let workers steal: --dist worksteal."
                if candidate.mode.is_of_xdist
                else "Split the longest tests, and groups of tests that have to stay together."
            ),
        )


def _contention(run: Execution, phases: Phases, basis: Basis) -> Iterator[Cause]:
    busy_s = sum(each.busy_s for each in phases.workers)
    shared_s = sum(each.took_s for each in phases.shared)
    if basis.total_s and len(phases.workers) > 1 and busy_s - shared_s >= SLOWER * basis.total_s:
        times = (busy_s - shared_s) / basis.total_s
        yield Cause(
            dominant=Dominant.CONTENTION,
            share=min(1.0, (busy_s - shared_s - basis.total_s) / len(phases.workers) / run.wall_s),
            said=f"the same tests take {times:.1f} times as long side by side",
            remedy="Use as many workers as there are cores; look for locks, databases and disks that they share.",
        )
