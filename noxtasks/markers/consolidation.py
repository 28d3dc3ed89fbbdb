"""The decisions of the consolidation: which markers go, which may be one, and which set is to be reached."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import msgspec

from noxtasks.markers.model import (
    Class,
    Consolidation,
    Likeness,
    Marker,
    Merge,
    Removal,
    Selector,
    Target,
    Use,
)
from noxtasks.markers.taxonomy import Taxonomy, spelling, stem

_TYPO_FROM = 7  # letters; shorter names differ in one letter by intention
_FEWEST_SHARED = 3  # tests; fewer are shared by chance
_PAPERS = ("ADR", "evidence")
_CONFIGURATION = (".ini", ".cfg", ".toml")

Carriers = Mapping[str, frozenset[int]]
"""The tests that carry each marker, by their number."""


def consolidate(
    markers: Sequence[Marker],
    *,
    carriers: Carriers | None,
    selectors: Iterable[Selector],
    taxonomy: Taxonomy,
    renames: Mapping[str, str],
    of_plugins: Collection[str] = (),
    idle_days: int,
    limit: int,
) -> Consolidation:
    """The plan for these markers.

    `carriers` is None where pytest has not collected: nothing is merged then but what `renames` of the configuration
    asks for. `of_plugins` are markers that plugins register: these look for them by that name, so that none becomes
    another. A marker that is younger than `idle_days`, or named in a record of a decision, stays for now.
    """
    found = _merges(markers, carriers, _named(selectors), taxonomy, renames)
    merges = tuple(_kept(merge) if merge.old in of_plugins else merge for merge in found)
    decided = {merge.old: merge.new for merge in merges if merge.is_decided}
    removals = tuple(_removal(marker, idle_days) for marker in markers if marker.kind is Class.REMOVABLE)
    removed = {removal.marker for removal in removals if removal.is_decided}
    staying = [marker for marker in markers if marker.name not in removed and marker.name not in decided]
    new = {name: _described(name, markers, taxonomy) for name in decided.values()}
    new = {name: text for name, text in new.items() if name not in {marker.name for marker in markers}}
    added = new | {
        marker.name: _described(marker.name, markers, taxonomy)
        for marker in staying
        if marker.kind is Class.UNREGISTERED
    }
    described = {
        marker.name: marker.term.meaning
        for marker in staying
        if marker.registrations and not marker.description and marker.term
    }
    return Consolidation(
        target=_targets(staying, added, described, taxonomy),
        merges=merges,
        removals=removals,
        added=added,
        described=described,
        limit=limit,
    )


def _kept(merge: Merge) -> Merge:
    return msgspec.structs.replace(merge, is_decided=False, reason="a plugin looks for it by this name")


def _targets(
    staying: Sequence[Marker], added: Mapping[str, str], described: Mapping[str, str], taxonomy: Taxonomy
) -> tuple[Target, ...]:
    known = [
        Target(
            name=marker.name,
            term=marker.term,
            description=marker.description or described.get(marker.name) or added.get(marker.name, ""),
            is_new=marker.name in added,
        )
        for marker in staying
    ]
    there = {marker.name for marker in staying}
    made = [
        Target(name=name, term=taxonomy.place(name), description=text, is_new=True)
        for name, text in added.items()
        if name not in there
    ]
    return tuple(sorted((*known, *made), key=lambda target: target.name))


def _described(name: str, markers: Sequence[Marker], taxonomy: Taxonomy) -> str:
    of_name = next((marker for marker in markers if marker.name == name), None)
    term = (of_name and of_name.term) or taxonomy.place(name)
    return term.meaning if term else ""


def _named(selectors: Iterable[Selector]) -> frozenset[str]:
    return frozenset(name for selector in selectors if selector.option == "-m" for name in selector.names)


def _removal(marker: Marker, idle_days: int) -> Removal:
    criteria = removal_criteria(marker, idle_days)
    if criteria["age"] is False:
        reason = f"registered or used {marker.age.idle_days} days ago, less than {idle_days}"
    elif not criteria["no record of a decision"]:
        reason = "a record of a decision, or evidence, names it"
    else:
        reason = marker.reason
    return Removal(
        marker=marker.name,
        criteria=criteria,
        is_decided=criteria["age"] is not False and criteria["no record of a decision"] is True,
        reason=reason,
    )


def removal_criteria(marker: Marker, idle_days: int) -> dict[str, bool | None]:
    """The plan's section 15, phase 2, each met (true), not met, or not known (None)."""
    uses = [reference for reference in marker.references if reference.use is not Use.MENTIONED]
    selected = [reference for reference in uses if reference.use is Use.SELECTED]
    papers = [reference for reference in marker.references if reference.how.startswith(_PAPERS)]
    return {
        "no test file": not any(reference.path.endswith(".py") for reference in uses),
        "no workflow": not any(reference.path.startswith(".github/") for reference in selected),
        "no configuration": not any(reference.path.endswith(_CONFIGURATION) for reference in selected),
        "no record of a decision": not papers,
        "age": None if marker.age.idle_days is None else marker.age.idle_days >= idle_days,
    }


