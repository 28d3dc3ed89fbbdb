"""Parts of the sources that have names, and thresholds of their own. Pure, but for the error of a wrong name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatch
from pathlib import PurePosixPath

from noxtasks.errors import ConfigurationError


def assign(
    paths: Collection[str],
    scopes: Mapping[str, Sequence[str]],
    thresholds: Mapping[str, float],
    *,
    is_part: bool = False,
) -> dict[str, tuple[str, ...]]:
    """The files of each scope: those of `paths` that its patterns mean, and no scope before it.

    With `is_part`, `paths` are only some of the sources: what means none of them is left out, unless all is. Else
    raises `ConfigurationError` that tells every pattern that means no file, every scope that is left with none, and
    every threshold of a scope that is not there.
    """
    if is_part:
        some = {name: [each for each in patterns if meant(each, paths)] for name, patterns in scopes.items()}
        if any(some.values()):
            scopes = {name: patterns for name, patterns in some.items() if patterns}
            thresholds = {name: threshold for name, threshold in thresholds.items() if name in scopes}
    problems: list[ConfigurationError] = []
    left, found = set(paths), {}
    for name, patterns in scopes.items():
        where = f"tool.noxtasks.mutation.deciding.scopes.{name}"
        lost = [pattern for pattern in patterns if not meant(pattern, paths)]
        problems += [unknown(pattern, paths, where=where) for pattern in lost]
        mine = {path for pattern in patterns for path in meant(pattern, left)}
        if not mine and is_part:
            continue
        if not mine and not lost:
            problems.append(ConfigurationError("all of its files are in scopes before it", where=where))
        left -= mine
        found[name] = tuple(sorted(mine))
    for name in thresholds.keys() - scopes.keys():
        near = get_close_matches(name, scopes, n=1) or list(scopes)
        where = f"tool.noxtasks.mutation.scope_thresholds.{name}"
        remedy = f"Did you mean {near[0]}?" if near else "Name it in tool.noxtasks.mutation.deciding.scopes."
        problems.append(ConfigurationError("there is no such scope", where=where, remedy=remedy))
    if problems:
        raise ConfigurationError.all_of(problems)
    return found


def among(scopes: Mapping[str, tuple[str, ...]], paths: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Those of the scopes that have any of the files `paths`."""
    return {name: files for name, files in scopes.items() if not set(paths).isdisjoint(files)}


def meant(pattern: str, paths: Iterable[str]) -> set[str]:
    """Those of `paths` that `pattern` means: a file, all in a folder, or what a glob matches ("src/*/rates.py")."""
    place = str(PurePosixPath(pattern))
    return {path for path in paths if place in (".", path) or path.startswith(f"{place}/") or fnmatch(path, pattern)}


def unknown(pattern: str, paths: Iterable[str], *, where: str) -> ConfigurationError:
    """The error that `pattern` means none of `paths`, with the nearest one that there is."""
    places = {str(place) for path in paths for place in (PurePosixPath(path), *PurePosixPath(path).parents)} - {"."}
    near = get_close_matches(str(PurePosixPath(pattern)), sorted(places), n=1)
    remedy = f"Did you mean {near[0]}?" if near else "Name files or folders with sources, from the project's root."
    return ConfigurationError(f"there is no source at {pattern}", where=where, remedy=remedy)
