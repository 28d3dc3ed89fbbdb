"""Which files are the project's code, and how they are imported: as the project says, else by looking.

Decided from the paths of the project's files and from `pyproject.toml` alone. Tests are never sources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any

import msgspec

from noxtasks.config import table_at
from noxtasks.errors import ConfigurationError
from noxtasks.mutation import scopes

_ROOTS = ("src", "lib", "source")  # folders that hold packages and are none
_TEST_FOLDERS = frozenset({"test", "tests"})
_TEST_FILES = ("test_*.py", "*_test.py", "tests.py", "conftest.py")
_NO_CODE = frozenset(
    {
        *("benchmark", "benchmarks", "bin", "build", "ci", "dist", "doc", "docs", "example", "examples", "script"),
        *("scripts", "tool", "tools", "requirements"),
    }
)
_NO_MODULES = frozenset({"setup.py", "noxfile.py", "tasks.py", "fabfile.py", "conf.py", "versioneer.py"})


class Source(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A file with code to mutate: its path from the root, with slashes, and the name it is imported by."""

    path: str
    module: str


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """The files, the folders that imports start from ("." is the root), and by which rule they were found."""

    files: tuple[Source, ...]
    entries: tuple[str, ...]
    found_by: str

    @property
    def packages(self) -> tuple[str, ...]:
        """The names at the top: packages, and modules that are in none."""
        return tuple(sorted({source.module.partition(".")[0] for source in self.files}))


def find(paths: Collection[str], pyproject: dict[str, Any], places: Collection[str] = ()) -> Sources:
    """The sources among the project's files `paths`; none where nothing looks like any.

    With `places`, those that lie there, wherever code is looked for else. Raises `ConfigurationError` for a place that
    has none.
    """
    code = {path for path in paths if path.endswith(".py")}
    of_mutmut = table_at(pyproject, "tool", "mutmut")
    found_by, chosen = next(
        ((name, chosen) for name, rule in _RULES if (chosen := _under(rule(code, pyproject), code))), ("", set())
    )
    entries = {_root(path, code) for path in chosen}
    if places:
        found_by, chosen = "mutation.paths", _at(places, code)
    chosen = set(_selected(chosen, of_mutmut))
    roots = {path: _root(path, code) for path in chosen}
    return Sources(
        files=tuple(sorted(Source(path=path, module=_module(path, root)) for path, root in roots.items())),
        entries=tuple(sorted({*roots.values(), *(entries if places else ())})),
        found_by=found_by,
    )


def only(found: Sources, paths: Collection[str]) -> Sources:
    """Those of the files that are among `paths`; imports start from where they did."""
    return msgspec.structs.replace(found, files=tuple(source for source in found.files if source.path in paths))


def cap(pyproject: dict[str, Any]) -> int | None:
    """How many mutants mutmut was to try at most, in its configuration of old; None where it does not say.

    Raises `ConfigurationError` where that is no number of mutants.
    """
    given = table_at(pyproject, "tool", "mutmut").get("max_mutations")
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        where = "pyproject.toml: tool.mutmut.max_mutations"
        raise ConfigurationError(f"expected a whole number of mutants, at least 1, got {given!r}", where=where)
    return given


def _at(places: Iterable[str], code: set[str]) -> set[str]:
    """The code at all of `places`, which are files or folders."""
    known = {path for path in code if not _is_test(path)}
    found = {place: _under([place], known) for place in places}
    problems = [scopes.unknown(place, known, where="mutation.paths") for place, there in found.items() if not there]
    if problems:
        raise ConfigurationError.all_of(problems)
    return set().union(*found.values())


def _under(places: Iterable[str], code: set[str]) -> set[str]:
    """The files at or below `places` that are no tests."""
    clean = [str(PurePosixPath(place)) for place in places]
    return {path for path in code if not _is_test(path) and any(_is_in(path, place) for place in clean)}


def _by_mutmut(code: set[str], pyproject: dict[str, Any]) -> Iterator[str]:
    del code
    table = table_at(pyproject, "tool", "mutmut")
    yield from _texts(table.get("source_paths") or table.get("paths_to_mutate"))


