"""Looks for the inputs that tell survivors from their originals: has the search done by the user's Python, in the copy.

The search is a help, and never in the way: whatever becomes of it, the scan has its verdict, and a note says what kept
the search from ending.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.mutation.learning import searcher
from noxtasks.mutation.learning.lessons import Told
from noxtasks.mutation.model import Baseline, Mutant
from noxtasks.suite import process
from noxtasks.suite.launch import Launch, Suite

LIMIT_S = 30.0
"""How long a search may take, recording not counted."""

_CPU_S = 0.5  # of processor time for any search; more than two thirds of what is ever found is found by then
_SHARE = 0.05  # of what the scan took, for a long one
_EACH_S = 1.0  # for a mutant
_LEAST_S = 2.0  # in less, nothing is found
_TESTS = 12  # that a function's calls are taken from
_TESTS_S = 10.0  # that they may take together, by the baseline
_START_S = 60.0
_TIMES = 10  # as long as the tests took in the baseline


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """What the search says of one mutant."""

    name: str
    call: str
    original: str
    mutated: str
    test: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, by the mutant's id, and what a reader should know of the search."""

    told: dict[str, Told] = {}
    notes: tuple[str, ...] = ()


def find(
    suite: Suite,
    survivors: Iterable[Mutant],
    baseline: Baseline,
    scratch: Path,
    *,
    scan_cpu_s: float,
    left_s: float | None = None,
) -> Answer:
    """Search in the root of `suite`, where the sources hold `survivors`; it ends within `left_s`, if given.

    It takes a small part of what the scan took, `scan_cpu_s` of processor time.
    """
    if not hasattr(os, "fork"):
        return Answer(notes=("no inputs are looked for that tell survivors from their originals: it takes forks",))
    limit_s = LIMIT_S if left_s is None else min(LIMIT_S, left_s / 2)
    by_key: dict[str, list[Mutant]] = {}
    for mutant in survivors:
        by_key.setdefault(mutant.key, []).append(mutant)
    if not by_key:
        return Answer()
    if limit_s < _LEAST_S:
        return Answer(notes=("no time was left to look for inputs that tell survivors from their originals",))
    with tempfile.TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True) as folder:
        cpu_s = most_cpu_s(scan_cpu_s)
        return _find(suite, by_key, baseline, Path(folder), limit_s=limit_s, cpu_s=cpu_s, left_s=left_s)


def most_cpu_s(scan_cpu_s: float) -> float:
    """How much processor time a search may take, recording not counted, after a scan that took `scan_cpu_s`."""
    return max(_CPU_S, _SHARE * scan_cpu_s)


def _find(
    suite: Suite,
    by_key: Mapping[str, list[Mutant]],
    baseline: Baseline,
    folder: Path,
    *,
    limit_s: float,
    cpu_s: float,
    left_s: float | None,
) -> Answer:
    empty, answer, order = folder / "empty", folder / "answer.jsonl", folder / "order.json"
    empty.mkdir()
    tests = chosen_tests(by_key, baseline)
    functions = [{"key": key, "mutants": [_told_of(each) for each in mutants]} for key, mutants in by_key.items()]
    content = {
        "functions": functions,
        "tests": tests,
        "pytest_args": list(suite.pytest_args),
        "folder": str(empty),
        "limit_s": limit_s,
        "cpu_s": cpu_s,
        "each_s": _EACH_S,
        "answer": str(answer),
    }
    order.write_text(json.dumps(content), "utf-8")
    most_s = _START_S + _TIMES * sum(baseline.durations_s[test] for test in tests) + limit_s
    note = _search(suite, order, timeout_s=most_s if left_s is None else min(most_s, left_s))
    ids = {mutant.name: mutant.id for mutants in by_key.values() for mutant in mutants}
    return Answer(told=_read(answer, ids), notes=(note,) if note else ())


def _search(suite: Suite, order: Path, *, timeout_s: float) -> str:
    """Have the search done that the file `order` tells of; gives what kept it from ending, if anything did."""
    environment = suite.environment(Launch(hash_seed=0), wire=order, task=None)
    for name in ("NOXTASKS_WIRE", "NOXTASKS_MUTATED", "NOXTASKS_PATH_ENTRY"):
        environment.pop(name, None)
    entries = [environment["PYTHONPATH"], str(Path(searcher.__file__).parent)]
    environment |= {"PYTHONPATH": os.pathsep.join(entries), "NOXTASKS_ORDER": str(order)}
    command = [str(suite.python), "-m", "noxtasks_search"]
    try:
        done = process.run(command, cwd=suite.root, env=environment, timeout_s=timeout_s)
    except process.TimeoutExpired:
        return "the search for inputs that tell survivors from their originals took too long"
    except NotMeasuredError as error:
        return str(error)
    if not done.returncode:
        return ""
    said = (done.stderr or done.stdout).strip().rpartition("\n")[2][:200]
    return f"the search for inputs that tell survivors from their originals ended early: {said}"


def chosen_tests(by_key: Mapping[str, Iterable[Mutant]], baseline: Baseline) -> list[str]:
    """The tests whose calls are recorded: of each function the fastest that run it, as long as there is time."""
    chosen: list[str] = []
    left_s = _TESTS_S
    for rank in range(_TESTS):
        for key in by_key:
            fastest = sorted(baseline.covering.get(key, ()), key=lambda test: baseline.durations_s[test])
            for test in fastest[rank : rank + 1]:
                if test not in chosen and baseline.durations_s[test] <= left_s:
                    left_s -= baseline.durations_s[test]
                    chosen.append(test)
    return chosen


def _told_of(mutant: Mutant) -> dict[str, str]:
    return {"name": mutant.name, "before": mutant.before, "after": mutant.after}


def _read(path: Path, ids: Mapping[str, str]) -> dict[str, Told]:
    """The answers, as far as they are there: the search may have been cut off within one."""
    found: dict[str, Told] = {}
    text = path.read_text("utf-8", "replace") if path.exists() else ""
    for line in text.split("\n"):
        with suppress(msgspec.DecodeError):
            one = msgspec.json.decode(line, type=_Line)
            told = Told(call=one.call, original=one.original, mutated=one.mutated, test=one.test)
            if one.name in ids:
                found[ids[one.name]] = told
    return found
