"""Every piece of the workshop, timed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import workshop
from units import UNITS


def test_digest(benchmark: Any) -> None:
    benchmark(workshop.digest, UNITS["digest"])


def test_page(benchmark: Any) -> None:
    benchmark(workshop.page, UNITS["page"])


def test_total(benchmark: Any) -> None:
    benchmark(workshop.total, UNITS["total"])


def test_errors(benchmark: Any) -> None:
    benchmark(workshop.errors, UNITS["errors"])


def test_postage(benchmark: Any) -> None:
    benchmark(workshop.postage, UNITS["postage"])


def test_interest(benchmark: Any) -> None:
    benchmark(workshop.interest, UNITS["interest"])


def test_grouped(benchmark: Any) -> None:
    benchmark(workshop.grouped, UNITS["grouped"])


def test_ordered(benchmark: Any) -> None:
    benchmark(workshop.ordered, UNITS["ordered"])


def test_copied(benchmark: Any) -> None:
    benchmark(workshop.copied, UNITS["copied"])


def test_stored(benchmark: Any, tmp_path: Path) -> None:
    benchmark(workshop.stored, UNITS["stored"], tmp_path)


def test_evaluated(benchmark: Any) -> None:
    benchmark(workshop.evaluated, UNITS["evaluated"])


def test_moves(benchmark: Any) -> None:
    benchmark(workshop.moves, UNITS["moves"])
