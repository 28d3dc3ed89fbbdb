"""Reads what `noxtasks_probe.phases` has written of one run, and adds it up."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from noxtasks.parallel.model import Phases, Shared, Worker

Line = Mapping[str, Any]


def read(folder: Path, *, began_s: float, ended_s: float) -> Phases | None:
    """The phases of the run that wrote its files into `folder`; None where no process has told anything.

    `began_s` and `ended_s` are the run's, by `time.perf_counter`.
    """
    processes = [_lines(path) for path in sorted(folder.glob("*.jsonl"))]
    return add_up(processes, began_s=began_s, ended_s=ended_s) if any(processes) else None


def _lines(path: Path) -> list[Line]:
    """What one process has told; without a line that its death cut short."""
    lines = path.read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines[:-1]]


def add_up(processes: Iterable[Iterable[Line]], *, began_s: float, ended_s: float) -> Phases:
    """The phases of a run, from the lines of each of its processes."""
    told = [list(lines) for lines in processes]
    each = [line for lines in told for line in lines]
    tests = [line for line in each if line["frame"] == "test"]
    collections = [line["ended"] - line["began"] for line in each if line["frame"] == "collection"]
    first_s = min((line["began"] for line in tests), default=ended_s)
    last_s = max((line["ended"] for line in tests), default=ended_s)
    collection_s = min(max(collections, default=0.0), first_s - began_s)
    tests_s: dict[str, float] = {}
    for line in tests:
        took = line["setup"] + line["call"] + line["teardown"] - line["shared"]
        tests_s[line["test"]] = tests_s.get(line["test"], 0.0) + max(0.0, took)
    return Phases(
        startup_s=first_s - began_s - collection_s,
        collection_s=collection_s,
        testing_s=last_s - first_s,
        ending_s=ended_s - last_s,
        fixtures_s=sum(line["setup"] + line["teardown"] for line in tests),
        calls_s=sum(line["call"] for line in tests),
        cpu_s=sum(line["cpu"] for line in each if line["frame"] == "loop"),
        shared=_shared(line for line in each if line["frame"] == "fixture"),
        workers=tuple(worker for lines in told for worker in _workers(lines, began_s)),
        tests_s=tests_s,
        inifile=next((line["ini"] for line in each if line["frame"] == "process"), ""),
    )


def _shared(lines: Iterable[Line]) -> tuple[Shared, ...]:
    """The fixtures that are shared, the dearest first."""
    took: dict[tuple[str, str], list[float]] = {}
    for line in lines:
        took.setdefault((line["name"], line["scope"]), []).append(line["took"])
    found = [Shared(name=name, scope=scope, times=len(each), took_s=sum(each)) for (name, scope), each in took.items()]
    return tuple(sorted(found, key=lambda each: (-each.took_s, each.name)))


def _workers(lines: Iterable[Line], began_s: float) -> Iterable[Worker]:
    """The process, where it ran tests."""
    told = list(lines)
    tests = [line for line in told if line["frame"] == "test"]
    if tests:
        yield Worker(
            name=next((line["worker"] for line in told if line["frame"] == "who"), ""),
            tests=len(tests),
            first_s=min(line["began"] for line in tests) - began_s,
            last_s=max(line["ended"] for line in tests) - began_s,
            busy_s=sum(line["ended"] - line["began"] for line in tests),
        )
