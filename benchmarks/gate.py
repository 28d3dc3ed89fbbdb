"""How often does the gate of `noxtasks bench` raise a false alarm, what does it find, and what does it cost?

Run by `nox -s speed -- gate`; see README.md in this folder for what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import contenders
import gates
import rates
import slowdowns
from contenders import NotMeasuredError
from projects import Suite

SIZES = (10, 15, 25)
_NULL = 0
_SEVERAL = 3  # benchmarks made slower in every third comparison; in the others it is one
_PLAIN_EVERY = 10


def main(argv: Sequence[str]) -> int:
    """Go on until there are as many comparisons as are wanted, and print what they come to. 3 where one failed."""
    options = _options(argv)
    contenders.adopt_orphans()
    told = _read(options.json)
    suite = slowdowns.make_ready(options.work.absolute() / "gate")
    names = slowdowns.benchmarks(suite)
    if not told["sizes"]:
        told["sizes"] = _sizes(suite, names)
        _write(options.json, told)
    goals = {_NULL: options.nulls, **dict.fromkeys(SIZES, options.each)}
    problems = 0
    while (size := _next(told["comparisons"], goals)) is not None:
        try:
            told["comparisons"].append(_compared(suite, names, size, told["comparisons"], options.beside))
        except (NotMeasuredError, subprocess.CalledProcessError) as error:
            problems += 1
            print(f"not measured: {error}", file=sys.stderr)
            if problems > options.nulls // 10:
                break
        else:
            print(rates.line(told["comparisons"][-1]), file=sys.stderr, flush=True)
        _write(options.json, told)
    print(rates.table(told))
    return 3 if problems else 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gate", description=__doc__, allow_abbrev=False)
    parser.add_argument("--nulls", type=int, default=100, metavar="N", help="comparisons of equal code, in all (100)")
    parser.add_argument("--each", type=int, default=20, metavar="N", help="of each size of slow-down, in all (20)")
    parser.add_argument(
        "--beside",
        type=int,
        default=1,
        metavar="N",
        help="ask pytest-benchmark too at every Nth comparison (1); 0: never",
    )
    parser.add_argument("--quick", action="store_true", help="only see that it works: one comparison of each kind")
    parser.add_argument("--work", type=Path, default=Path("speed-work"), metavar="DIR", help="kept for the next time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="go on from the figures there, and add to them")
    options = parser.parse_args(argv)
    if options.quick:
        options.nulls = options.each = 1
    return options


def _next(comparisons: Sequence[dict[str, Any]], goals: dict[int, int]) -> int | None:
    """The size of which the largest share is still to be done, so that all are spread over the same time."""
    left = {
        size: 1 - sum(each["percent"] == size for each in comparisons) / goal for size, goal in goals.items() if goal
    }
    size = max(left, key=lambda each: left[each], default=None)
    return None if size is None or left[size] <= 0 else size


def _compared(
    suite: Suite, names: Sequence[str], percent: int, before: Sequence[dict[str, Any]], beside: int
) -> dict[str, Any]:
    """One comparison by both gates, which take turns to be the first."""
    number = sum(each["percent"] == percent for each in before)
    slowed = _slowed(names, number + percent) if percent else []
    new = slowdowns.make_slower(suite, slowed, percent)
    load = round(os.getloadavg()[0], 2)
    asks_theirs, is_plain = bool(beside) and number % beside == 0, bool(beside) and len(before) % _PLAIN_EVERY == 0
    stored = gates.pytest_benchmark(suite, new) if asks_theirs and number // beside % 2 == 0 else None
    asked = gates.noxtasks(suite, new)
    if asks_theirs and stored is None:
        stored = gates.pytest_benchmark(suite, new)
    return {
        "percent": percent,
        "slowed": slowed,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": load,
        "noxtasks": asdict(asked),
        "pytest_benchmark": asdict(stored) if stored is not None else None,
        "plain": asdict(gates.plain(suite, new)) if is_plain else None,
    }


def _slowed(names: Sequence[str], number: int) -> list[str]:
    several = _SEVERAL if number % _SEVERAL == 0 else 1
    step = len(names) // several
    return [names[(number + step * place) % len(names)] for place in range(several)]


def _sizes(suite: Suite, names: Sequence[str]) -> dict[str, Any]:
    print("measuring the true sizes of the slow-downs", file=sys.stderr, flush=True)
    return {
        "by_time": {str(size): shares for size, shares in slowdowns.true_sizes(suite, SIZES).items()},
        "by_instructions": {
            str(size): gates.counted(suite, slowdowns.make_slower(suite, names, size)) for size in SIZES
        },
    }


def _read(path: Path | None) -> dict[str, Any]:
    if path is not None and path.exists():
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return told
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "sizes": {},
        "comparisons": [],
    }


def _write(path: Path | None, told: dict[str, Any]) -> None:
    if path is not None:
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
