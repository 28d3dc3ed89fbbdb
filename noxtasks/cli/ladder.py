"""`ladder` and its like: which tier of coverage has the suite earned?"""

from __future__ import annotations

import argparse

from noxtasks import config
from noxtasks.cli.command import (
    Command,
    add_python,
    add_setting,
    add_settings,
    add_unused_python,
    interpreter,
    node_id,
    project,
)
from noxtasks.errors import ExitCode


def _add_ladder_options(parser: argparse.ArgumentParser) -> None:
    add_python(parser)
    add_setting(parser, "ladder.profile", "NAME", f"the targets of the tiers: {', '.join(config.PROFILES)}")
    parser.add_argument(
        "--against", metavar="REV", help="new code is what differs from it (default: the branch that changes go to)"
    )
    add_settings(parser)


def _ladder(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import ladder

    python = interpreter(root, arguments.python)
    return ladder.run(root, settings, python=python, against=arguments.against, pytest_args=arguments.pytest_args)


LADDER = Command(
    name="ladder",
    title="Measure what unit, integration and system tests cover, each by themselves, and how far that climbs.",
    add_options=_add_ladder_options,
    handle=_ladder,
    takes_pytest_args=True,
)


def _add_explain_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="PATH[:LINE | ::FUNCTION]", help="a source file, a line or a function of it")
    add_unused_python(parser)
    add_settings(parser)


def _explain(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import ladder

    return ladder.explain(root, settings, place=node_id(arguments.place))


EXPLAIN = Command(
    name="ladder explain",
    title="Tell which tests run a file, a function or a line, by tier, by the last report.",
    add_options=_add_explain_options,
    handle=_explain,
)