def _merges(
    markers: Sequence[Marker],
    carriers: Carriers | None,
    selected: Collection[str],
    taxonomy: Taxonomy,
    renames: Mapping[str, str],
) -> Iterator[Merge]:
    """What the configuration renames, then what is alike; each marker becomes another once."""
    known = {marker.name for marker in markers}
    gone: set[str] = set()
    for old, new in renames.items():
        if old in known:
            gone.add(old)
            yield _merge(old, new, Likeness.CONFIGURED, carriers, selected)
    candidates = [
        marker
        for marker in markers
        if marker.kind not in {Class.REMOVABLE, Class.UNRESOLVED} and marker.name not in gone
    ]
    for one, other in combinations(sorted(candidates, key=_standing(carriers)), 2):
        likeness = _likeness(one.name, other.name, carriers, taxonomy)
        if likeness is not None and other.name not in gone and one.name not in gone:
            gone.add(other.name)
            yield _merge(other.name, one.name, likeness, carriers, selected)


def _standing(carriers: Carriers | None) -> Callable[[Marker], tuple[bool, bool, bool, int, int, str]]:
    """A sort key. The better one first: registered, described, the taxonomy's own name, on more tests, shorter."""

    def key(marker: Marker) -> tuple[bool, bool, bool, int, int, str]:
        is_canonical = bool(marker.term and spelling(marker.name) == marker.term.marker)
        on = len(carriers.get(marker.name, ())) if carriers else 0
        return (
            not marker.registrations,
            not is_canonical,
            not marker.description,
            -on,
            len(marker.name),
            marker.name,
        )

    return key


def _likeness(one: str, other: str, carriers: Carriers | None, taxonomy: Taxonomy) -> Likeness | None:
    if stem(one) == stem(other) or _joined(one) == _joined(other) or _is_typo(spelling(one), spelling(other)):
        return Likeness.SPELLING
    if _sense(one, taxonomy) == _sense(other, taxonomy):
        return Likeness.SYNONYM
    if carriers is not None:
        mine, theirs = carriers.get(one, frozenset()), carriers.get(other, frozenset())
        if mine == theirs and len(mine) >= _FEWEST_SHARED:
            return Likeness.TESTS
    return None


def _joined(name: str) -> str:
    return spelling(name).replace("_", "")


_NEEDS = ("requires_", "require_", "needs_", "need_", "uses_", "use_", "with_", "requires", "needs")


def _sense(name: str, taxonomy: Taxonomy) -> str:
    """What a name says, in the words of the synonyms: `needs_database` is `requires_db`."""
    plain = spelling(name)
    for prefix in _NEEDS:
        if plain.startswith(prefix) and len(plain) > len(prefix):
            thing = plain.removeprefix(prefix).lstrip("_")
            return f"needs {taxonomy.synonyms.get(stem(thing), stem(thing))}"
    return taxonomy.synonyms.get(plain) or taxonomy.synonyms.get(stem(name)) or plain


def _is_typo(one: str, other: str) -> bool:
    """Whether one letter was left out, put in, changed, or swapped with its neighbour, digits excepted."""
    if min(len(one), len(other)) < _TYPO_FROM or abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    a, b = one[start:], other[start:]
    letters = a[:1] + b[:1]
    if any(not letter.isalpha() for letter in letters):
        return False
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


def _merge(old: str, new: str, likeness: Likeness, carriers: Carriers | None, selected: Collection[str]) -> Merge:
    mine = carriers.get(old, frozenset()) if carriers is not None else None
    theirs = carriers.get(new, frozenset()) if carriers is not None else None
    is_decided, reason = _decision(likeness, mine, theirs, {old, new} & set(selected))
    return Merge(
        old=old,
        new=new,
        likeness=likeness,
        old_tests=None if mine is None else len(mine),
        new_tests=None if theirs is None else len(theirs),
        both=None if mine is None or theirs is None else len(mine & theirs),
        is_decided=is_decided,
        reason=reason,
    )


def _decision(
    likeness: Likeness, mine: frozenset[int] | None, theirs: frozenset[int] | None, selected: Collection[str]
) -> tuple[bool, str]:
    """Two spellings of a word become one where nothing selects otherwise after it; all else is for a person to say."""
    if likeness is Likeness.CONFIGURED:
        return True, "the configuration says so"
    if likeness is not Likeness.SPELLING:
        return False, "put it under tool.noxtasks.markers.rename to merge them"
    if mine is None:
        return False, "the tests that carry them are not known"
    if selected and mine != theirs:
        return False, f"-m names {' and '.join(sorted(selected))}, and would select other tests"
    return True, "two spellings, and no -m selects otherwise"
