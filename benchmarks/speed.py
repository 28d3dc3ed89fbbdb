"""How fast is `noxtasks flake` beside a loop of pytest processes and pytest-flakefinder, on real projects?

Run by `nox -s speed`; see README.md in this folder for what is measured and what is not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import contenders
import projects
from contenders import Contender, NotMeasuredError
from figures import Measured, table

_QUICK_RUNS = 5


def main(argv: Sequence[str]) -> int:
    """Measure, print the table, write the JSON. 3 when anything could not be measured."""
    options = _options(argv)
    adopted = contenders.adopt_orphans()
    measured = [_measure(project, options) for project in options.projects]
    print(f"\n{options.runs} runs of each suite on {_cores()} cores; seconds, medians of {options.rounds} rounds")
    print(table(measured))
    if not adopted:
        print("\nCPU of processes that were left behind is not counted: this system lets none adopt them.")
    if options.json is not None:
        options.json.write_text(json.dumps(_document(measured, options), indent=2) + "\n", encoding="utf-8")
    return 3 if any(each.problems for each in measured) else 0


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="speed", description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often all are timed, in turn (3)")
    parser.add_argument("--runs", type=int, default=20, metavar="N", help="runs of the suite, each time (20)")
    parser.add_argument("--project", dest="names", action="append", choices=[each.name for each in projects.PROJECTS])
    parser.add_argument("--quick", action="store_true", help="only see that it works: one round of one project")
    parser.add_argument("--work", type=Path, default=Path("speed-work"), metavar="DIR", help="kept for the next time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args(argv)
    options.projects = [each for each in projects.PROJECTS if not options.names or each.name in options.names]
    if options.quick:
        options.projects, options.rounds, options.runs = [projects.QUICK], 1, _QUICK_RUNS
    return options


def _measure(project: projects.Project, options: argparse.Namespace) -> Measured:
    measured = Measured(project=project, cores=_cores())
    try:
        _say(f"{project.requirement}: making ready")
        suite = projects.make_ready(project, options.work.absolute())
        contenders.warm_up(suite)
    except (subprocess.CalledProcessError, NotMeasuredError) as error:
        measured.problems.append(str(error))
        return measured
    for number in range(options.rounds):
        _say(f"{project.requirement}: round {number + 1} of {options.rounds}")
        _round(measured, suite, options.runs)
    try:
        measured.split = contenders.split(suite, options.runs)
    except NotMeasuredError as error:
        measured.problems.append(f"CPU of noxtasks by part: {error}")
    return measured


def _round(measured: Measured, suite: projects.Suite, runs: int) -> None:
    costs = {}
    sample = None
    for contender in Contender:
        try:
            costs[contender], found = contenders.cost(contender, suite, runs)
            sample = found or sample
        except NotMeasuredError as error:
            measured.problems.append(f"{contender.value}: {error}")
    measured.rounds.append(costs)
    measured.samples.append(sample)


def _document(measured: Sequence[Measured], options: argparse.Namespace) -> dict[str, Any]:
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": _cores(),
        "runs": options.runs,
        "rounds": options.rounds,
        "projects": [each.to_json() for each in measured],
    }


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
