"""Finds the sources of a project on disk, and what mutmut is told about them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.mutation.deciding import scopes
from noxtasks.mutation.making.configured import Configured, configured
from noxtasks.suite import declared, sources
from noxtasks.suite.sources import Sources


class Located(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be mutated, and what mutmut's own configuration says besides."""

    sources: Sources
    asked: Configured
    nameless: tuple[str, ...] = ()  # Python files that no report could name: as far as they can be told


def locate(root: Path, paths: Collection[str], places: Collection[str] = ()) -> Located:
    """The sources among `paths`, the project's files: with `places`, those that lie there, and no others.

    Raises `NotMeasuredError` where there are none, and `ConfigurationError` for a place that has none.
    """
    nameless = {path for path in paths if path.endswith(".py") and not _is_text(path)}
    paths = set(paths) - nameless
    project = declared.gather(root)
    asked = configured(project)
    if places:
        asked = msgspec.structs.replace(asked, source_paths=tuple(places), where="mutation.paths")
    found = sources.find(
        paths,
        project,
        sources.declared_within(root, paths),
        named=asked.source_paths,
        named_by=asked.where,
        takes=asked.takes,
    )
    code = [path for path in paths if path.endswith(".py")]
    lost = [place for place in places if not scopes.meant(place, [source.path for source in found.files])]
    if lost:
        raise ConfigurationError.all_of([scopes.unknown(place, code, where="mutation.paths") for place in lost])
    if not found.files:
        raise NotMeasuredError(
            f"no source to mutate was found by {asked.where}" if asked.where else "no source to mutate was found",
            where=str(root),
            remedy="Name the files or folders: tool.mutmut.source_paths in pyproject.toml",
        )
    told = tuple(sorted(path.encode("utf-8", "backslashreplace").decode() for path in nameless))
    return Located(sources=found, asked=asked, nameless=told)


def _is_text(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
