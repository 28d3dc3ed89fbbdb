"""`flake` and its like: which tests are not deterministic, and what is done about it."""

from __future__ import annotations

import argparse
from functools import partial

from noxtasks import config
from noxtasks.cli.command import (
    Command,
    add_budget,
    add_python,
    add_setting,
    add_settings,
    add_tests,
    add_unused_python,
    interpreter,
    node_id,
    project,
    whole,
)
from noxtasks.errors import ExitCode


def _add_flake_options(parser: argparse.ArgumentParser) -> None:
    add_python(parser)
    add_setting(parser, "flake.runs", "N", "how often the suite runs")
    add_budget(parser, "flake.budget", "how long that may take, without --runs")
    add_tests(parser)
    add_setting(parser, "flake.order", "ORDER", ", ".join(config.ORDERS))
    add_setting(parser, "flake.seed", "N", "the seed that those of all runs come from")
    add_setting(parser, "flake.jobs", "N", "how many runs go on at the same time")
    add_setting(parser, "flake.engine", "ENGINE", ", ".join(config.ENGINES))
    parser.add_argument("--time-travel", action="store_true", help="run the suite at other dates and times too")
    parser.add_argument("--resume", action="store_true", help="go on with the session that was interrupted")
    add_settings(parser)


def _flake(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import flake

    return flake.run(
        root,
        settings,
        python=interpreter(root, arguments.python),
        pytest_args=arguments.pytest_args,
        tests=tuple(arguments.tests),
        resume=arguments.resume,
        time_travel=arguments.time_travel,
    )


FLAKE = Command(
    name="flake",
    title="Find tests that are not deterministic: run the suite many times.",
    add_options=_add_flake_options,
    handle=_flake,
    takes_pytest_args=True,
)


def _add_replay_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN_ID", help="the run, as the report names it")
    parser.add_argument("--test", metavar="NODEID", type=node_id, help="stop after this test")
    parser.add_argument("--python", metavar="PATH", help="another interpreter than the one that is recorded")
    add_settings(parser)


def _replay(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import flake

    python = None if arguments.python is None else interpreter(root, arguments.python)
    return flake.replay(root, settings, python=python, run_id=arguments.run_id, test=arguments.test)


REPLAY = Command(
    name="flake replay",
    title="Repeat one recorded run exactly.",
    add_options=_add_replay_options,
    handle=_replay,
)


def _add_try_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--test", metavar="NODEID", action="append", required=True, help="a test; several, in order")
    add_python(parser)
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of the generators of randomness")
    parser.add_argument("--hash-seed", metavar="N", type=whole(0, 2**32 - 1), default=0, help="PYTHONHASHSEED")
    parser.add_argument(
        "--with", dest="given", metavar="NAME=VALUE", action="append", default=[], help="as clock='2028-02-29 12:00'"
    )
    parser.add_argument("--times", metavar="N", type=whole(1), default=1, help="how often")
    parser.add_argument("--at-once", metavar="N", type=whole(1), default=1, help="how many side by side")
    add_settings(parser)


def _try(arguments: argparse.Namespace) -> ExitCode:
    seed = partial(config.from_option, "--seed", "flake.seed", str(arguments.seed))  # it has to be one that runs have
    root, settings = project(arguments, [seed])

    from noxtasks.flake import attempt
    from noxtasks.flake.cause import Trial

    return attempt.attempt(
        root.resolve(),
        settings,
        python=interpreter(root, arguments.python),
        trial=Trial(
            tests=tuple(map(node_id, arguments.test)),
            seed=arguments.seed,
            hash_seed=arguments.hash_seed,
            circumstances=attempt.circumstances(arguments.given),
        ),
        times=arguments.times,
        at_once=arguments.at_once,
        pytest_args=arguments.pytest_args,
    )


TRY = Command(
    name="flake try",
    title="Run some tests in one process, in the given order, with given seeds and in given circumstances.",
    add_options=_add_try_options,
    handle=_try,
    takes_pytest_args=True,
)


def _add_quarantine_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--apply", action="store_true", help="write what would change, instead of showing it")
    parser.add_argument(
        "--in-source", action="store_true", help="new entries as marks on the tests, instead of in quarantine.toml"
    )
    parser.add_argument("--owner", metavar="NAME", default="", help="who looks after the tests that go in")
    parser.add_argument("--issue", metavar="URL", default="", help="where the mending of those tests is tracked")
    add_unused_python(parser)
    add_settings(parser)


def _quarantine(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks.flake import quarantine

    return quarantine.run(
        root,
        settings,
        apply=arguments.apply,
        in_source=arguments.in_source,
        owner=arguments.owner,
        issue=arguments.issue,
    )


QUARANTINE = Command(
    name="flake quarantine",
    title="Take flaky tests out of the verdict for a while, and back: by the last report, under a policy.",
    add_options=_add_quarantine_options,
    handle=_quarantine,
)


def _add_determinism_options(parser: argparse.ArgumentParser) -> None:
    add_python(parser)
    add_tests(parser)
    add_setting(parser, "flake.seed", "N", "the seed of both runs")
    parser.add_argument("--static", action="store_true", help="read the files alone, and run no test")
    add_settings(parser)


def _determinism(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks.flake import determinism

    return determinism.run(
        root,
        settings,
        python=interpreter(root, arguments.python),
        pytest_args=arguments.pytest_args,
        tests=tuple(arguments.tests),
        static_only=arguments.static,
    )


DETERMINISM = Command(
    name="determinism",
    title="Find what makes the suite unreproducible: read its files, and run it twice alike.",
    add_options=_add_determinism_options,
    handle=_determinism,
    takes_pytest_args=True,
)
