"""What the fate of a mutant may rest on beside its own function: the project's content, and what is around all trials.

Everything is known by digests, and paths are told from the project's root, so that two machines with the same content
find the same.
"""

from __future__ import annotations

import configparser
import json
import os
import stat
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from noxtasks import __version__
from noxtasks.mutation.making import mutmut
from noxtasks.mutation.model import Baseline, Mutant
from noxtasks.mutation.remembered import content
from noxtasks.suite.collection import Collection as Collected
from noxtasks.suite.model import Touched
from noxtasks.suite.sources import Sources

FORMAT = 1
"""Of the memory's lines, and of what is in the digests: other rules, another number."""

_READ = (".py", ".ini", ".cfg", ".toml")
_COMPILED = (".so", ".pyd")
_SECTIONS = {"setup.cfg": "tool:pytest", "tox.ini": "pytest"}


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a folder by path from it, with slashes: digests of all, and the content of code and settings."""

    digests: dict[str, str]
    data: dict[str, bytes]

    def digest(self, touched: Touched) -> str:
        """What `touched` names, as far as it is here.

        What is not here has no part in it until it comes: among such names are those of temporary files, which are
        never the same.
        """
        if touched.children:
            return content.digest(*(f"{path}={digest}" for path, digest in sorted(self.digests.items())))
        used = sorted({*touched.read, *touched.imported} & self.digests.keys())
        listings = ((folder, self._listing(folder)) for folder in touched.listed)
        listed = [f"{folder}: {inside}" for folder, inside in listings if inside]
        return content.digest(*(f"{path}={self.digests[path]}" for path in used), *listed)

    def _listing(self, folder: str) -> list[str]:
        inside = "" if folder == "." else f"{folder}/"
        return sorted({path[len(inside) :].partition("/")[0] for path in self.digests if path.startswith(inside)})


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What there is now: `key` of all that every trial rests on, and what only some do."""

    key: str
    project: Project
    functions: dict[str, content.Function]  # with mutants, as mutmut names them
    named: dict[str, tuple[str, ...]]  # those of a bare name
    tests: dict[str, str]  # the code of each test, and which functions it runs without any mutant
    own: frozenset[str]  # files whose code is known in parts: sources and tests

    def needed(self, touched: Touched) -> Touched:
        """`touched` without the code that was imported and is known in parts."""
        return _without(touched, self.own)


def _without(touched: Touched, own: Collection[str]) -> Touched:
    return msgspec.structs.replace(touched, imported=tuple(path for path in touched.imported if path not in own))


def read(root: Path) -> Project:
    """The content of the files in `root`, by each name that links give them; they are not followed upwards.

    Only regular files are opened: a pipe would be waited for, and a device may never end.
    """
    digests: dict[str, str] = {}
    data: dict[str, bytes] = {}
    for path in _files(root, frozenset(os.path.realpath(above) for above in root.resolve().parents)):
        inside = path.relative_to(root).as_posix()
        with suppress(OSError):
            if not stat.S_ISREG(path.stat().st_mode):
                continue
            if path.name.endswith(_READ):
                data[inside] = path.read_bytes()
                digests[inside] = content.digest_of_bytes(data[inside])
            else:
                digests[inside] = content.digest_of_file(path)
    return Project(digests=digests, data=data)


def _files(folder: Path, above: frozenset[str]) -> Iterator[Path]:
    real = os.path.realpath(folder)
    if real in above:
        return
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.is_dir():
                yield from _files(path, above | {real})
            else:
                yield path


