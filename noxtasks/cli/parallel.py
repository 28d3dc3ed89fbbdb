"""`run`, `parallel` and its like: the suite on several workers, and what breaks there."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from noxtasks import config
from noxtasks.cli.command import (
    Command,
    add_budget,
    add_python,
    add_settings,
    add_tests,
    interpreter,
    node_id,
    project,
    whole,
)
from noxtasks.errors import ExitCode


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    add_python(parser)
    parser.add_argument("-n", dest="workers", metavar="N", help="how many workers run the tests")
    parser.add_argument("--isolate", action="store_true", help="a network and a project of its own for each (Linux)")
    add_settings(parser)


def _run(arguments: argparse.Namespace) -> int:
    workers = arguments.workers
    further = [partial(config.from_option, "-n", "parallel.workers", workers)] if workers not in (None, "auto") else []
    if arguments.isolate:
        further.append(partial(config.from_option, "--isolate", "parallel.isolate", "true"))
    root, settings = project(arguments, further)

    from noxtasks import parallel

    python = interpreter(root, arguments.python)
    folder = Path.cwd() if arguments.root is None else root
    own = [word for name in ("root", "python") if (told := getattr(arguments, name)) for word in (f"--{name}", told)]
    own += ["--isolate"] if arguments.isolate else []
    own += [word for told in arguments.set for word in ("-S", told)]
    return parallel.run_suite(
        root,
        settings,
        python=python,
        pytest_args=arguments.pytest_args,
        own_args=tuple(map(str, own)),
        folder=folder,
    )


RUN = Command(
    name="run",
    title="Run the suite on several workers, the longest tests first; else as pytest does.",
    add_options=_add_run_options,
    handle=_run,
    takes_pytest_args=True,
)


def _add_parallel_options(parser: argparse.ArgumentParser) -> None:
    add_python(parser)
    parser.add_argument(
        "--workers", metavar="N,N", type=_counts, help="how many workers to try (default: 2 to 2 x cores)"
    )
    parser.add_argument(
        "--modes", metavar="MODE,MODE", type=_distributions, help=f"of {', '.join(config.DISTRIBUTIONS)} (default: all)"
    )
    add_budget(parser, "parallel.budget", "how long the runs may take")
    parser.add_argument("--rounds", metavar="N", type=whole(1), help="run each so often, and drop none")
    parser.add_argument("--apply", action="store_true", help="write what is recommended into pytest's configuration")
    add_settings(parser)


def _counts(text: str) -> tuple[int, ...]:
    return tuple(whole(1, 1024)(part) for part in text.split(","))


def _distributions(text: str) -> tuple[str, ...]:
    modes = tuple(part.strip() for part in text.split(","))
    if unknown := [mode for mode in modes if mode not in config.DISTRIBUTIONS]:
        raise argparse.ArgumentTypeError(f"there is no {unknown[0]!r}; there are {', '.join(config.DISTRIBUTIONS)}")
    return modes


def _parallel(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks.parallel import run

    return run.run(
        root,
        settings,
        python=interpreter(root, arguments.python),
        workers=arguments.workers or (),
        modes=arguments.modes or (),
        rounds=arguments.rounds,
        apply=arguments.apply,
        pytest_args=arguments.pytest_args,
    )


PARALLEL = Command(
    name="parallel",
    title="Find how fast the suite could be on several workers, whether that pays, and what breaks there.",
    add_options=_add_parallel_options,
    handle=_parallel,
    takes_pytest_args=True,
)


def _add_conflicts_options(parser: argparse.ArgumentParser) -> None:
    add_python(parser)
    add_tests(parser)
    add_budget(parser, "parallel.budget", "how long the trials may take")
    parser.add_argument("--apply", action="store_true", help="write the marks that keep such tests together")
    add_settings(parser)


def _conflicts(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks.parallel import conflicts

    return conflicts.run(
        root,
        settings,
        python=interpreter(root, arguments.python),
        pytest_args=arguments.pytest_args,
        tests=tuple(map(node_id, arguments.tests)),
        apply=arguments.apply,
    )


CONFLICTS = Command(
    name="parallel conflicts",
    title="Find tests that cannot run at the same time, and what they share.",
    add_options=_add_conflicts_options,
    handle=_conflicts,
    takes_pytest_args=True,
)
