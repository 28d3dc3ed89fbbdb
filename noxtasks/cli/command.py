"""What a command is, and what most of them share: a project, its settings, an interpreter, options.

What only some commands need is imported by the function that needs it, here as in the modules of the commands: nothing
else has to wait for it.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from noxtasks import config
from noxtasks.errors import ConfigurationError

BEGAN_S = time.monotonic()  # as early as can be told: what is imported later counts, too
_ROOT_MARKS = ("pyproject.toml", "pytest.ini", "setup.cfg", "tox.ini", ".git")

Reader = Callable[[], config.Override]
"""Reads what one option sets. Raises `ConfigurationError`."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command. Where `takes_pytest_args`, pytest gets what the command does not know, and all after `--`."""

    name: str
    title: str
    add_options: Callable[[argparse.ArgumentParser], None]
    handle: Callable[[argparse.Namespace], int]
    takes_pytest_args: bool = False


class Parser(argparse.ArgumentParser):
    """Knows commands of two words ("flake replay"), and keeps what is meant for pytest in `pytest_args`."""

    def __init__(self, *, names: Collection[str] = (), **keywords: Any) -> None:
        super().__init__(**keywords)
        self._names = names

    def parse_args(self, args: Sequence[str]) -> argparse.Namespace:  # type: ignore[override] # no namespace is given
        """The arguments of `args`, which is without the program's name. Ends the process where they are wrong."""
        words = list(args)
        end = words.index("--") if "--" in words else len(words)
        own, after = words[:end], words[end + 1 :]
        if " ".join(own[:2]) in self._names:
            own[:2] = [" ".join(own[:2])]
        found, unknown = self.parse_known_args(own)
        found.pytest_args = (*unknown, *after)
        if found.pytest_args and not found.command.takes_pytest_args:
            found.parser.error(f"unrecognized arguments: {' '.join(found.pytest_args)}")
        return found


def find_root(start: Path) -> Path:
    """The nearest folder from `start` upwards that looks like a project's; `start` itself where none does."""
    folders = (start, *start.parents)
    return next((folder for folder in folders if any((folder / mark).exists() for mark in _ROOT_MARKS)), start)


def root_of(arguments: argparse.Namespace) -> Path:
    """The folder of the project. Raises `ConfigurationError` where there is none."""
    if arguments.root is None:
        return find_root(Path.cwd())
    root = Path(arguments.root).absolute()
    if not root.is_dir():
        raise ConfigurationError(f"there is no folder {root}", where="--root")
    return root


def project(arguments: argparse.Namespace, further: Sequence[Reader] = ()) -> tuple[Path, config.Settings]:
    """The project's folder, and its settings under those of the command line: of `-S`, `add_setting` and `further`.

    Raises `ConfigurationError` with the problems of all of them.
    """
    root = root_of(arguments)
    settings = _settings(root, [*_readers(arguments), *further])

    from noxtasks.dashboard import refreshing

    arguments.written_to = root, settings, refreshing.state(root / settings.reports)
    return root, settings


def _readers(arguments: argparse.Namespace) -> list[Reader]:
    readers: list[Reader] = [partial(config.from_assignment, text) for text in arguments.set]
    for key, given in vars(arguments).items():
        if "." in key and given is not None:
            readers.append(partial(config.from_option, _option(key), key, given))
    return readers


def _settings(root: Path, readers: Sequence[Reader]) -> config.Settings:
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
    return settings


def interpreter(root: Path, given: str | None) -> Path:
    """The Python that runs the suite: that of `--python`, or one near by. Raises `ConfigurationError`."""
    from noxtasks.suite import interpreter as near

    return near.find(root, given, os.environ)


def node_id(text: str) -> str:
    """The node id that people were shown as `text`."""
    from noxtasks.evidence.display.text import meant

    return meant(text)


def add_python(parser: argparse.ArgumentParser) -> None:
    """`--python`, of a command that runs the suite."""
    parser.add_argument("--python", metavar="PATH", help="interpreter or virtual environment that runs the suite")


def add_tests(parser: argparse.ArgumentParser) -> None:
    """`--tests`."""
    parser.add_argument("--tests", metavar="TEST", nargs="+", action="extend", default=[], help="files or node ids")


def add_setting(parser: argparse.ArgumentParser, key: str, metavar: str, meaning: str, *aliases: str) -> None:
    """An option for the setting `key`, by its last word: `--runs` for "flake.runs". `project` reads it."""
    parser.add_argument(_option(key), *aliases, dest=key, metavar=metavar, help=meaning)


def _option(key: str) -> str:
    return f"--{key.rpartition('.')[2]}"


def add_budget(parser: argparse.ArgumentParser, key: str, meaning: str) -> None:
    """`--budget`, for the setting `key`."""
    add_setting(parser, key, "TIME", f'{meaning}: "90s", "10m", "1h30m"')


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`-S`, of a command that looks at the project's settings."""
    parser.add_argument(
        "-S", dest="set", metavar="KEY=VALUE", action="append", default=[], help="a setting, such as flake.runs=200"
    )


def add_unused_python(parser: argparse.ArgumentParser) -> None:
    """`--python`, which a session hands to each of its commands, of one that runs no test."""
    parser.add_argument("--python", help=argparse.SUPPRESS)


def add_unused_settings(parser: argparse.ArgumentParser) -> None:
    """`-S`, which a session hands to each of its commands, of one that looks at a file alone."""
    parser.add_argument("-S", dest="set", action="append", help=argparse.SUPPRESS)


def whole(low: int, high: int = sys.maxsize) -> Callable[[str], int]:
    """A parser of whole numbers from `low` to `high`; argparse says what is wrong with another."""

    def parse(text: str) -> int:
        try:
            return config.parsing.whole(low, high)(int(text))
        except ValueError as error:
            most = "" if high == sys.maxsize else f" and at most {high}"
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {low}{most}, got {text}") from error

    return parse
