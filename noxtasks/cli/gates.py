"""`gates`: may this be merged?"""

from __future__ import annotations

import argparse

from noxtasks.cli.command import Command, add_settings, add_unused_python, project
from noxtasks.errors import ExitCode


def _add_gates_options(parser: argparse.ArgumentParser) -> None:
    add_unused_python(parser)
    add_settings(parser)


def _gates(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import gates

    return gates.run(root, settings)


GATES = Command(
    name="gates",
    title="Tell whether this may be merged, by what the other sessions have measured.",
    add_options=_add_gates_options,
    handle=_gates,
)
