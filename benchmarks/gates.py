"""The two gates, each asked once about two commits of the sample: noxtasks, and pytest-benchmark with a stored run."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import contenders
import slowdowns
from contenders import Cost, NotMeasuredError
from projects import Suite

_ROUNDS = 10
_WARM_UP = 2
_AS_WE = ("--benchmark-warmup=on", f"--benchmark-warmup-iterations={_WARM_UP}", f"--benchmark-min-rounds={_ROUNDS}")
_FIELDS = ("min", "mean")
_ALLOWED = "10%"
_REGRESSED = re.compile(r"^\s+test_(\w+) \(\S+\) - Field '(\w+)' has failed", re.MULTILINE)
_ENDED_WELL = (0, 1, 3)  # 3: undecided; where nothing could be compared there is no report


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What noxtasks said of each benchmark ("slower", "open", ...), by which metric and pairs, and what it cost."""

    verdict: str  # "fail" is the alarm
    findings: dict[str, str]
    metrics: dict[str, str]
    changes: dict[str, list[float]]  # of each pair
    cost: Cost


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Which benchmarks pytest-benchmark called slower, by field, and what both runs cost."""

    slower: dict[str, list[str]]
    cost: Cost


def noxtasks(suite: Suite, new: str) -> Asked:
    """`noxtasks bench --against` the old code. Raises `NotMeasuredError`."""
    slowdowns.check_out(suite, new)
    with tempfile.TemporaryDirectory(prefix="speed") as name:
        command = _ours(suite, Path(name))
        took = contenders.timed([command], suite, Path(name), ended_well=_ENDED_WELL)
        result = _result(Path(name))
    told = result["benchmarks"]
    return Asked(
        verdict=result["verdict"],
        findings={_short(each): each["finding"] for each in told},
        metrics={_short(each): each["metric"] for each in told},
        changes={_short(each): each["changes"] for each in told},
        cost=took,
    )


def counted(suite: Suite, new: str) -> dict[str, float]:
    """By benchmark, how many more instructions the commit `new` takes: 0.1 is 10 %; nothing without valgrind."""
    if shutil.which("valgrind") is None:
        return {}
    slowdowns.check_out(suite, new)
    with tempfile.TemporaryDirectory(prefix="speed") as name:
        contenders.timed([[*_ours(suite, Path(name)), "--count"]], suite, Path(name), ended_well=_ENDED_WELL)
        return {_short(each): each["change"] for each in _result(Path(name))["benchmarks"]}


def pytest_benchmark(suite: Suite, new: str) -> Stored:
    """A run of the old code that is stored, and one of the commit `new` that is compared. Raises `NotMeasuredError`."""
    with tempfile.TemporaryDirectory(prefix="speed") as name:
        folder = Path(name)
        stored = f"--benchmark-storage=file://{folder / 'stored'}"
        slowdowns.go_back(suite)
        before = contenders.timed([_theirs(suite, *_AS_WE, stored, "--benchmark-save=old")], suite, folder)
        slowdowns.check_out(suite, new)
        fails = ["--benchmark-compare-fail", *(f"{field}:{_ALLOWED}" for field in _FIELDS)]  # twice: the last wins
        compare = _theirs(suite, *_AS_WE, stored, "--benchmark-compare=0001", *fails)
        after = contenders.timed([compare], suite, folder)
        said = _REGRESSED.findall((folder / "output").read_text("utf-8"))
    return Stored(
        slower={field: sorted(test for test, what in said if what == field) for field in _FIELDS},
        cost=_sum([before, after]),
    )


def plain(suite: Suite, new: str) -> Cost:
    """What one run of each side costs with pytest-benchmark's own settings."""
    costs = []
    with tempfile.TemporaryDirectory(prefix="speed") as name:
        for commit in (slowdowns.go_back(suite), new):
            slowdowns.check_out(suite, commit)
            costs.append(contenders.timed([_theirs(suite)], suite, Path(name)))
    return _sum(costs)


def _theirs(suite: Suite, *options: str) -> list[str]:
    return [str(suite.python), "-m", "pytest", "-q", *options]


def _ours(suite: Suite, folder: Path) -> list[str]:
    command = [sys.executable, "-m", "noxtasks", "bench", "--python", str(suite.python), "--against", slowdowns.OLD]
    return [*command, "-S", f"reports={folder / 'reports'}"]


def _result(folder: Path) -> dict[str, Any]:
    path = folder / "reports" / "perf.comparison.json"
    if not path.exists():
        said = (folder / "output").read_text("utf-8").strip().splitlines() or ["nothing"]
        raise NotMeasuredError(f"noxtasks wrote no comparison: {said[-1]}")
    result: dict[str, Any] = json.loads(path.read_text("utf-8"))["result"]
    return result


def _short(benchmark: dict[str, Any]) -> str:
    return str(benchmark["test"]).rpartition("::test_")[2]


def _sum(costs: Sequence[Cost]) -> Cost:
    return Cost(wall_s=sum(each.wall_s for each in costs), cpu_s=sum(each.cpu_s for each in costs))
