"""How fast is any given suite in parallel: xdist's best mode beside noxtasks run, and how near to the limit?

Run by `nox -s speed -- suites FOLDER=PYTHON ...`; see README.md in this folder for what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from noxtasks.evidence.display.text import counted

_MODES = "ours,load,worksteal,loadfile"
_HEAD = ("suite", "tests", "alone", "best xdist", "s", "ours", "limit", "speed-up", "interval", "of xdist", "of limit")
_ROW = "{:<18}{:>6}{:>8}{:>17}{:>7}{:>7}{:>7}{:>10}{:>14}{:>10}{:>10}"


def main(argv: Sequence[str]) -> int:
    """Scan each suite, print a line for it, write the JSON. 3 when anything could not be measured."""
    parser = argparse.ArgumentParser(prog="suites", description=__doc__, allow_abbrev=False)
    parser.add_argument("suites", nargs="+", metavar="FOLDER=PYTHON", help="a project, and the interpreter for it")
    parser.add_argument("--rounds", type=int, default=6, metavar="N", help="how often each way runs, in turn (6)")
    parser.add_argument("--workers", default=_cores(), metavar="N,N", help="how many workers to try")
    parser.add_argument("--budget", default="30m", metavar="TIME", help="for each suite (30m)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args(argv)
    print(_ROW.format(*_HEAD))
    found: dict[str, Any] = {}
    for word in options.suites:
        folder, _, python = word.rpartition("=")
        told = scanned(Path(folder).absolute(), Path(python).absolute(), options)
        found[folder] = told
        print("\n".join(lines(Path(folder).name, told)) if told else f"{folder}: not measured", flush=True)
        if options.json is not None:
            options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0 if all(found.values()) else 3


def _cores() -> str:
    return str(max(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2))


def scanned(root: Path, python: Path, options: argparse.Namespace) -> dict[str, Any] | None:
    """Both artifacts of a scan of the suite in `root`; None where it ended without."""
    with tempfile.TemporaryDirectory(prefix="speed") as reports:
        asked = ["--modes", _MODES, "--rounds", str(options.rounds), "--workers", options.workers]
        further = ["--budget", options.budget, "-S", f"reports={reports}", "--python", str(python)]
        command = [sys.executable, "-m", "noxtasks", "parallel", *asked, *further]
        done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
        names = {"scan": "parallelization.scan.report.json", "analysis": "speedup-analysis.json"}
        paths = {key: Path(reports, name) for key, name in names.items()}
        if not all(path.exists() for path in paths.values()):
            print(done.stdout + done.stderr, file=sys.stderr)
            return None
        return {key: json.loads(path.read_text("utf-8")) for key, path in paths.items()}


def lines(name: str, told: Mapping[str, Any]) -> list[str]:
    """The row of a suite, and what broke in it."""
    timing = told["analysis"]["timing"]
    broken = [each["candidate"] for each in told["scan"]["result"]["candidates"] if each["fault"]]
    ran = [each for each in timing["candidates"] if each["speedup"] and each["candidate"] not in broken]
    ours = _fastest([each for each in ran if each["candidate"]["mode"] == "ours"])
    xdist = _fastest([each for each in ran if each["candidate"]["mode"] != "ours"])
    row = _ROW.format(
        name[:18],
        told["analysis"]["result"]["tests"],
        f"{timing['basis']['wall_s']:.2f}",
        "{mode} -n {workers}".format(**xdist["candidate"]) if xdist else "-",
        f"{xdist['wall_s']:.2f}" if xdist else "-",
        f"{ours['wall_s']:.2f}" if ours else "-",
        f"{ours['limit_s']:.2f}" if ours else "-",
        f"{ours['speedup']['estimate']:.2f}" if ours else "-",
        "{low:.2f} to {high:.2f}".format(**ours["speedup"]) if ours and ours["speedup"]["low"] else "-",
        f"{_times(xdist, ours):.2f}" if xdist and ours else "-",
        f"{ours['over_limit']:.2f}" if ours else "-",
    )
    return [row, *(f"  {each}" for each in _broken(told["scan"]["result"]["candidates"]))]


def _fastest(candidates: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    return max(candidates, key=lambda each: each["speedup"]["estimate"], default=None)


def _times(slow: Mapping[str, Any], fast: Mapping[str, Any]) -> float:
    """How many times as fast within the same round, in the middle."""
    walls = {pair["round"]: pair["parallel_s"] for pair in slow["pairs"]}
    return median(walls[pair["round"]] / pair["parallel_s"] for pair in fast["pairs"] if pair["round"] in walls)


def _broken(candidates: Sequence[Mapping[str, Any]]) -> list[str]:
    said = []
    for each in candidates:
        way = "{mode} -n {workers}".format(**each["candidate"])
        if each["fault"]:
            said.append(f"{way} broke: {each['fault']['trouble']}, {counted(len(each['fault']['tests']), 'test')}")
        if each["suspects"]:
            tests = ", ".join(suspect["test"] for suspect in each["suspects"][:3])
            said.append(f"{way}: {counted(len(each['suspects']), 'test')} failed there and not alone, such as {tests}")
    return said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