def survey(
    project: Project,
    sources: Sources,
    mutants: Iterable[Mutant],
    collection: Collected,
    baseline: Baseline,
    *,
    conditions: Mapping[str, object],
) -> Surroundings:
    """What there is now. `conditions`: what else was chosen, of settings, arguments and variables; JSON-able."""
    by_path: dict[str, dict[str, str]] = {source.path: {} for source in sources.files}
    for mutant in mutants:
        by_path[mutant.path][mutant.function] = mutant.key
    read_sources = {path: content.read_source(project.data[path], names) for path, names in by_path.items()}
    functions = {
        key: read_sources[path].functions[name]
        for path, names in by_path.items()
        for name, key in names.items()
        if name in read_sources[path].functions
    }
    files = read_test_files(project, collection.tests)
    own = frozenset({*by_path, *files} - _imported_by_others(project, files.keys() - by_path.keys()))
    return Surroundings(
        key=_key(
            _of_machine(collection),
            {"conditions": conditions},
            {"pytest": _configuration(project, str(collection.facts.get("inifile", "")))},
            {"rest": {path: source.rest for path, source in read_sources.items()}},
            {"compiled": {path: each for path, each in project.digests.items() if path.endswith(_COMPILED)}},
            {"at import": {key: functions[key].digest if key in functions else "" for key in baseline.at_import}},
            {"collecting": project.digest(_without(collection.touched or Touched(children=True), own))},
            {"tests": sorted({act for file in files.values() for act in file.acts})},
        ),
        project=project,
        functions=functions,
        named=_named(by_path.values()),
        tests={
            test: content.digest(_of_test(test, files, project), *sorted(baseline.ran.get(test, ())))
            for test in baseline.durations_s
        },
        own=own,
    )


def _named(functions: Iterable[Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """The keys of functions by their bare names, from those by qualified names."""
    named: dict[str, list[str]] = {}
    for keys in functions:
        for name, key in keys.items():
            named.setdefault(name.rpartition(".")[2], []).append(key)
    return {name: tuple(sorted(keys)) for name, keys in named.items()}


def read_test_files(project: Project, tests: Iterable[str]) -> dict[str, content.Tests]:
    """The Python files of `tests`, by path, each with those of its own."""
    return {
        path: content.read_tests(project.data[path], own)
        for path, own in content.by_file(tests).items()
        if path in project.data
    }


def _of_test(nodeid: str, files: Mapping[str, content.Tests], project: Project) -> str:
    path, name = content.test_name(nodeid)
    return files[path].digest(name) if path in files else project.digests.get(path, "")


def _imported_by_others(project: Project, files: Collection[str]) -> set[str]:
    """The test files that some other file may import, by the name of the module."""
    by_module = {path.removesuffix(".py").rpartition("/")[2]: path for path in files}
    found = set()
    for path, data in project.data.items():
        if path.endswith(".py"):
            found |= {by_module[word] for word in content.imports(data) & by_module.keys()} - {path}
    return found


def _of_machine(collection: Collected) -> dict[str, Any]:
    hello = collection.hello
    if hello is None:
        return {}
    system, _, release_and_machine = hello.platform.partition("-")
    return {
        "format": FORMAT,
        "noxtasks": __version__,
        "mutmut": mutmut.VERSION,
        "python": f"{hello.implementation} {hello.python}",
        "platform": f"{system} {release_and_machine.rpartition('-')[2]}",  # not the kernel's release
        "distributions": hello.distributions,
    }


def _configuration(project: Project, path: str) -> Any:
    """What the file says to pytest, from which it has its configuration."""
    data = project.data.get(path)
    if data is None:  # the root is another for pytest
        return {place: each for place, each in project.digests.items() if path and place.endswith(f"/{path}")}
    try:
        text = data.decode("utf-8")
        if path == "pyproject.toml":
            return tomllib.loads(text).get("tool", {}).get("pytest")
        if path in _SECTIONS:
            parser = configparser.RawConfigParser()
            parser.read_string(text)
            return dict(parser.items(_SECTIONS[path]))
    except (ValueError, configparser.Error):
        pass
    return project.digests[path]


def _key(*parts: dict[str, Any]) -> str:
    return content.digest(*(json.dumps(part, sort_keys=True, default=str) for part in parts))
