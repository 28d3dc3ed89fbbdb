"""The command line: the only place that reads argv.

`COMMANDS` is all of it. Each module here holds the commands of the package that answers them, every one in the same
form: its options, its handler, and the command of both; `command` is what they share.
"""

from __future__ import annotations

import argparse
import sys

from noxtasks import __version__
from noxtasks.cli import (
    bench,
    bundle,
    dashboard,
    flake,
    gates,
    governance,
    history,
    ladder,
    markers,
    matrix,
    mutation,
    parallel,
)
from noxtasks.cli.command import Command, Parser, find_root
from noxtasks.errors import NoxtasksError

__all__ = ["COMMANDS", "Command", "Parser", "build_parser", "find_root", "main"]

COMMANDS: tuple[Command, ...] = (  # in the order of `noxtasks --help`
    flake.FLAKE,
    flake.REPLAY,
    flake.TRY,
    flake.DETERMINISM,
    flake.QUARANTINE,
    markers.MARKERS,
    markers.EXPLAIN,
    parallel.RUN,
    parallel.PARALLEL,
    parallel.CONFLICTS,
    bench.BENCH,
    bench.BISECT,
    mutation.MUTATION,
    mutation.EXPLAIN,
    ladder.LADDER,
    ladder.EXPLAIN,
    gates.GATES,
    bundle.BUNDLE,
    bundle.VERIFY,
    dashboard.DASHBOARD,
    matrix.RECORD,
    matrix.MERGE,
    matrix.LINT,
    history.IMPORT,
    bundle.SEAL,
    governance.GOVERNANCE,
    governance.INIT,
)


def main() -> int:
    """Run the command that this process was started with; how it ended. Errors go up to the boundary."""
    arguments = build_parser().parse_args(sys.argv[1:])
    command: Command = arguments.command
    try:
        code = command.handle(arguments)
    except NoxtasksError:
        _refresh(arguments)  # what was measured before the error is written, too
        raise
    _refresh(arguments)
    return code


def _refresh(arguments: argparse.Namespace) -> None:
    """Make the page of the reports anew where anything was written there; whatever happens, the command has ended."""
    if not hasattr(arguments, "written_to"):
        return
    root, settings, before = arguments.written_to

    from noxtasks.dashboard import refreshing

    try:
        if refreshing.state(root / settings.reports) != before:
            refreshing.refresh(root, settings)
    except (Exception, KeyboardInterrupt) as error:  # a page is not worth the exit status of what was measured
        said = " ".join(str(error).split()) or type(error).__name__
        print(f"noxtasks: {refreshing.PAGE} could not be made anew: {said}", file=sys.stderr)


def build_parser() -> Parser:
    """The parser of every command that noxtasks has and prints."""
    parser = Parser(
        names=frozenset(command.name for command in COMMANDS),
        prog="noxtasks",
        description="How far can a pytest suite be trusted?",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"noxtasks {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        own = commands.add_parser(
            command.name,
            help=command.title,
            description=command.title,
            epilog="Every other argument, and all after --, goes to pytest." if command.takes_pytest_args else None,
            allow_abbrev=False,
        )
        own.add_argument("--root", metavar="DIR", help="the project (default: found from the current folder upwards)")
        own.set_defaults(command=command, parser=own)
        command.add_options(own)
    return parser
