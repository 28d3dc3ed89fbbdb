"""What tests of the matrix share: cells, and records as they would be read."""

from __future__ import annotations

from datetime import UTC, datetime

from noxtasks.matrix.model import Cell, Entry, Record, Source, Uncollected
from noxtasks.suite.model import Outcome

PASSED = Entry(outcome=Outcome.PASSED)
FAILED = Entry(outcome=Outcome.FAILED, exception="AssertionError", message="assert 3 == 4")
XFAILED = Entry(outcome=Outcome.XFAILED, reason="bug 7")
SKIPPED = Entry(outcome=Outcome.SKIPPED, reason="no database")
ELSEWHERE = Entry(outcome=Outcome.SKIPPED, reason="POSIX only", by_platform=True)


def cell(system: str, python: str = "3.12", *, machine: str = "x86_64", implementation: str = "cpython") -> Cell:
    return Cell(system=system, machine=machine, implementation=implementation, python=python)


LINUX, WINDOWS, MACOS = cell("linux"), cell("windows"), cell("macos", machine="arm64")


def record(
    of: Cell,
    tests: dict[str, Entry],
    *,
    uncollected: tuple[Uncollected, ...] = (),
    deselected: tuple[str, ...] = (),
    code_version: str = "a" * 40,
) -> Record:
    return Record(
        cell=of,
        source=Source.RUN,
        created=datetime(2026, 1, 2, tzinfo=UTC),
        code_version=code_version,
        vcs=None,
        tests=tests,
        uncollected=uncollected,
        deselected=deselected,
    )
