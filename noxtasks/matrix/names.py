"""Names that differ from one cell to the next for one thing: systems, cells, and the ids of tests.

A node id has slashes everywhere where pytest itself makes it; other tools, and parameters that are paths, have the
system's own separators and drive letters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from noxtasks.errors import ConfigurationError
from noxtasks.matrix.model import Cell

_SYSTEMS = {"darwin": "macos", "mac": "macos", "osx": "macos", "ubuntu": "linux", "win": "windows", "win32": "windows"}
_MACHINES = {"amd64": "x86_64", "x64": "x86_64", "aarch64": "arm64", "i386": "x86", "i686": "x86"}
_SYSTEM = "Say it as in --system windows"
_VERSION = re.compile(r"[0-9]+\.[0-9]+t?")
_BACKSLASHES = re.compile(r"\\+")
_DRIVE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]:(?=/)")
_NAME = re.compile(r"(?P<system>[a-z0-9_]+)(?P<more>(?:-[a-z0-9_]+)*)-(?P<python>\d+\.\d+t?)")


def plain(told: str) -> str:
    """Small letters and digits, all else as underscores."""
    return re.sub(r"[^a-z0-9]+", "_", told.strip().lower()).strip("_")


def system_name(told: str) -> str:
    """The system's name in cells, by what `platform.system()`, a user or a workflow calls it."""
    return _SYSTEMS.get(plain(told), plain(told))


def machine_name(told: str) -> str:
    """The machine's name in cells, likewise."""
    return _MACHINES.get(plain(told), plain(told))


def cell(*, system: str | None, machine: str, implementation: str, python: str | None) -> Cell:
    """The cell of these names as users write them. Raises `ConfigurationError` where they name none."""
    problems = []
    if not system:
        problems.append(ConfigurationError("it is not said which system it was", where="--system", remedy=_SYSTEM))
    if not python or not _VERSION.fullmatch(python):
        message = f"{python!r} is no version" if python else "it is not said which Python it was"
        problems.append(ConfigurationError(message, where="--python", remedy="Say it as in --python 3.12"))
    if problems or not system or not python:
        raise ConfigurationError.all_of(problems)
    return Cell(
        system=system_name(system),
        machine=machine_name(machine),
        implementation=plain(implementation) or "cpython",
        python=python,
    )


def parts(cell: str) -> frozenset[str] | None:
    """The system, the interpreter, and what else a cell's name says; None where it is no such name."""
    match = _NAME.fullmatch(cell)
    if match is None:
        return None
    return frozenset({system_name(match["system"]), match["python"], *match["more"].split("-")[1:]})


def is_meant(expected: str, cell: str) -> bool:
    """Whether the cell is the one that was expected: "macos-3.13" may be "macos-arm64-3.13", but not a PyPy."""
    wanted, found = parts(expected), parts(cell)
    if wanted is None or found is None:
        return expected == cell
    return wanted <= found and found - wanted <= set(_MACHINES.values())


def normal(nodeid: str) -> str:
    """The id with slashes and without drive letters."""
    return _DRIVE.sub("", _BACKSLASHES.sub("/", nodeid))


def with_slashes(nodeid: str) -> str:
    """The id with slashes in its path; what comes after that may hold backslashes of its own."""
    path, colons, rest = nodeid.partition("::")
    return path.replace("\\", "/") + colons + rest


def aligned(tests: Mapping[str, Iterable[str]]) -> dict[str, dict[str, str]]:
    r"""By cell, the common name of each of its tests.

    Ids that differ in separators and drive letters alone are one test, as long as no cell has two of them: in a suite
    with `[a/b]` and `[a\b]`, each is itself.
    """
    slashed = {cell: {test: with_slashes(test) for test in ids} for cell, ids in tests.items()}
    counts: dict[str, int] = defaultdict(int)
    for names in slashed.values():
        for name in set(names.values()):
            counts[name] += 1
    groups: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for cell, names in slashed.items():
        for name in names.values():
            if counts[name] < len(slashed):
                groups[normal(name)][cell].add(name)
    common: dict[str, str] = {}
    for cells in groups.values():
        every = {name for names in cells.values() for name in names}
        if len(every) > 1 and all(len(names) == 1 for names in cells.values()):
            best = min(every, key=lambda name: (name.count("\\"), len(name), name))
            common.update(dict.fromkeys(every, best))
    return {cell: {test: common.get(name, name) for test, name in names.items()} for cell, names in slashed.items()}
