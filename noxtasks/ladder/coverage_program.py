"""Runs on the interpreter of the user's tests, which has coverage.py: tells its settings, and reports what it measured.

The standard library and coverage.py 7 alone, on CPython 3.9 or later. The variable `NOXTASKS_ORDER` names a file, JSON
with `answer` (the file to write) and `ask`: "settings", or "report" with `config` (a configuration file), `data` (for
what is combined), `folders` (with what was measured) and `files` (that are to be covered, from the working folder). A
report may have `tiers` (by test, as pytest names it), and tells then which tests have run what.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

VARIABLE = "NOXTASKS_ORDER"
MOST = 10  # tests that are named of each tier
UNFIT = 3  # there is no coverage.py

_SETTINGS = (
    *("config_file", "concurrency", "core", "cover_pylib", "disable_warnings", "patch", "plugins", "relative_files"),
    *("sigterm", "timid", "source", "source_pkgs", "source_dirs", "run_include", "run_omit", "report_include"),
    *("report_omit", "exclude_list", "partial_list", "partial_always_list", "paths", "plugin_options"),
)


def main(order: dict[str, Any]) -> int:
    """Carry out an order; an exit status."""
    try:
        import coverage  # noqa: PLC0415 - it may not be there
    except ImportError:
        return UNFIT
    found = _settings(coverage) if order["ask"] == "settings" else _report(coverage, order)
    Path(order["answer"]).write_text(json.dumps(found), "utf-8")
    return 0


def _settings(coverage: Any) -> dict[str, Any]:
    """What coverage.py itself makes of the user's configuration: every version knows its own files and options."""
    config = coverage.Coverage().config
    told = {name: getattr(config, name) for name in _SETTINGS if getattr(config, name, None)}
    return {"version": coverage.__version__, "pytest": metadata.version("pytest"), **told}


def _report(coverage: Any, order: dict[str, Any]) -> dict[str, Any]:
    cov = coverage.Coverage(data_file=order["data"], config_file=order["config"])
    measured = [str(file) for folder in order["folders"] for file in sorted(Path(folder).iterdir())]
    if measured:
        cov.combine(measured, keep=True)
    data = cov.get_data()
    if not data.has_arcs():
        data.add_arcs({})
    is_relative = bool(cov.get_option("run:relative_files"))
    for file in order["files"]:  # what no test has imported is not covered, and no less to be
        data.touch_file(os.path.normpath(file) if is_relative else str(Path.cwd() / file))
    outfile = f"{order['answer']}.report"
    try:
        cov.json_report(outfile=outfile, ignore_errors=True, show_contexts=False)
    except coverage.CoverageException as error:  # all of it is left out by the configuration
        return {"files": {}, "said": str(error)}
    files = json.loads(Path(outfile).read_text("utf-8"))["files"]
    return {"files": files, "said": "", "who": _who(data, files, order["tiers"]) if order.get("tiers") else None}


def _who(data: Any, files: Mapping[str, Any], tiers: Mapping[str, str]) -> dict[str, Any]:
    places = {os.path.normpath(name): name for name in data.measured_files()}
    lines, functions = {}, {}
    for path, told in files.items():
        found = next(
            (places[place] for place in (str(Path.cwd() / path), os.path.normpath(path)) if place in places), ""
        )
        lines[path] = data.contexts_by_lineno(found) if found else {}
        regions = told.get("functions", {})  # since 7.6
        functions[path] = {name: each["executed_lines"] for name, each in regions.items() if name}
    in_text = {name.encode("utf-8", "backslashreplace").decode("utf-8"): tier for name, tier in tiers.items()}
    return who(lines, functions, in_text)


def who(
    lines: Mapping[str, Mapping[int, Iterable[str]]],
    functions: Mapping[str, Mapping[str, Iterable[int]]],
    tiers: Mapping[str, str],
) -> dict[str, Any]:
    """Which tests have run what, from the contexts of each line and the lines of each function that were run.

    By path: `functions`, by name, and `lines` with the same tests together. Of each tier there is the number of tests
    and, as places in `tests`, a few: those that run least else, which are most about it.
    """
    breadth = Counter(test for file in lines.values() for contexts in file.values() for test in set(contexts) if test)
    places: dict[str, int] = {}

    def told(contexts: Iterable[str]) -> dict[str, Any]:
        by_tier: dict[str, list[str]] = {}
        for test in contexts:
            if test in tiers:
                by_tier.setdefault(tiers[test], []).append(test)
        return {
            tier: {
                "count": len(tests),
                "some": [places.setdefault(test, len(places)) for test in _most_about(tests, breadth)],
            }
            for tier, tests in sorted(by_tier.items())
        }

    files = {}
    for path, file in sorted(lines.items()):
        together: dict[frozenset[str], list[int]] = {}
        for line, contexts in sorted(file.items()):
            if line > 0:
                together.setdefault(frozenset(contexts), []).append(line)
        of = {name: {test for line in own for test in file.get(line, ())} for name, own in functions[path].items()}
        files[path] = {
            "functions": {
                name: {"is_run": bool(functions[path][name]), "tiers": told(contexts)} for name, contexts in of.items()
            },
            "lines": [{"lines": own, "tiers": told(contexts)} for contexts, own in together.items()],
        }
    return {"tests": list(places), "files": files}


def _most_about(tests: Iterable[str], breadth: Mapping[str, int]) -> list[str]:
    return sorted(tests, key=lambda test: (breadth[test], test))[:MOST]


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != here]
    sys.exit(main(json.loads(Path(os.environ[VARIABLE]).read_text("utf-8"))))
