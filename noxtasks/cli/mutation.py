"""`mutation` and its like: would the tests notice if the code were wrong?"""

from __future__ import annotations

import argparse
from functools import partial

from noxtasks import config
from noxtasks.cli.command import (
    BEGAN_S,
    Command,
    Reader,
    add_budget,
    add_python,
    add_setting,
    add_settings,
    add_unused_python,
    interpreter,
    project,
)
from noxtasks.errors import ExitCode


def _add_mutation_options(parser: argparse.ArgumentParser) -> None:
    add_python(parser)
    add_setting(parser, "mutation.threshold", "SHARE", "of the mutants that have to be killed, such as 0.6")
    parser.add_argument(
        "--gate",
        metavar="SHARE",
        nargs="?",
        const="",
        help="stop as soon as it is certain that the threshold is reached, or not; SHARE is another one: 60 or 0.6",
    )
    add_setting(parser, "mutation.cap", "N", "try a sample of so many mutants", "--max-mutations")
    add_budget(parser, "mutation.budget", "how long the whole may take")
    add_setting(parser, "mutation.seed", "N", "of samples and random orders")
    parser.add_argument(
        "--paths-to-mutate", metavar="PATH", action="append", default=[], help="a file or folder of sources; several"
    )
    add_setting(parser, "mutation.jobs", "N", "how many mutants are tried at the same time")
    add_setting(parser, "mutation.engine", "ENGINE", ", ".join(config.ENGINES))
    parser.add_argument("--since", metavar="REV", default="", help="only mutants of what has changed since REV")
    earlier = parser.add_mutually_exclusive_group()
    earlier.add_argument("--resume", action="store_true", help="go on with the scan that was interrupted")
    earlier.add_argument("--forget", action="store_true", help="try all again, whatever earlier scans have found")
    add_settings(parser)


def _gate_and_paths(arguments: argparse.Namespace) -> list[Reader]:
    """What two options of `mutation` set, each by its own rule."""
    found: list[Reader] = []
    if arguments.gate is not None:
        found.append(partial(config.from_option, "--gate", "mutation.gate", "true"))
    if arguments.gate:
        found.append(partial(config.from_option, "--gate", "mutation.threshold", _share(arguments.gate)))
    if paths := arguments.paths_to_mutate:
        found.append(lambda: config.Override(key="mutation.paths", value=paths, where="--paths-to-mutate"))
    return found


def _share(text: str) -> str:
    """Percent as a share, "60" and "60%" as "0.6"; anything else as it is."""
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        return text
    return repr(number / 100) if number > 1 or text.endswith("%") else text


def _mutation(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments, _gate_and_paths(arguments))

    from noxtasks import mutation

    return mutation.run(
        root,
        settings,
        python=interpreter(root, arguments.python),
        pytest_args=arguments.pytest_args,
        began_s=BEGAN_S,
        revision=arguments.since,
        resume=arguments.resume,
        forget=arguments.forget,
    )


MUTATION = Command(
    name="mutation",
    title="Find what the tests do not notice: change the code, one small change at a time.",
    add_options=_add_mutation_options,
    handle=_mutation,
    takes_pytest_args=True,
)


def _add_explain_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("mutant", metavar="ID", help="the mutant, as the report names it; the beginning will do")
    add_unused_python(parser)
    add_settings(parser)


def _explain(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import mutation

    return mutation.explain(root, settings, mutant=arguments.mutant)


EXPLAIN = Command(
    name="mutation explain",
    title="Tell what a mutant changes, what became of it, and how it is tried by hand, by the last report.",
    add_options=_add_explain_options,
    handle=_explain,
)