def _by_build(code: set[str], pyproject: dict[str, Any]) -> Iterator[str]:
    """The places that the configuration of the build backend names."""
    yield from _texts(table_at(pyproject, "tool", "hatch", "build", "targets", "wheel").get("packages"))
    setuptools = table_at(pyproject, "tool", "setuptools")
    under = next(iter(_texts(table_at(setuptools, "package-dir").get(""))), ".")
    where = list(_texts(table_at(setuptools, "packages", "find").get("where")))
    yield from (place for place in where if str(PurePosixPath(place)) != ".")
    yield from (f"{under}/{name.replace('.', '/')}" for name in _texts(setuptools.get("packages")))
    yield from (f"{under}/{name}.py" for name in _texts(setuptools.get("py-modules")))
    for package in table_at(pyproject, "tool", "poetry").get("packages") or []:
        if isinstance(package, dict) and isinstance(package.get("include"), str):
            yield f"{package.get('from', '.')}/{package['include'].removesuffix('/**/*')}"
    for name in _texts(table_at(pyproject, "tool", "flit", "module").get("name")):
        yield from _named(name, code)


def _by_root(code: set[str], pyproject: dict[str, Any]) -> Iterator[str]:
    """The first of the usual folders that holds code that is no test."""
    del pyproject
    for root in _ROOTS:
        if f"{root}/__init__.py" not in code and any(_is_in(path, root) and not _is_test(path) for path in code):
            yield root
            return


def _by_name(code: set[str], pyproject: dict[str, Any]) -> Iterator[str]:
    name = table_at(pyproject, "project").get("name") or table_at(pyproject, "tool", "poetry").get("name")
    yield from (_named(re.sub(r"[-.]+", "_", name).lower(), code) if isinstance(name, str) else ())


def _by_package(code: set[str], pyproject: dict[str, Any]) -> Iterator[str]:
    del pyproject
    tops = {path.partition("/")[0] for path in code if "/" in path}
    yield from (top for top in tops - _NO_CODE if f"{top}/__init__.py" in code)


def _by_module(code: set[str], pyproject: dict[str, Any]) -> Iterator[str]:
    del pyproject
    yield from (path for path in code - _NO_MODULES if "/" not in path)


Rule = Callable[[set[str], dict[str, Any]], Iterable[str]]

_RULES: tuple[tuple[str, Rule], ...] = (
    ("tool.mutmut in pyproject.toml", _by_mutmut),
    ("the build configuration in pyproject.toml", _by_build),
    ("the folder for sources", _by_root),
    ("the project's name", _by_name),
    ("packages at the top", _by_package),
    ("modules at the top", _by_module),
)


def _named(name: str, code: set[str]) -> Iterator[str]:
    """The package or module of that name, in any letter case, wherever packages may be."""
    for root in ("", *(f"{root}/" for root in _ROOTS)):
        for path in code:
            for end in ("/__init__.py", ".py"):
                if path.lower() == f"{root}{name.lower()}{end}":
                    yield path.removesuffix("/__init__.py")


def _selected(paths: Iterable[str], of_mutmut: dict[str, Any]) -> Iterator[str]:
    only = list(_texts(of_mutmut.get("only_mutate")))
    never = list(_texts(of_mutmut.get("do_not_mutate")))
    for path in paths:
        if (not only or any(fnmatch(path, pattern) for pattern in only)) and not any(
            fnmatch(path, pattern) for pattern in never
        ):
            yield path


def _root(path: str, code: set[str]) -> str:
    """The folder from which the file is imported: above its outermost package, or one of the usual ones."""
    top = path.partition("/")[0]
    if "/" in path and top in _ROOTS and f"{top}/__init__.py" not in code:
        return top
    folder = PurePosixPath(path).parent
    while f"{folder}/__init__.py" in code:
        folder = folder.parent
    return str(folder)


def _module(path: str, root: str) -> str:
    parts = list(PurePosixPath(path).relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _is_test(path: str) -> bool:
    *folders, name = path.split("/")
    return not _TEST_FOLDERS.isdisjoint(folders) or any(fnmatch(name, pattern) for pattern in _TEST_FILES)


def _is_in(path: str, place: str) -> bool:
    return place in (".", path) or path.startswith(f"{place}/")


def _texts(value: object) -> Iterator[str]:
    """Strings of a setting that is one, or a list of them."""
    found = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    yield from (text for text in found if isinstance(text, str))
