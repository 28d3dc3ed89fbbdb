"""What all sources say, put together by marker: pure, from their values to the audit's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec

from noxtasks.markers import rules
from noxtasks.markers.model import (
    BUILTIN,
    Age,
    Marker,
    Reference,
    Registration,
    Selector,
    Site,
    Usage,
    Use,
)
from noxtasks.markers.taxonomy import Taxonomy

_Named = TypeVar("_Named", Reference, Registration)
_BEARING = frozenset({Use.APPLIED, Use.DYNAMIC})
_BY_STRING = ("add_marker", "applymarker", "keywords")  # such a method of something else is no marker's


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the files say, of whatever kind they are.

    `of_plugins` are the markers that plugins register which the project seems to depend on.
    """

    registrations: tuple[Registration, ...]
    references: tuple[Reference, ...]
    selectors: tuple[Selector, ...]
    sites: tuple[Site, ...]
    of_plugins: frozenset[str] = frozenset()


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What pytest saw when it collected, on all interpreters together.

    `carriers` are the tests by marker, each by its place in `paths`, which holds the file of each test. `references`
    are the places that made or added a mark while it collected; `elsewhere` are the markers that plugins register.
    Where it `is_whole`, every file was collected.
    """

    paths: tuple[str, ...]
    carriers: Mapping[str, frozenset[int]]
    references: tuple[Reference, ...]
    registrations: tuple[Registration, ...]
    elsewhere: frozenset[str]
    is_whole: bool


def names(registrations: Iterable[Registration], references: Iterable[Reference], seen: Seen | None) -> frozenset[str]:
    """The markers of the project: what it registers, and what its tests carry, as pytest saw or else as files say."""
    found = {each.marker for each in registrations}
    if seen is not None:
        found |= {each.marker for each in seen.registrations} | {name for name, on in seen.carriers.items() if on}
    if seen is None or not seen.is_whole:
        found |= {
            each.marker
            for each in references
            if each.use in _BEARING and not each.how.startswith(_BY_STRING) and each.marker.isidentifier()
        }
    return frozenset(found - BUILTIN)


def assemble(
    said: Said,
    seen: Seen | None,
    *,
    corpus: rules.Corpus,
    ages: Mapping[str, Age],
    taxonomy: Taxonomy,
    components: Collection[str],
) -> tuple[Marker, ...]:
    """Every marker of the project with its class, by name."""
    known = names(said.registrations, said.references, seen)
    registrations = _grouped((*said.registrations, *_unknown(seen, said)))
    possible = rules.reachable(known, said.sites, corpus)
    static = _grouped((*_beside_registrations(said), *possible))
    dynamic = _grouped(seen.references if seen else ())
    elsewhere = said.of_plugins if seen is None else seen.elsewhere
    markers = []
    for name in sorted(known):
        usage = _usage(name, seen)
        references = _united(static.get(name, []), dynamic.get(name, []), usage)
        kind, reason = rules.classify(
            references, registrations.get(name, ()), usage=usage, known_elsewhere=name in elsewhere
        )
        markers.append(
            Marker(
                name=name,
                kind=kind,
                reason=reason,
                registrations=tuple(sorted(set(registrations.get(name, ())))),
                references=tuple(references),
                usage=usage,
                age=ages.get(name, Age()),
                term=taxonomy.place(name, components),
            )
        )
    return tuple(markers)


def _grouped(values: Iterable[_Named]) -> dict[str, list[_Named]]:
    found: dict[str, list[_Named]] = defaultdict(list)
    for value in values:
        found[value.marker].append(value)
    return found


def _beside_registrations(said: Said) -> list[Reference]:
    """The references without those in the text of a registration: "slow: takes long (deselect with -m 'not slow')"."""
    places = {(each.path, each.line) for each in said.registrations}
    return [
        each
        for each in said.references
        if each.use not in {Use.SELECTED, Use.POSSIBLE} or (each.path, each.line) not in places
    ]


def _unknown(seen: Seen | None, said: Said) -> list[Registration]:
    """The registrations that only pytest saw."""
    known = {(each.marker, each.path) for each in said.registrations}
    return [each for each in (seen.registrations if seen else ()) if (each.marker, each.path) not in known]


def _usage(name: str, seen: Seen | None) -> Usage | None:
    if seen is None:
        return None
    carriers = seen.carriers.get(name, frozenset())
    folders = Counter(str(PurePosixPath(seen.paths[test]).parent) for test in carriers)
    return Usage(tests=len(carriers), folders=dict(sorted(folders.items())))


def _united(static: Sequence[Reference], dynamic: Sequence[Reference], usage: Usage | None) -> list[Reference]:
    """The places in the files, and those at which a mark was made that the files do not show to be one.

    A mark that was made and is on no test is no more than a possible use: it may be an alias.
    """
    places = {(each.path, each.line) for each in static}
    is_carried = usage is not None and usage.tests > 0
    new = [each for each in dynamic if (each.path, each.line) not in places]
    if not is_carried:
        new = [msgspec.structs.replace(each, use=Use.POSSIBLE) for each in new]
    return sorted({*static, *new}, key=lambda each: (each.path, each.line, list(Use).index(each.use), each.how))
