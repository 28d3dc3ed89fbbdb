"""Runs on the interpreter of the user's tests, which has coverage.py: tells its settings, and reports what it measured.

The standard library and coverage.py 7 alone, on CPython 3.9 or later. The variable `NOXTASKS_ORDER` names a file, JSON
with `answer` (the file to write) and `ask`: "settings", or "report" with `config` (a configuration file), `data` (for
what is combined), `folders` (with what was measured) and `files` (that are to be covered, from the working folder).
"""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

VARIABLE = "NOXTASKS_ORDER"
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
    return {"files": json.loads(Path(outfile).read_text("utf-8"))["files"], "said": ""}


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != here]
    sys.exit(main(json.loads(Path(os.environ[VARIABLE]).read_text("utf-8"))))
