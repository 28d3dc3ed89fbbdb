"""`history import`: outcomes of runs that were not ours."""

from __future__ import annotations

import argparse
from pathlib import Path

from noxtasks.cli.command import Command, add_settings, project
from noxtasks.errors import ExitCode


def _add_import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="JUnit XML, or a record of the probe")
    add_settings(parser)


def _import(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import flake

    return flake.import_files(root, settings, arguments.files)


IMPORT = Command(
    name="history import",
    title="Take outcomes of ordinary runs into the history: JUnit XML, or the probe's record.",
    add_options=_add_import_options,
    handle=_import,
)
