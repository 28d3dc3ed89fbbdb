"""`bench` and its like: did it get slower, beyond noise?"""

from __future__ import annotations

import argparse

from noxtasks.cli.command import (
    Command,
    add_budget,
    add_python,
    add_setting,
    add_settings,
    interpreter,
    project,
    whole,
)
from noxtasks.errors import ExitCode


def _add_bench_options(parser: argparse.ArgumentParser) -> None:
    add_python(parser)
    parser.add_argument("--against", metavar="REV", help="compare with this revision, both sides at once")
    parser.add_argument("--revision", metavar="REV", help="compare this revision, not the working tree")
    _add_count(parser)
    parser.add_argument("--refresh", action="store_true", help="let this session be the stored baseline of the machine")
    add_budget(parser, "bench.budget", "how long a comparison may take")
    _add_rounds(parser)
    parser.add_argument(
        "--from-tests", metavar="N", type=whole(1), default=0, help="time the N slowest plain tests, too"
    )
    add_settings(parser)


def _add_count(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", action="store_true", help="count instructions (valgrind) instead of timing")


def _add_rounds(parser: argparse.ArgumentParser) -> None:
    add_setting(parser, "bench.rounds", "N", "how often each benchmark is timed in a process, at least")


def _bench(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import bench

    return bench.run(
        root,
        settings,
        python=interpreter(root, arguments.python),
        against=arguments.against,
        revision=arguments.revision,
        count=arguments.count,
        refresh=arguments.refresh,
        from_tests=arguments.from_tests,
        pytest_args=arguments.pytest_args,
    )


BENCH = Command(
    name="bench",
    title="Time the benchmarks, and find what has become slower beyond noise.",
    add_options=_add_bench_options,
    handle=_bench,
    takes_pytest_args=True,
)


def _add_bisect_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("good", metavar="GOOD", help="a revision that is fast")
    parser.add_argument(
        "bad", metavar="BAD", nargs="?", default="HEAD", help="a later one that is slow (default: HEAD)"
    )
    add_python(parser)
    _add_count(parser)
    add_budget(parser, "bench.budget", "how long each comparison may take")
    _add_rounds(parser)
    add_settings(parser)


def _bisect(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)

    from noxtasks import bench

    return bench.run(
        root,
        settings,
        python=interpreter(root, arguments.python),
        against=arguments.good,
        revision=arguments.bad,
        bisects=True,
        count=arguments.count,
        pytest_args=arguments.pytest_args,
    )


BISECT = Command(
    name="bench bisect",
    title="Find the commit that made a benchmark slower.",
    add_options=_add_bisect_options,
    handle=_bisect,
    takes_pytest_args=True,
)
