"""`matrix record`, `merge` and `lint`: does the suite behave the same on every system and interpreter?"""

from __future__ import annotations

import argparse
from pathlib import Path

from noxtasks.cli.command import Command, add_settings, add_unused_python, interpreter, project
from noxtasks.errors import ExitCode


def _add_record_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--python", metavar="PATH", help="interpreter or environment that runs the suite; with --junit: 3.12, or such"
    )
    parser.add_argument("--junit", metavar="FILE", type=Path, help="read JUnit XML that a run has left; run nothing")
    parser.add_argument("--system", metavar="NAME", help="with --junit: where that was; linux, windows, macos, …")
    parser.add_argument("--machine", metavar="NAME", default="", help="with --junit: x86_64, arm64, …")
    parser.add_argument("--implementation", metavar="NAME", default="cpython", help="with --junit: cpython, pypy, …")
    add_settings(parser)


def _record(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks.matrix import names, run

    if arguments.junit is not None:
        cell = names.cell(
            system=arguments.system,
            machine=arguments.machine,
            implementation=arguments.implementation,
            python=arguments.python,  # a version here: no interpreter is wanted
        )
        return run.record_junit(root, settings, arguments.junit, cell=cell)
    return run.record(root, settings, python=interpreter(root, arguments.python), pytest_args=arguments.pytest_args)


RECORD = Command(
    name="matrix record",
    title="Run the suite once, and record how each test ended on this system and interpreter.",
    add_options=_add_record_options,
    handle=_record,
    takes_pytest_args=True,
)


def _add_merge_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", metavar="FOLDER", nargs="*", type=Path, help="where records are (default: reports)")
    add_unused_python(parser)
    add_settings(parser)


def _merge(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks.matrix import run

    return run.merge(root, settings, arguments.folders)


MERGE = Command(
    name="matrix merge",
    title="Hold the records of all systems and interpreters against one another.",
    add_options=_add_merge_options,
    handle=_merge,
)


def _add_lint_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="files or folders (default: the project)")
    add_unused_python(parser)
    add_settings(parser)


def _lint(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks.matrix import lint

    return lint.run(root, settings, arguments.paths)


LINT = Command(
    name="matrix lint",
    title="Find in the files what breaks on another operating system; nothing is run.",
    add_options=_add_lint_options,
    handle=_lint,
)
