"""`markers` and its like: which markers are alive."""

from __future__ import annotations

import argparse

from noxtasks.cli.command import Command, add_settings, add_unused_python, interpreter, project
from noxtasks.errors import ExitCode


def _add_markers_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--python",
        metavar="PATH",
        action="append",
        default=[],
        help="interpreter or virtual environment that collects the suite; several, one after another",
    )
    parser.add_argument("--static", action="store_true", help="read the files alone, and let pytest collect nothing")
    parser.add_argument(
        "--apply", action="store_true", help="carry the consolidation out, or leave all as it was where that is unsafe"
    )
    add_settings(parser)


def _markers(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import markers

    collects = settings.markers.collect and not arguments.static
    pythons = (arguments.python or [None]) if collects else []
    return markers.run(
        root,
        settings,
        pythons=tuple(interpreter(root, python) for python in pythons),
        pytest_args=arguments.pytest_args,
        apply=arguments.apply,
    )


MARKERS = Command(
    name="markers",
    title="Find which markers are alive, and which can go without breaking anything.",
    add_options=_add_markers_options,
    handle=_markers,
    takes_pytest_args=True,
)


def _add_explain_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("marker", metavar="NAME", help="the marker")
    add_unused_python(parser)
    add_settings(parser)


def _explain(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import markers

    return markers.explain(root, settings, name=arguments.marker)


EXPLAIN = Command(
    name="markers explain",
    title="Tell where a marker is registered, applied, read and selected, by the last report.",
    add_options=_add_explain_options,
    handle=_explain,
)
