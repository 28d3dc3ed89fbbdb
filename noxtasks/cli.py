"""The command line: the only module that reads argv. A handler imports its objective only when it runs."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from noxtasks import __version__, config
from noxtasks.dashboard import refreshing
from noxtasks.errors import ConfigurationError, ExitCode, NoxtasksError
from noxtasks.evidence.display.text import meant

_BEGAN_S = time.monotonic()  # as early as can be told: what is imported later counts, too
_ROOT_MARKS = ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", ".git")
_OPTIONS = {  # by the table of settings: options, each for the setting of that name
    "flake": ("runs", "budget", "order", "seed", "jobs", "engine"),
    "bench": ("budget", "rounds"),
    "parallel": ("budget",),
    "matrix": (),
    "ladder": ("profile",),
    "mutation": ("threshold", "cap", "budget", "seed", "jobs", "engine"),
}


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command. Where `takes_pytest_args`, pytest gets what the command does not know, and all after `--`."""

    name: str
    title: str
    add_options: Callable[[argparse.ArgumentParser], None]
    handle: Callable[[argparse.Namespace], int]
    takes_pytest_args: bool = False


class Parser(argparse.ArgumentParser):
    """Knows commands of two words ("flake replay"), and keeps what is meant for pytest in `pytest_args`."""

    def parse_args(self, args: Sequence[str]) -> argparse.Namespace:  # type: ignore[override] # no namespace is given
        """The arguments of `args`, which is without the program's name. Ends the process where they are wrong."""
        words = list(args)
        end = words.index("--") if "--" in words else len(words)
        own, after = words[:end], words[end + 1 :]
        if " ".join(own[:2]) in (command.name for command in COMMANDS):
            own[:2] = [" ".join(own[:2])]
        found, unknown = self.parse_known_args(own)
        found.pytest_args = (*unknown, *after)
        if found.pytest_args and not found.command.takes_pytest_args:
            found.parser.error(f"unrecognized arguments: {' '.join(found.pytest_args)}")
        return found


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
    try:
        if refreshing.state(root / settings.reports) != before:
            refreshing.refresh(root, settings)
    except (Exception, KeyboardInterrupt) as error:  # a page is not worth the exit status of what was measured
        said = " ".join(str(error).split()) or type(error).__name__
        print(f"noxtasks: {refreshing.PAGE} could not be made anew: {said}", file=sys.stderr)


def build_parser() -> Parser:
    """The parser of every command that noxtasks has and prints."""
    parser = Parser(prog="noxtasks", description="How far can a pytest suite be trusted?", allow_abbrev=False)
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


def find_root(start: Path) -> Path:
    """The nearest folder from `start` upwards that looks like a project's; `start` itself where none does."""
    folders = (start, *start.parents)
    return next((folder for folder in folders if any((folder / mark).exists() for mark in _ROOT_MARKS)), start)


def _root(arguments: argparse.Namespace) -> Path:
    if arguments.root is None:
        return find_root(Path.cwd())
    root = Path(arguments.root).absolute()
    if not root.is_dir():
        raise ConfigurationError(f"there is no folder {root}", where="--root")
    return root


def _settings(
    root: Path,
    arguments: argparse.Namespace,
    table: str = "flake",
    further: Sequence[Callable[[], config.Override]] = (),
) -> config.Settings:
    """The project's settings under those of the command line. Raises with the problems of all of them."""
    options = {name: getattr(arguments, name, None) for name in _OPTIONS[table]}
    readers: list[Callable[[], config.Override]] = [partial(config.from_assignment, text) for text in arguments.set]
    readers += [
        partial(config.from_option, f"--{name}", f"{table}.{name}", text)
        for name, text in options.items()
        if text is not None
    ]
    readers += further
    overrides: list[config.Override] = []
    problems: list[ConfigurationError] = []
    for read in readers:
        try:
            overrides.append(read())
        except ConfigurationError as problem:
            problems.append(problem)
    try:
        settings = config.load(root, overrides)
    except ConfigurationError as problem:
        problems.extend(problem.problems or (problem,))
    if problems:
        raise ConfigurationError.all_of(problems)
    arguments.written_to = root, settings, refreshing.state(root / settings.reports)
    return settings


def _add_setting_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-S", dest="set", metavar="KEY=VALUE", action="append", default=[], help="a setting, such as flake.runs=200"
    )


