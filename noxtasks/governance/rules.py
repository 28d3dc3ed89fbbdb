"""The files of a project that need no parser to be set up: their text as it is in, the text as it should be out."""

from __future__ import annotations

WORKFLOW = ".github/workflows/noxtasks.yml"
IGNORED = ".gitignore"

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
    newline = "\r\n" if "\r\n" in present else "\n"
    gap = "" if not present or present.endswith("\n") else newline
    return present + gap + "".join(f"{folder}{newline}" for folder in missing)
