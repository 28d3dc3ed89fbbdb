"""Who tests what: the tests that run each function and line, by tier, in a file beside the artifact.

`ladder.tests.json` is data for tools, without a schema of its own, and listed in `SHA256SUMS`. It stays small: of each
function, and of lines with the same tests together, there is the number of tests of each tier and a few by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from noxtasks.errors import EvidenceError, NotMeasuredError
from noxtasks.evidence import artifacts
from noxtasks.evidence.sums import Digest
from noxtasks.ladder import tiers
from noxtasks.ladder.model import Belonging, Name

NAME: Final = "ladder.tests.json"
"""The file."""

NO_TIER: Final = "none"
"""What the tests of no tier are under."""


class Tests(msgspec.Struct, frozen=True, kw_only=True):
    """So many of a tier, some of them as places in `Who.tests`."""

    count: int
    some: tuple[int, ...]


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that the same tests run; without any they run on import alone, or in processes that tests start."""

    lines: tuple[int, ...]
    tiers: dict[str, Tests]


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function, and which tests run a line of it."""

    is_run: bool  # by whatever
    tiers: dict[str, Tests]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A source: its functions by qualified name, and its lines, of those that are run at all."""

    functions: dict[str, Function]
    lines: tuple[Lines, ...]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the sources, and the tests that run it, by tier."""

    place: str
    is_run: bool  # by a test, on import, or in a process that a test starts
    tiers: dict[str, Tests]


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Who tests what of the code of `code_version`."""

    code_version: str
    tests: tuple[str, ...]
    files: dict[str, File]


def asked(belonging: Belonging, prefix: str) -> dict[str, str]:
    """The tier of each test, by pytest's own name, which has no `prefix`."""
    of = {test: tiers.SETTINGS[tier] for tier, tests in belonging.tiers.items() for test in tests}
    return {
        test.removeprefix(prefix): tier for test, tier in (*of.items(), *((each, NO_TIER) for each in belonging.rest))
    }


def read(told: Mapping[str, Any], *, prefix: str, code_version: str, paths: Mapping[str, str]) -> Who:
    """What coverage.py's report has told; `paths` are those that the report has, each with that from the root."""
    found = msgspec.convert({**told, "code_version": code_version}, Who)
    return msgspec.structs.replace(
        found,
        tests=tuple(f"{prefix}{test}" for test in found.tests),
        files={paths[path]: file for path, file in found.files.items() if path in paths},
    )


def write(reports: Path, who: Who) -> Digest:
    """Write the file; its digest."""
    text = json.dumps(msgspec.to_builtins(who), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return artifacts.attach(reports, NAME, f"{text}\n".encode())


def load(reports: Path) -> Who:
    """Read the file. Raises `NotMeasuredError` where it is not there, `EvidenceError` where it was altered."""
    where = str(reports / NAME)
    if not (reports / NAME).is_file():
        remedy = "`noxtasks ladder` writes it, unless ladder.contexts is false or a tier's run dies."
        raise NotMeasuredError("who tests what is not known yet", where=where, remedy=remedy)
    altered = [each for each in artifacts.verify(reports) if each.name == NAME]
    if altered:
        raise EvidenceError(altered[0].message, where=where, remedy=altered[0].remedy)
    return msgspec.json.decode((reports / NAME).read_bytes(), type=Who)


ORDER: Final = (*(tiers.SETTINGS[name] for name in Name if name in tiers.OF_TESTS), NO_TIER)
"""The tiers as they are told, the lowest first."""
