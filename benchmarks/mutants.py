"""What does `noxtasks mutation` cost beside plain `mutmut run`, on real projects, and where do their verdicts differ?

Run by `nox -s speed -- mutants`; see README.md in this folder for what is measured.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import contenders
import projects
from contenders import NotMeasuredError
from projects import Project, Suite

_MUTMUT = "mutmut==3.8.1"
_PROJECTS = (
    Project(name="iniconfig", version="1.1.1", character="small", needs=("py",), for_mutmut='also_copy = ["testing"]'),
    Project(
        name="inflection", version="0.5.1", character="much runs at import", for_mutmut='source_paths = ["inflection"]'
    ),
    Project(
        name="blinker",
        version="1.9.0",
        character="short tests",
        needs=("pytest-asyncio",),
        for_mutmut='pytest_add_cli_args = ["-o", "asyncio_default_fixture_loop_scope=function"]',
    ),
    Project(
        name="toolz", version="1.0.0", character="many mutants, short tests", for_mutmut='source_paths = ["toolz"]'
    ),
    Project(name="itsdangerous", version="2.2.0", character="the tests outweigh the rest", needs=("freezegun",)),
    Project(name="markupsafe", version="3.0.2", character="mutants on which tests never end"),
)
_STATUSES = {0: "survived", 1: "killed", 3: "killed", 5: "no tests", 33: "no tests", 34: "skipped"}
_STATUSES |= {-11: "segfault", -9: "segfault", None: "unchecked"}
_STATUSES |= dict.fromkeys((-24, 24, 36, 152, 255), "timeout")


@dataclass(kw_only=True)
class Measured:
    """CPU seconds of each round, and by verdict of mutmut and of noxtasks how many mutants have both."""

    project: str
    mutmut_s: list[float] = field(default_factory=list)
    noxtasks_s: list[float] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=dict)
    differing: dict[str, int] = field(default_factory=dict)  # by function
    problem: str = ""


def main(argv: Sequence[str]) -> int:
    """Measure, print a line for each project, write the JSON. 3 when anything could not be measured."""
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often both run, in turn (3)")
    parser.add_argument("--project", dest="names", action="append", choices=[each.name for each in _PROJECTS])
    parser.add_argument("--work", type=Path, default=Path("speed-work"), metavar="DIR", help="kept for the next time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args(argv)
    contenders.adopt_orphans()
    chosen = [each for each in _PROJECTS if not options.names or each.name in options.names]
    print(f"{'project':<16}{'mutants':>9}{'mutmut':>9}{'noxtasks':>10}{'ratio':>8}{'verdicts that differ':>22}")
    measured = [_measure(project, options.work.absolute() / "mutants", options.rounds) for project in chosen]
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(each) for each in measured], indent=2) + "\n", encoding="utf-8")
    return 3 if any(each.problem for each in measured) else 0


def _measure(project: Project, work: Path, rounds: int) -> Measured:
    measured = Measured(project=project.requirement)
    try:
        suite = projects.make_ready(project, work, plugins=("pytest", _MUTMUT))
        for _ in range(rounds):
            spent_s, theirs = _plain(suite)
            measured.mutmut_s.append(spent_s)
            spent_s, ours, functions = _ours(suite)
            measured.noxtasks_s.append(spent_s)
        pairs = {name: (theirs.get(name, "unknown"), status) for name, status in ours.items()}
        measured.verdicts = dict(Counter(" -> ".join(pair) for pair in pairs.values()))
        measured.differing = dict(Counter(functions[name] for name, pair in pairs.items() if pair[0] != pair[1]))
        print(_row(project, measured, len(ours)), flush=True)
    except (subprocess.CalledProcessError, NotMeasuredError) as error:
        measured.problem = str(error)
        print(f"{project.name:<16} not measured: {error}"[:80], flush=True)
    return measured


def _plain(suite: Suite) -> tuple[float, dict[str, str]]:
    """CPU seconds of `mutmut run` in a copy, and its verdicts by the mutant's name."""
    with tempfile.TemporaryDirectory(prefix="speed") as name:
        root = Path(name) / "source"
        shutil.copytree(suite.root, root, ignore=shutil.ignore_patterns(".noxtasks"))
        copy = Suite(project=suite.project, root=root, python=suite.python)
        command = [str(suite.python.parent / "mutmut"), "run"]
        spent = contenders.timed([command], copy, Path(name), {"PATH": f"{suite.python.parent}:/usr/bin:/bin"})
        codes: dict[str, int | None] = {}
        for path in (root / "mutants").rglob("*.meta"):
            codes |= json.loads(path.read_text("utf-8"))["exit_code_by_key"]
    return spent.cpu_s, {mutant: _STATUSES.get(code, "suspicious") for mutant, code in codes.items()}


def _ours(suite: Suite) -> tuple[float, dict[str, str], dict[str, str]]:
    """CPU seconds of noxtasks; its verdicts, and the function, by the mutant's name."""
    with tempfile.TemporaryDirectory(prefix="speed") as name:
        reports = Path(name) / "reports"
        noxtasks = [sys.executable, "-m", "noxtasks", "mutation", "--python", str(suite.python)]
        places = ["-S", f"reports={reports}", "-S", f"mutation.memory={Path(name, 'memory')}"]  # nothing is known yet
        spent = contenders.timed([[*noxtasks, *places]], suite, Path(name))
        told: dict[str, Any] = json.loads((reports / "mutation.initial.report.json").read_text("utf-8"))
    mutants = told["result"]["mutants"]
    statuses = {each["name"]: each["status"] for each in mutants}
    return spent.cpu_s, statuses, {each["name"]: each["function"] for each in mutants}


def _row(project: Project, measured: Measured, mutants: int) -> str:
    theirs_s, ours_s = median(measured.mutmut_s), median(measured.noxtasks_s)
    ratio = median(a / b for a, b in zip(measured.mutmut_s, measured.noxtasks_s, strict=True))
    differ = sum(measured.differing.values())
    return f"{project.name:<16}{mutants:>9}{theirs_s:>9.1f}{ours_s:>10.1f}{ratio:>8.2f}{differ:>22}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
