"""How fast do tests that wait, and hardly compute, become on eight workers: plain pytest, pytest-xdist, noxtasks run?

Run by `nox -s speed -- waiting`; see README.md in this folder for what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from statistics import median
from typing import Any

import contenders
from contenders import Cost, NotMeasuredError
from projects import Project, Suite

from noxtasks.parallel import rules
from noxtasks.parallel.model import Execution, Pair
from noxtasks.stats import Shift

TARGET = 5.0
"""How many times as fast noxtasks run has to be."""

_WORKERS = 8
_FILES, _TESTS = 10, 10  # in each file
_SHORTEST_S, _LONGEST_S = 0.05, 0.5
_SEED = 5
_NEEDS = ("pytest==9.2.0", "pytest-xdist==3.8.0")
_TEST = """import time

import pytest


@pytest.mark.parametrize("seconds", {seconds})
def test_waits(seconds):
    time.sleep(seconds)
"""


class Way(Enum):
    """A way to run the suite."""

    PLAIN = "plain pytest"
    LOAD = "xdist load"
    WORKSTEAL = "xdist worksteal"
    LOADFILE = "xdist loadfile"
    FIRST = "noxtasks run, first"  # nothing is known of the tests
    AGAIN = "noxtasks run, again"  # it is known what they took


@dataclass(frozen=True, kw_only=True)
class Round:
    """What each way took once, one after another, and how busy the machine was when they began."""

    load: float
    costs: dict[Way, Cost]


def waits() -> list[list[float]]:
    """What each test waits, in seconds, by file; the same each time."""
    draw = random.Random(_SEED)  # noqa: S311 - a draw that can be repeated
    return [[round(draw.uniform(_SHORTEST_S, _LONGEST_S), 3) for _ in range(_TESTS)] for _ in range(_FILES)]


def main(argv: Sequence[str]) -> int:
    """Measure, print the table, write the JSON. 1 where the target is missed or not decided, 3 where nothing is."""
    parser = argparse.ArgumentParser(prog="waiting", description=__doc__, allow_abbrev=False)
    parser.add_argument("--pairs", type=int, default=6, metavar="N", help="how often each way runs, in turn (6)")
    parser.add_argument("--work", type=Path, default=Path("speed-work"), metavar="DIR", help="kept for the next time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args(argv)
    contenders.adopt_orphans()
    try:
        python = _environment(options.work.absolute() / "waiting")
        rounds = _measured(python, options.pairs)
    except (subprocess.CalledProcessError, NotMeasuredError) as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 3
    told = _told(rounds)
    print(table(told))
    if options.json is not None:
        options.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0 if told["verdict"] == "reached" else 1


def _environment(folder: Path) -> Path:
    """An interpreter that has pytest and xdist, and nothing else; kept for the next time."""
    python, ready = folder / "venv" / "bin" / "python", folder / " ".join(_NEEDS)
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        subprocess.run([*pip, *_NEEDS], check=True)
        ready.touch()
    return python


def _measured(python: Path, pairs: int) -> list[Round]:
    """The rounds, each in the other direction; before them every way runs once, and is not timed."""
    with tempfile.TemporaryDirectory(prefix="speed") as name:
        project = Project(name="waiting", version="1", character="tests that wait")
        suite = Suite(project=project, root=Path(name), python=python)
        for number, seconds in enumerate(waits()):
            (suite.root / f"test_waiting_{number}.py").write_text(_TEST.format(seconds=seconds), "utf-8")
        (suite.root / "pytest.ini").write_text("[pytest]\n", "utf-8")
        rounds = []
        for number in range(pairs + 1):
            load = round(os.getloadavg()[0], 2)
            ways = list(Way)[:: 1 if number % 2 else -1]
            print(f"round {number} of {pairs}, load {load}", file=sys.stderr, flush=True)
            rounds.append(Round(load=load, costs={way: _cost(way, suite) for way in ways}))
    return rounds[1:]


def _cost(way: Way, suite: Suite) -> Cost:
    """Time one way. Raises `NotMeasuredError` where not every test passed."""
    if way is Way.FIRST:
        shutil.rmtree(suite.root / ".noxtasks", ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="speed") as name:
        cost = contenders.timed([_command(way, suite)], suite, Path(name), ended_well=(0,))
        said = Path(name, "output").read_text("utf-8")
    if f"{_FILES * _TESTS} passed" not in said:
        raise NotMeasuredError(f"{way.value}: {said.strip().splitlines()[-1]}")
    return cost


def _command(way: Way, suite: Suite) -> list[str]:
    count = ("-n", str(_WORKERS))
    if way in {Way.FIRST, Way.AGAIN}:
        return [sys.executable, "-m", "noxtasks", "run", *count, "--python", str(suite.python)]
    pytest = [str(suite.python), "-m", "pytest"]
    return pytest if way is Way.PLAIN else [*pytest, *count, "--dist", way.value.split()[-1]]


def speedup(rounds: Sequence[Round], way: Way) -> Shift:
    """How many times as fast as plain pytest in the same round, as `noxtasks parallel` reckons it."""
    pairs = [
        Pair(number=number, sequential=_execution(each.costs[Way.PLAIN]), parallel=_execution(each.costs[way]))
        for number, each in enumerate(rounds)
    ]
    return rules.speedup(pairs)


def _execution(cost: Cost) -> Execution:
    return Execution(candidate=None, wall_s=cost.wall_s, outcomes={})


def _told(rounds: Sequence[Round]) -> dict[str, Any]:
    every = [each for file in waits() for each in file]
    share_s = max(*every, sum(every) / _WORKERS)
    limit_s = max(0.0, min(each.costs[Way.PLAIN].wall_s for each in rounds) - sum(every)) + share_s
    ways = {way.value: _of_one(way, rounds, limit_s) for way in Way}
    ours = speedup(rounds, Way.AGAIN).interval
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "workers": _WORKERS,
        "tests": len(every),
        "total_s": sum(every),
        "longest_s": max(every),
        "limit_s": limit_s,
        "target": TARGET,
        "verdict": "reached" if ours.low >= TARGET else "missed" if ours.high < TARGET else "not decided",
        "ways": ways,
        "rounds": [
            {"load": each.load, "ways": {way.value: asdict(cost) for way, cost in each.costs.items()}}
            for each in rounds
        ],
    }


def _of_one(way: Way, rounds: Sequence[Round], limit_s: float) -> dict[str, float]:
    walls_s = [each.costs[way].wall_s for each in rounds]
    centre = speedup(rounds, way)
    return {
        "wall_s": median(walls_s),
        "cpu_s": median(each.costs[way].cpu_s for each in rounds),
        "speedup": median(each.costs[Way.PLAIN].wall_s / each.costs[way].wall_s for each in rounds),
        "centre": centre.estimate,
        "low": max(0.0, centre.interval.low),
        "high": min(centre.interval.high, sys.float_info.max),  # JSON knows no infinity
        "to_limit": median(walls_s) / limit_s,
    }


def table(told: dict[str, Any]) -> str:
    """All figures, for people."""
    head = (
        f"{told['tests']} tests wait {told['total_s']:.1f} s, {told['workers']} workers on {told['cores']} cores, "
        f"{len(told['rounds'])} pairs; limit {told['limit_s']:.2f} s"
    )
    lines = [head, f"{'':22}{'wall s':>8}{'CPU s':>8}{'speed-up':>10}{'interval':>16}{'of limit':>10}"]
    for name, each in told["ways"].items():
        ends = f"{each['low']:.2f} to {each['high']:.2f}" if each["high"] < sys.float_info.max else "-"
        lines.append(
            f"{name:22}{each['wall_s']:>8.2f}{each['cpu_s']:>8.2f}{each['speedup']:>10.2f}{ends:>16}"
            f"{each['to_limit']:>10.2f}"
        )
    lines.append(f"target of {told['target']:g} times, by noxtasks run: {told['verdict']}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
