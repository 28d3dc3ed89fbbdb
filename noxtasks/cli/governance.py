"""`governance` and `init`: does the project keep the rules that it has set itself, and how does it come by them?"""

from __future__ import annotations

import argparse
import sys

from noxtasks.cli.command import Command, add_settings, add_unused_python, project, root_of
from noxtasks.errors import ExitCode


def _add_governance_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--record", action="store_true", help="first write the digests of its files, as they are now, into it"
    )
    add_unused_python(parser)
    add_settings(parser)


def _governance(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks.governance import checking

    return checking.run(root, settings, sessions=_sessions(), record=arguments.record)


GOVERNANCE = Command(
    name="governance",
    title="Hold the project against its governance.yaml: milestones, objectives, deliverables, dimensions, risks.",
    add_options=_add_governance_options,
    handle=_governance,
)


def _add_init_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="write without asking")
    parser.add_argument("--ci", choices=("github", "gitlab"), help="whose jobs to write; else it is found")
    parser.add_argument("--governance", action="store_true", help="a governance.yaml, too, to fill in")


def _init(arguments: argparse.Namespace) -> ExitCode:
    from noxtasks.governance import adopt, ci

    return adopt.run(
        root_of(arguments),
        yes=arguments.yes,
        answers=sys.stdin,
        host=ci.Host(arguments.ci) if arguments.ci else None,
        sessions=_sessions(),
        with_governance=arguments.governance,
    )


INIT = Command(
    name="init",
    title="Set a project up: noxfile, configuration, and the jobs of its CI on GitHub or GitLab.",
    add_options=_add_init_options,
    handle=_init,
)


def _sessions() -> list[str]:
    from noxtasks.sessions import OBJECTIVES

    return [objective.name for objective in OBJECTIVES]