def _add_python_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--python", metavar="PATH", help="interpreter or virtual environment that runs the suite")


def _add_tests_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tests", metavar="TEST", nargs="+", action="extend", default=[], help="files or node ids")


def _add_flake_options(parser: argparse.ArgumentParser) -> None:
    _add_python_option(parser)
    parser.add_argument("--runs", metavar="N", help="how often the suite runs")
    parser.add_argument(
        "--budget", metavar="TIME", help='how long that may take, without --runs: "90s", "10m", "1h30m"'
    )
    _add_tests_option(parser)
    parser.add_argument("--order", metavar="ORDER", help=", ".join(config.ORDERS))
    parser.add_argument("--seed", metavar="N", help="the seed that those of all runs come from")
    parser.add_argument("--jobs", metavar="N", help="how many runs go on at the same time")
    parser.add_argument("--engine", metavar="ENGINE", help=", ".join(config.ENGINES))
    parser.add_argument("--time-travel", action="store_true", help="run the suite at other dates and times too")
    parser.add_argument("--resume", action="store_true", help="go on with the session that was interrupted")
    _add_setting_option(parser)


def _flake(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks import flake  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    return flake.run(
        root,
        settings,
        python=interpreter.find(root, arguments.python, os.environ),
        pytest_args=arguments.pytest_args,
        tests=tuple(arguments.tests),
        resume=arguments.resume,
        time_travel=arguments.time_travel,
    )


def _add_replay_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run_id", metavar="RUN_ID", help="the run, as the report names it")
    parser.add_argument("--test", metavar="NODEID", type=meant, help="stop after this test")
    parser.add_argument("--python", metavar="PATH", help="another interpreter than the one that is recorded")
    _add_setting_option(parser)


def _replay(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks import flake  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    python = interpreter.find(root, arguments.python, os.environ) if arguments.python is not None else None
    return flake.replay(root, settings, python=python, run_id=arguments.run_id, test=arguments.test)


def _add_try_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--test", metavar="NODEID", action="append", required=True, help="a test; several, in order")
    _add_python_option(parser)
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of the generators of randomness")
    parser.add_argument("--hash-seed", metavar="N", type=_whole(0, 2**32 - 1), default=0, help="PYTHONHASHSEED")
    parser.add_argument(
        "--with", dest="given", metavar="NAME=VALUE", action="append", default=[], help="as clock='2028-02-29 12:00'"
    )
    parser.add_argument("--times", metavar="N", type=_whole(1), default=1, help="how often")
    parser.add_argument("--at-once", metavar="N", type=_whole(1), default=1, help="how many side by side")
    _add_setting_option(parser)


def _whole(low: int, high: int = sys.maxsize) -> Callable[[str], int]:
    """A parser of whole numbers from `low` to `high`; argparse says what is wrong with another."""

    def parse(text: str) -> int:
        try:
            return config.parsing.whole(low, high)(int(text))
        except ValueError as error:
            most = "" if high == sys.maxsize else f" and at most {high}"
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {low}{most}, got {text}") from error

    return parse


def _try(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks.evidence.display.text import meant  # noqa: PLC0415
    from noxtasks.flake import attempt  # noqa: PLC0415
    from noxtasks.flake.cause import Trial  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    return attempt.attempt(
        root.resolve(),
        settings,
        python=interpreter.find(root, arguments.python, os.environ),
        trial=Trial(
            tests=tuple(map(meant, arguments.test)),
            seed=arguments.seed,
            hash_seed=arguments.hash_seed,
            circumstances=attempt.circumstances(arguments.given),
        ),
        times=arguments.times,
        at_once=arguments.at_once,
        pytest_args=arguments.pytest_args,
    )


def _add_determinism_options(parser: argparse.ArgumentParser) -> None:
    _add_python_option(parser)
    _add_tests_option(parser)
    parser.add_argument("--seed", metavar="N", help="the seed of both runs")
    parser.add_argument("--static", action="store_true", help="read the files alone, and run no test")
    _add_setting_option(parser)


def _determinism(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks.flake import determinism  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    return determinism.run(
        root,
        settings,
        python=interpreter.find(root, arguments.python, os.environ),
        pytest_args=arguments.pytest_args,
        tests=tuple(arguments.tests),
        static_only=arguments.static,
    )


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
    _add_setting_option(parser)


def _markers(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks import markers  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    collects = settings.markers.collect and not arguments.static
    pythons = (arguments.python or [None]) if collects else []
    return markers.run(
        root,
        settings,
        pythons=tuple(interpreter.find(root, python, os.environ) for python in pythons),
        pytest_args=arguments.pytest_args,
        apply=arguments.apply,
    )


def _add_explain_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("marker", metavar="NAME", help="the marker")
    parser.add_argument("--python", help=argparse.SUPPRESS)  # the session names its own, and pytest is not run here
    _add_setting_option(parser)


def _explain(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks import markers  # noqa: PLC0415

    return markers.explain(root, settings, name=arguments.marker)


def _add_mutation_options(parser: argparse.ArgumentParser) -> None:
    _add_python_option(parser)
    parser.add_argument("--threshold", metavar="SHARE", help="of the mutants that have to be killed, such as 0.6")
    parser.add_argument(
        "--gate",
        metavar="SHARE",
        nargs="?",
        const="",
        help="stop as soon as it is certain that the threshold is reached, or not; SHARE is another one: 60 or 0.6",
    )
    parser.add_argument("--cap", "--max-mutations", metavar="N", help="try a sample of so many mutants")
    parser.add_argument("--budget", metavar="TIME", help='how long the whole may take: "90s", "10m", "1h30m"')
    parser.add_argument("--seed", metavar="N", help="of samples and random orders")
    parser.add_argument(
        "--paths-to-mutate", metavar="PATH", action="append", default=[], help="a file or folder of sources; several"
    )
    parser.add_argument("--jobs", metavar="N", help="how many mutants are tried at the same time")
    parser.add_argument("--engine", metavar="ENGINE", help=", ".join(config.ENGINES))
    parser.add_argument("--since", metavar="REV", default="", help="only mutants of what has changed since REV")
    earlier = parser.add_mutually_exclusive_group()
    earlier.add_argument("--resume", action="store_true", help="go on with the scan that was interrupted")
    earlier.add_argument("--forget", action="store_true", help="try all again, whatever earlier scans have found")
    _add_setting_option(parser)


def _gate_and_paths(arguments: argparse.Namespace) -> list[Callable[[], config.Override]]:
    """What two options of `mutation` set, each by its own rule."""
    found: list[Callable[[], config.Override]] = []
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
    root = _root(arguments)
    settings = _settings(root, arguments, "mutation", _gate_and_paths(arguments))

    from noxtasks import mutation  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    return mutation.run(
        root,
        settings,
        python=interpreter.find(root, arguments.python, os.environ),
        pytest_args=arguments.pytest_args,
        began_s=_BEGAN_S,
        revision=arguments.since,
        resume=arguments.resume,
        forget=arguments.forget,
    )


def _add_mutant_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("mutant", metavar="ID", help="the mutant, as the report names it; the beginning will do")
    parser.add_argument("--python", help=argparse.SUPPRESS)  # the session names its own, and no test is run here
    _add_setting_option(parser)


def _explain_mutant(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments, "mutation")

    from noxtasks import mutation  # noqa: PLC0415

    return mutation.explain(root, settings, mutant=arguments.mutant)


def _add_bench_options(parser: argparse.ArgumentParser) -> None:
    _add_python_option(parser)
    parser.add_argument("--against", metavar="REV", help="compare with this revision, both sides at once")
    parser.add_argument("--revision", metavar="REV", help="compare this revision, not the working tree")
    parser.add_argument("--count", action="store_true", help="count instructions (valgrind) instead of timing")
    parser.add_argument("--refresh", action="store_true", help="let this session be the stored baseline of the machine")
    parser.add_argument("--budget", metavar="TIME", help='how long a comparison may take: "90s", "10m", "1h30m"')
    parser.add_argument("--rounds", metavar="N", help="how often each benchmark is timed in a process, at least")
    parser.add_argument(
        "--from-tests", metavar="N", type=_whole(1), default=0, help="time the N slowest plain tests, too"
    )
    _add_setting_option(parser)


def _bench(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments, "bench")

    from noxtasks import bench  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    return bench.run(
        root,
        settings,
        python=interpreter.find(root, arguments.python, os.environ),
        against=arguments.against,
        revision=arguments.revision,
        count=arguments.count,
        refresh=arguments.refresh,
        from_tests=arguments.from_tests,
        pytest_args=arguments.pytest_args,
    )


def _add_bisect_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("good", metavar="GOOD", help="a revision that is fast")
    parser.add_argument(
        "bad", metavar="BAD", nargs="?", default="HEAD", help="a later one that is slow (default: HEAD)"
    )
    _add_python_option(parser)
    parser.add_argument("--count", action="store_true", help="count instructions (valgrind) instead of timing")
    parser.add_argument("--budget", metavar="TIME", help='how long each comparison may take: "90s", "10m", "1h30m"')
    parser.add_argument("--rounds", metavar="N", help="how often each benchmark is timed in a process, at least")
    _add_setting_option(parser)


def _bisect(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments, "bench")

    from noxtasks import bench  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    return bench.run(
        root,
        settings,
        python=interpreter.find(root, arguments.python, os.environ),
        against=arguments.good,
        revision=arguments.bad,
        bisects=True,
        count=arguments.count,
        pytest_args=arguments.pytest_args,
    )


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    _add_python_option(parser)
    parser.add_argument("-n", dest="workers", metavar="N", help="how many workers run the tests")
    parser.add_argument("--isolate", action="store_true", help="a network and a project of its own for each (Linux)")
    _add_setting_option(parser)


def _run(arguments: argparse.Namespace) -> int:
    root = _root(arguments)
    workers = arguments.workers
    further = [partial(config.from_option, "-n", "parallel.workers", workers)] if workers not in (None, "auto") else []
    if arguments.isolate:
        further.append(partial(config.from_option, "--isolate", "parallel.isolate", "true"))
    settings = _settings(root, arguments, "parallel", further)

    from noxtasks import parallel  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    python = interpreter.find(root, arguments.python, os.environ)
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


def _add_parallel_options(parser: argparse.ArgumentParser) -> None:
    _add_python_option(parser)
    parser.add_argument(
        "--workers", metavar="N,N", type=_counts, help="how many workers to try (default: 2 to 2 x cores)"
    )
    parser.add_argument(
        "--modes", metavar="MODE,MODE", type=_distributions, help=f"of {', '.join(config.DISTRIBUTIONS)} (default: all)"
    )
    parser.add_argument("--budget", metavar="TIME", help='how long the runs may take: "90s", "10m", "1h30m"')
    parser.add_argument("--rounds", metavar="N", type=_whole(1), help="run each so often, and drop none")
    parser.add_argument("--apply", action="store_true", help="write what is recommended into pytest's configuration")
    _add_setting_option(parser)


def _counts(text: str) -> tuple[int, ...]:
    return tuple(_whole(1, 1024)(part) for part in text.split(","))


def _distributions(text: str) -> tuple[str, ...]:
    modes = tuple(part.strip() for part in text.split(","))
    if unknown := [mode for mode in modes if mode not in config.DISTRIBUTIONS]:
        raise argparse.ArgumentTypeError(f"there is no {unknown[0]!r}; there are {', '.join(config.DISTRIBUTIONS)}")
    return modes


def _parallel(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments, "parallel")

    from noxtasks.parallel import run  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    return run.run(
        root,
        settings,
        python=interpreter.find(root, arguments.python, os.environ),
        workers=arguments.workers or (),
        modes=arguments.modes or (),
        rounds=arguments.rounds,
        apply=arguments.apply,
        pytest_args=arguments.pytest_args,
    )


def _add_conflicts_options(parser: argparse.ArgumentParser) -> None:
    _add_python_option(parser)
    _add_tests_option(parser)
    parser.add_argument("--budget", metavar="TIME", help='how long the trials may take: "90s", "10m", "1h30m"')
    parser.add_argument("--apply", action="store_true", help="write the marks that keep such tests together")
    _add_setting_option(parser)


def _conflicts(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments, "parallel")

    from noxtasks.parallel import conflicts  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    return conflicts.run(
        root,
        settings,
        python=interpreter.find(root, arguments.python, os.environ),
        pytest_args=arguments.pytest_args,
        tests=tuple(map(meant, arguments.tests)),
        apply=arguments.apply,
    )


def _add_ladder_options(parser: argparse.ArgumentParser) -> None:
    _add_python_option(parser)
    parser.add_argument("--profile", metavar="NAME", help=f"the targets of the tiers: {', '.join(config.PROFILES)}")
    parser.add_argument(
        "--against", metavar="REV", help="new code is what differs from it (default: the branch that changes go to)"
    )
    _add_setting_option(parser)


def _ladder(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments, "ladder")

    from noxtasks import ladder  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    python = interpreter.find(root, arguments.python, os.environ)
    return ladder.run(root, settings, python=python, against=arguments.against, pytest_args=arguments.pytest_args)


def _add_place_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="PATH[:LINE | ::FUNCTION]", help="a source file, a line or a function of it")
    _add_setting_option(parser)


def _explain_place(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments, "ladder")

    from noxtasks import ladder  # noqa: PLC0415

    return ladder.explain(root, settings, place=meant(arguments.place))


def _add_gates_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--python", help=argparse.SUPPRESS)  # the session names its own, and no test is run here
    _add_setting_option(parser)


def _gates(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks import gates  # noqa: PLC0415

    return gates.run(root, settings)


def _add_dashboard_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--serve", action="store_true", help="show it on this machine, anew after each change")
    parser.add_argument(
        "--port", metavar="N", type=_whole(0, 65535), help="where to show it (default: 8765); 0 is any that is free"
    )
    parser.add_argument("--python", help=argparse.SUPPRESS)  # the session names its own, and no test is run here
    _add_setting_option(parser)


def _add_bundle_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "milestones", metavar="M1|M2|M3", nargs="*", help="what to bundle for (default: the next that has no proof)"
    )
    parser.add_argument("--sign", metavar="KEY", type=Path, help="sign with this Ed25519 key; needs noxtasks[sign]")
    parser.add_argument("--python", help=argparse.SUPPRESS)  # the session names its own, and no test is run here
    _add_setting_option(parser)


def _dashboard(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)
    if arguments.port is not None and not arguments.serve:
        raise ConfigurationError("only a page that is served has a port", where="--port", remedy="Add --serve.")

    from noxtasks.dashboard import run, serving  # noqa: PLC0415

    port = serving.PORT if arguments.port is None else arguments.port
    return run.run(root, settings, serve=arguments.serve, port=port)


def _bundle(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks import bundle  # noqa: PLC0415

    return bundle.run(root, settings, names=arguments.milestones, key=arguments.sign, environment=os.environ)


def _add_verify_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="an archive, or a document that was sealed")
    parser.add_argument("--key", metavar="PUB", type=Path, help="the public key (PEM) that has to have signed it")
    _add_settings_of_session(parser)


def _verify_bundle(arguments: argparse.Namespace) -> ExitCode:
    from noxtasks import bundle  # noqa: PLC0415

    return bundle.verify(arguments.file, key=arguments.key)


def _add_settings_of_session(parser: argparse.ArgumentParser) -> None:
    """What a session hands to each of its commands; a file is looked at without the project's settings."""
    parser.add_argument("--python", help=argparse.SUPPRESS)
    parser.add_argument("-S", dest="set", action="append", help=argparse.SUPPRESS)


def _add_record_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--python", metavar="PATH", help="interpreter or environment that runs the suite; with --junit: 3.12, or such"
    )
    parser.add_argument("--junit", metavar="FILE", type=Path, help="read JUnit XML that a run has left; run nothing")
    parser.add_argument("--system", metavar="NAME", help="with --junit: where that was; linux, windows, macos, …")
    parser.add_argument("--machine", metavar="NAME", default="", help="with --junit: x86_64, arm64, …")
    parser.add_argument("--implementation", metavar="NAME", default="cpython", help="with --junit: cpython, pypy, …")
    _add_setting_option(parser)


def _record(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments, "matrix")

    from noxtasks.matrix import names, run  # noqa: PLC0415
    from noxtasks.suite import interpreter  # noqa: PLC0415

    if arguments.junit is not None:
        cell = names.cell(
            system=arguments.system,
            machine=arguments.machine,
            implementation=arguments.implementation,
            python=arguments.python,  # a version here: no interpreter is wanted
        )
        return run.record_junit(root, settings, arguments.junit, cell=cell)
    python = interpreter.find(root, arguments.python, os.environ)
    return run.record(root, settings, python=python, pytest_args=arguments.pytest_args)


def _add_merge_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", metavar="FOLDER", nargs="*", type=Path, help="where records are (default: reports)")
    parser.add_argument("--python", help=argparse.SUPPRESS)  # the session names its own, and no test is run here
    _add_setting_option(parser)


def _merge(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments, "matrix")

    from noxtasks.matrix import run  # noqa: PLC0415

    return run.merge(root, settings, arguments.folders)


def _add_lint_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="files or folders (default: the project)")
    parser.add_argument("--python", help=argparse.SUPPRESS)  # the session names its own, and nothing is run here
    _add_setting_option(parser)


def _lint(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments, "matrix")

    from noxtasks.matrix import lint  # noqa: PLC0415

    return lint.run(root, settings, arguments.paths)


def _add_quarantine_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--apply", action="store_true", help="write what would change, instead of showing it")
    parser.add_argument(
        "--in-source", action="store_true", help="new entries as marks on the tests, instead of in quarantine.toml"
    )
    parser.add_argument("--owner", metavar="NAME", default="", help="who looks after the tests that go in")
    parser.add_argument("--issue", metavar="URL", default="", help="where the mending of those tests is tracked")
    parser.add_argument("--python", help=argparse.SUPPRESS)  # the session names its own, and no test is run here
    _add_setting_option(parser)


def _quarantine(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks.flake import quarantine  # noqa: PLC0415

    return quarantine.run(
        root,
        settings,
        apply=arguments.apply,
        in_source=arguments.in_source,
        owner=arguments.owner,
        issue=arguments.issue,
    )


def _add_import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="JUnit XML, or a record of the probe")
    _add_setting_option(parser)


def _import(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks import flake  # noqa: PLC0415

    return flake.import_files(root, settings, arguments.files)


def _add_governance_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--record", action="store_true", help="first write the digests of its files, as they are now, into it"
    )
    parser.add_argument("--python", help=argparse.SUPPRESS)  # the session names its own, and no test is run here
    _add_setting_option(parser)


def _governance(arguments: argparse.Namespace) -> ExitCode:
    root = _root(arguments)
    settings = _settings(root, arguments)

    from noxtasks.governance import checking  # noqa: PLC0415
    from noxtasks.sessions import OBJECTIVES  # noqa: PLC0415

    names = [objective.name for objective in OBJECTIVES]
    return checking.run(root, settings, sessions=names, record=arguments.record)


def _add_seal_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="a document with a line for its hash")
    _add_settings_of_session(parser)


def _seal(arguments: argparse.Namespace) -> ExitCode:
    from noxtasks.bundle import sealing  # noqa: PLC0415

    return sealing.run(arguments.file)


def _add_init_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="write without asking")
    parser.add_argument("--ci", choices=("github", "gitlab"), help="whose jobs to write; else it is found")
    parser.add_argument("--governance", action="store_true", help="a governance.yaml, too, to fill in")


def _init(arguments: argparse.Namespace) -> ExitCode:
    from noxtasks.governance import adopt, ci  # noqa: PLC0415
    from noxtasks.sessions import OBJECTIVES  # noqa: PLC0415

    host = ci.Host(arguments.ci) if arguments.ci else None
    names = [objective.name for objective in OBJECTIVES]
    return adopt.run(
        _root(arguments),
        yes=arguments.yes,
        answers=sys.stdin,
        host=host,
        sessions=names,
        with_governance=arguments.governance,
    )


COMMANDS = (
    Command(
        name="flake",
        title="Find tests that are not deterministic: run the suite many times.",
        add_options=_add_flake_options,
        handle=_flake,
        takes_pytest_args=True,
    ),
    Command(
        name="flake replay",
        title="Repeat one recorded run exactly.",
        add_options=_add_replay_options,
        handle=_replay,
    ),
    Command(
        name="flake try",
        title="Run some tests in one process, in the given order, with given seeds and in given circumstances.",
        add_options=_add_try_options,
        handle=_try,
        takes_pytest_args=True,
    ),
    Command(
        name="determinism",
        title="Find what makes the suite unreproducible: read its files, and run it twice alike.",
        add_options=_add_determinism_options,
        handle=_determinism,
        takes_pytest_args=True,
    ),
    Command(
        name="flake quarantine",
        title="Take flaky tests out of the verdict for a while, and back: by the last report, under a policy.",
        add_options=_add_quarantine_options,
        handle=_quarantine,
    ),
    Command(
        name="markers",
        title="Find which markers are alive, and which can go without breaking anything.",
        add_options=_add_markers_options,
        handle=_markers,
        takes_pytest_args=True,
    ),
    Command(
        name="markers explain",
        title="Tell where a marker is registered, applied, read and selected, by the last report.",
        add_options=_add_explain_options,
        handle=_explain,
    ),
    Command(
        name="run",
        title="Run the suite on several workers, the longest tests first; else as pytest does.",
        add_options=_add_run_options,
        handle=_run,
        takes_pytest_args=True,
    ),
    Command(
        name="parallel",
        title="Find how fast the suite could be on several workers, whether that pays, and what breaks there.",
        add_options=_add_parallel_options,
        handle=_parallel,
        takes_pytest_args=True,
    ),
    Command(
        name="parallel conflicts",
        title="Find tests that cannot run at the same time, and what they share.",
        add_options=_add_conflicts_options,
        handle=_conflicts,
        takes_pytest_args=True,
    ),
    Command(
        name="bench",
        title="Time the benchmarks, and find what has become slower beyond noise.",
        add_options=_add_bench_options,
        handle=_bench,
        takes_pytest_args=True,
    ),
    Command(
        name="bench bisect",
        title="Find the commit that made a benchmark slower.",
        add_options=_add_bisect_options,
        handle=_bisect,
        takes_pytest_args=True,
    ),
    Command(
        name="mutation",
        title="Find what the tests do not notice: change the code, one small change at a time.",
        add_options=_add_mutation_options,
        handle=_mutation,
        takes_pytest_args=True,
    ),
    Command(
        name="mutation explain",
        title="Tell what a mutant changes, what became of it, and how it is tried by hand, by the last report.",
        add_options=_add_mutant_options,
        handle=_explain_mutant,
    ),
    Command(
        name="ladder",
        title="Measure what unit, integration and system tests cover, each by themselves, and how far that climbs.",
        add_options=_add_ladder_options,
        handle=_ladder,
        takes_pytest_args=True,
    ),
    Command(
        name="ladder explain",
        title="Tell which tests run a file, a function or a line, by tier, by the last report.",
        add_options=_add_place_options,
        handle=_explain_place,
    ),
    Command(
        name="gates",
        title="Tell whether this may be merged, by what the other sessions have measured.",
        add_options=_add_gates_options,
        handle=_gates,
    ),
    Command(
        name="bundle",
        title="Put all evidence into one archive that proves itself, with statements about a milestone.",
        add_options=_add_bundle_options,
        handle=_bundle,
    ),
    Command(
        name="bundle verify",
        title="Tell whether an archive, or a sealed document, is what it was; needs no project.",
        add_options=_add_verify_options,
        handle=_verify_bundle,
    ),
    Command(
        name="dashboard",
        title="Show all that was measured on one page, index.html among the reports.",
        add_options=_add_dashboard_options,
        handle=_dashboard,
    ),
    Command(
        name="matrix record",
        title="Run the suite once, and record how each test ended on this system and interpreter.",
        add_options=_add_record_options,
        handle=_record,
        takes_pytest_args=True,
    ),
    Command(
        name="matrix merge",
        title="Hold the records of all systems and interpreters against one another.",
        add_options=_add_merge_options,
        handle=_merge,
    ),
    Command(
        name="matrix lint",
        title="Find in the files what breaks on another operating system; nothing is run.",
        add_options=_add_lint_options,
        handle=_lint,
    ),
    Command(
        name="history import",
        title="Take outcomes of ordinary runs into the history: JUnit XML, or the probe's record.",
        add_options=_add_import_options,
        handle=_import,
    ),
    Command(
        name="bundle seal",
        title="Fill the integrity hash of a document in: SHA-256 of its text without the line of the hash.",
        add_options=_add_seal_options,
        handle=_seal,
    ),
    Command(
        name="governance",
        title="Hold the project against its governance.yaml: milestones, objectives, deliverables, dimensions, risks.",
        add_options=_add_governance_options,
        handle=_governance,
    ),
    Command(
        name="init",
        title="Set a project up: noxfile, configuration, and the jobs of its CI on GitHub or GitLab.",
        add_options=_add_init_options,
        handle=_init,
    ),
)
