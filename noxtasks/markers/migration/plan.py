"""The edits that carry a change of the markers out, in all the files of a project: planned in memory, to be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from noxtasks.errors import ConfigurationError
from noxtasks.markers.migration import configuration, expressions, listing
from noxtasks.markers.migration.model import Change, Unchanged
from noxtasks.markers.migration.spans import Unsure
from noxtasks.markers.model import Reference, Selector
from noxtasks.suite.edits import Edit

_PYTHON = ".py"
_Placed = TypeVar("_Placed", Reference, Selector)


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """The edits, and the places that a renaming would have to change and cannot, with certainty.

    Where a marker has such a place, its renaming is to be given up and the rest planned again: these edits rename it
    in some places and not in others.
    """

    edits: tuple[Edit, ...]
    unchanged: tuple[Unchanged, ...] = ()


def edits_of(
    files: Mapping[str, bytes], change: Change, selectors: Sequence[Selector], references: Sequence[Reference]
) -> Planned:
    """Plan the change in `files`, the project's texts by their paths from its root.

    Raises `ConfigurationError` that tells every configuration file that has to be edited by hand.
    """
    selectors_of, references_of = _by_path(selectors), _by_path(references)
    root = configuration.file_of_root(files) if change.added else ""
    edits: list[Edit] = []
    unchanged: list[Unchanged] = list(expressions.keyword_selections(change, selectors))
    problems: list[ConfigurationError] = []
    for path in sorted({*files, *([root] if root else [])}):
        before = files.get(path, b"")
        after, left = _edited(before, path, change, selectors_of[path], references_of[path])
        unchanged += left
        if listing.is_configuration(path):
            try:
                after = configuration.edited(after, path, change, added=change.added if path == root else None)
            except ConfigurationError as problem:
                if path == root or _is_named(before, change):
                    problems.append(problem)
        if after != before:
            edits.append(Edit(path=path, before=before, after=after))
    if problems:
        raise ConfigurationError.all_of(problems)
    unchanged += _of_unread(files, change, [*selectors, *references])
    return Planned(edits=tuple(edits), unchanged=tuple(sorted(set(unchanged))))


def _edited(
    content: bytes, path: str, change: Change, selectors: Sequence[Selector], references: Sequence[Reference]
) -> tuple[bytes, list[Unchanged]]:
    """One file after all but the registrations of a configuration file."""
    if path.endswith(_PYTHON):
        from noxtasks.markers.migration import codemod  # noqa: PLC0415 - libcst takes long to load

        return codemod.edited(content, path, change, selectors=selectors, references=references)
    if not selectors and not references:
        return content, []
    text = content.decode("utf-8", "surrogateescape")
    try:
        after, unchanged = expressions.edited(text, change, selectors, references)
    except Unsure as error:
        names = {each.marker for each in references} | {name for each in selectors for name in each.names}
        return content, [
            Unchanged(marker=name, path=path, line=0, why=str(error)) for name in names & change.renamed.keys()
        ]
    return after.encode("utf-8", "surrogateescape"), unchanged


def _of_unread(
    files: Mapping[str, bytes], change: Change, places: Iterable[Reference | Selector]
) -> Iterable[Unchanged]:
    """Places in files that are not there to be edited."""
    for place in places:
        if place.path not in files:
            names = (place.marker,) if isinstance(place, Reference) else place.names
            for name in set(names) & change.renamed.keys():
                yield Unchanged(marker=name, path=place.path, line=place.line, why="the file is not at hand")


def _is_named(content: bytes, change: Change) -> bool:
    """Whether a file that cannot be read as configuration may have to do with the change after all."""
    return any(name.encode() in content for name in (*change.removed, *change.renamed, *change.described))


def _by_path(places: Iterable[_Placed]) -> Mapping[str, list[_Placed]]:
    found: dict[str, list[_Placed]] = defaultdict(list)
    for place in places:
        found[place.path].append(place)
    return found
