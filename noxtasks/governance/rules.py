"""The edits that set a project up: the text of a file as it is in, the text as it should be out."""

from __future__ import annotations

import libcst as cst
import tomlkit
from tomlkit.exceptions import ParseError

from noxtasks.errors import ConfigurationError

NOXFILE = "noxfile.py"
CONFIGURATION = "pyproject.toml"
WORKFLOW = ".github/workflows/noxtasks.yml"
IGNORED = ".gitignore"

_NEW_NOXFILE = """import noxtasks

noxtasks.register()
"""

_IGNORED_FOLDERS = (".noxtasks/", "reports/")

_WORKFLOW = """name: noxtasks

on:
  schedule:
    - cron: "17 3 * * *"
  workflow_dispatch:

permissions:
  contents: read

jobs:
  flake:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.x"
      - uses: actions/cache@v4
        with:
          path: .noxtasks
          key: noxtasks-history-${{ github.run_id }}
          restore-keys: noxtasks-history-
      - run: python -m pip install noxtasks uv
      - run: nox -s flake
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: noxtasks-reports
          path: reports/
"""


def noxfile(present: str | None) -> str:
    """A noxfile that registers the sessions; what stands in it already stays as it is.

    Raises `ConfigurationError` for a noxfile that is not Python.
    """
    if present is None or not present.strip():
        return _NEW_NOXFILE
    try:
        module = cst.parse_module(present)
    except cst.ParserSyntaxError as error:
        raise ConfigurationError(
            f"it is not Python: line {error.raw_line}: {error.message}", where=NOXFILE, remedy="Mend it first."
        ) from error
    if _registers(module):
        return present
    place = 1 + max((index for index, line in enumerate(module.body) if _is_preamble(line)), default=-1)
    lines = list(module.body)
    call = cst.parse_statement("noxtasks.register()").with_changes(leading_lines=[cst.EmptyLine()])
    added = [call] if _imports(module) else [cst.parse_statement("import noxtasks"), call]
    return module.with_changes(body=[*lines[:place], *added, *lines[place:]]).code


def _registers(module: cst.Module) -> bool:
    return any("noxtasks.register(" in module.code_for_node(line) for line in module.body)


def _imports(module: cst.Module) -> bool:
    return any(module.code_for_node(line).strip() == "import noxtasks" for line in module.body)


def _is_preamble(line: cst.CSTNode) -> bool:
    """Whether a top-level line is an import or the module's docstring."""
    if not isinstance(line, cst.SimpleStatementLine):
        return False
    first = line.body[0]
    is_docstring = isinstance(first, cst.Expr) and isinstance(first.value, cst.SimpleString | cst.ConcatenatedString)
    return is_docstring or isinstance(first, cst.Import | cst.ImportFrom)


def configuration(present: str | None) -> str:
    """`pyproject.toml` with a table `[tool.noxtasks]`; layout and comments stay.

    Raises `ConfigurationError` for a file that is not TOML.
    """
    try:
        document = tomlkit.parse(present or "")
    except ParseError as error:
        raise ConfigurationError(f"it is not TOML: {error}", where=CONFIGURATION, remedy="Mend it first.") from error
    if "noxtasks" in document.get("tool", {}):
        return present or ""
    gap = "" if not present else "\n" if present.endswith("\n") else "\n\n"
    added = '[tool.noxtasks]\n# python = ["3.12", "3.13"]\n\n[tool.noxtasks.flake]\nbudget = "5m"\n'
    return f"{present or ''}{gap}{added}"


def workflow(present: str | None) -> str:
    """The GitHub workflow that runs the sessions each night; one that is there stays."""
    return _WORKFLOW if present is None else present


def ignored(present: str | None) -> str | None:
    """`.gitignore` with the folders that noxtasks writes; None where there is no such file."""
    if present is None:
        return None
    missing = [folder for folder in _IGNORED_FOLDERS if folder.strip("/") not in present.replace("/", "").split()]
    if not missing:
        return present
    gap = "" if not present or present.endswith("\n") else "\n"
    return present + gap + "".join(f"{folder}\n" for folder in missing)
