"""The decisions of the audit: from places that name a marker to its class, and from classes to gates."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from noxtasks.markers.model import (
    BUILTIN,
    Class,
    Gate,
    Grade,
    Marker,
    Reference,
    Registration,
    Site,
    Usage,
    Use,
)

RARE = 0.05  # the share of tests below which the plan's section 15 calls a marker a candidate for removal

_USED_ELSEWHERE = re.compile(
    r"\b(?:used|required|needed|applied|added|set|provided|defined|handled|read|expected)\s+(?:\w+\s+)?(?:by|in|from|via)\b"
    r"|\b(?:plugin|upstream|downstream|externally?|do not (?:remove|delete))\b",
    re.IGNORECASE,
)
_BY_USE = (
    (Use.APPLIED, Class.APPLIED),
    (Use.DYNAMIC, Class.DYNAMIC),
    (Use.READ, Class.READ),
    (Use.SELECTED, Class.SELECTED),
    (Use.ALIASED, Class.ALIASED),
)

Place = tuple[str, int]
"""Path and line."""


class Corpus(msgspec.Struct, frozen=True, kw_only=True):
    """Where names stand that code or a command could make a marker of: `names` for code, `words` for commands.

    A program that starts pytest takes for it what stands in the files that `related` names for it; any other command
    takes what does not stand in Python.
    """

    names: Mapping[str, tuple[Place, ...]]
    words: Mapping[str, tuple[Place, ...]]
    related: Mapping[str, frozenset[str]] = {}

    def of(self, name: str, site: Site) -> tuple[Place, ...]:
        """The places from which the name can get to the site."""
        if not is_command(site):
            return self.names.get(name, ())
        near = self.related.get(site.path)
        return tuple(
            (path, line)
            for path, line in self.words.get(name, ())
            if (path in near if near is not None else not path.endswith(".py"))
        )


def classify(
    references: Sequence[Reference],
    registrations: Sequence[Registration],
    *,
    usage: Usage | None,
    known_elsewhere: bool = False,
) -> tuple[Class, str]:
    """The class of a marker, and why in one line.

    `references` are all places that name it, those through computed names included (`reachable`). `known_elsewhere`
    is true for a marker that an installed plugin registers.
    """
    uses = {reference.use for reference in references}
    kind = next((kind for use, kind in _BY_USE if use in uses), None)
    if usage is not None and usage.tests and kind is not Class.APPLIED:
        kind = Class.DYNAMIC
    if kind in {Class.APPLIED, Class.DYNAMIC} and not registrations and not known_elsewhere:
        kind = Class.UNREGISTERED
    if kind is None and Use.POSSIBLE in uses:
        kind = Class.UNRESOLVED
    if kind is None and any(each.is_shipped for each in registrations):
        return Class.UNRESOLVED, "registered by code that other projects may run"
    if kind is None and any(_USED_ELSEWHERE.search(each.description) for each in registrations):
        return Class.UNRESOLVED, "its description says that something else uses it"
    if kind is None and known_elsewhere:
        return Class.UNRESOLVED, "an installed plugin registers it, too, and may apply or read it"
    kind = kind or Class.REMOVABLE
    return kind, _reason(kind, references, usage)


def _reason(kind: Class, references: Sequence[Reference], usage: Usage | None) -> str:
    if kind is Class.REMOVABLE:
        mentions = sum(reference.use is Use.MENTIONED for reference in references)
        return "nothing uses it" + (
            f"; {mentions} mention{'s' * (mentions > 1)} in prose or comments" if mentions else ""
        )
    telling = sorted((each for each in references if each.use is not Use.MENTIONED), key=_weight)
    seen = f"on {usage.tests} test{'s' * (usage.tests > 1)} when collected" if usage and usage.tests else ""
    if not telling:
        return seen
    first = telling[0]
    more = len({(each.path, each.line) for each in telling}) - 1
    place = f"{first.path}:{first.line}" if first.line else first.path
    return "; ".join(filter(None, (f"{first.how} at {place}" + (f" and {more} more" if more else ""), seen)))


def _weight(reference: Reference) -> tuple[int, str, int]:
    return list(Use).index(reference.use), reference.path, reference.line


def reachable(names: Collection[str], sites: Iterable[Site], corpus: Corpus) -> list[Reference]:
    """What code with computed names, and commands with variables, may apply or read: as possible uses.

    Where a part of the name is known, it has to match. Where nothing is, the name itself has to stand somewhere from
    where it can get there: in a string, in data, as the name of a folder, a file or a function, or, for a command, as
    a word of any command.
    """
    found = []
    for site in sites:
        for pattern in site.patterns:
            has_no_letter = is_open(pattern)
            matches = re.compile(pattern).fullmatch
            for name in names:
                if not matches(name):
                    continue
                origins = corpus.of(name, site) if has_no_letter else ()
                if has_no_letter and not origins:
                    continue
                how = f"{site.how} may name it" + (f", which stands at {_place(origins[0])}" if origins else "")
                found.append(Reference(marker=name, path=site.path, line=site.line, use=Use.POSSIBLE, how=how))
    return sorted(set(found))


def is_command(site: Site) -> bool:
    """Whether the names stand in a selection."""
    return site.how.startswith(("-m", "-k"))


def is_open(pattern: str) -> bool:
    """Whether the pattern fixes no letter of a name."""
    return not re.search(r"[A-Za-z0-9]", re.sub(r"\\[wdsWDS]|\.[*+?]", "", pattern))


def _place(place: Place) -> str:
    path, line = place
    return f"{path}:{line}" if line else path


def wrong_renames(renames: Mapping[str, str], registered: Collection[str]) -> list[tuple[str, str]]:
    """The old names that cannot be renamed as wished, and why: a new one that is no name, is pytest's own, or none."""
    wrong = []
    for old, new in renames.items():
        if not new.isidentifier() or keyword.iskeyword(new):
            wrong.append((old, f"{new!r} cannot be written as pytest.mark.{new}"))
        elif new in BUILTIN:
            wrong.append((old, f"{new!r} is a mark of pytest's own, which would do something else with the tests"))
        elif new == old:
            wrong.append((old, "the new name is the old one"))
        elif old not in registered:
            wrong.append((old, "there is no such marker, registered or on a test"))
    return wrong


def gates(
    markers: Sequence[Marker], *, tests: int | None, removed: Collection[str], limit: int, collected: bool
) -> tuple[Gate, ...]:
    """The plan's section 15: does a test use what is not registered; what is there to remove; is it documented.

    `removed` are the markers that an earlier consolidation has removed, `tests` is the number of tests that pytest
    collected, and `collected` says whether it came to its end.
    """
    return (
        _registered(markers, removed, collected=collected),
        _needed(markers, tests),
        _few(markers, limit),
        _documented(markers),
        _aligned(markers),
    )


def _registered(markers: Sequence[Marker], removed: Collection[str], *, collected: bool) -> Gate:
    wrong = [marker.name for marker in markers if marker.kind is Class.UNREGISTERED]
    back = [name for name in wrong if name in removed]
    if wrong:
        reason = f"tests use {_listed(wrong)} without a registration"
        reason += f"; {_listed(back)} had been removed" if back else ""
    else:
        reason = "every marker that tests use is registered"
    grade = Grade.FAIL if wrong else Grade.PASS if collected else Grade.UNMEASURED
    if grade is Grade.UNMEASURED:
        reason = "pytest did not collect to its end, so what plugins apply is not known; no unregistered one was seen"
    return Gate(name="registered", grade=grade, figure=len(wrong), threshold=0, reason=reason)


def _needed(markers: Sequence[Marker], tests: int | None) -> Gate:
    idle = [marker.name for marker in markers if marker.kind is Class.REMOVABLE]
    rare = [marker.name for marker in markers if is_rare(marker, tests)]
    parts = [f"{len(idle)} can be removed"] if idle else []
    parts += [f"{len(rare)} on less than {RARE:.0%} of the tests"] if rare else []
    return Gate(
        name="needed",
        grade=Grade.WARN if parts else Grade.PASS,
        figure=len(idle),
        threshold=0,
        reason=", ".join(parts) or "no marker can be removed",
    )


def is_rare(marker: Marker, tests: int | None) -> bool:
    """Whether tests carry the marker, but few do: a candidate for a person's decision, never for removal by itself."""
    return bool(tests and marker.usage and 0 < marker.usage.tests < RARE * tests)


def _few(markers: Sequence[Marker], limit: int) -> Gate:
    registered = sum(bool(marker.registrations) for marker in markers if marker.kind is not Class.REMOVABLE)
    grade = Grade.PASS if registered <= limit else Grade.WARN
    reason = f"{registered} registered markers have to stay, or may have to"
    return Gate(name="few", grade=grade, figure=registered, threshold=limit, reason=reason)


def _documented(markers: Sequence[Marker]) -> Gate:
    staying = [marker for marker in markers if marker.registrations and marker.kind is not Class.REMOVABLE]
    bare = [marker.name for marker in staying if not marker.description]
    if not staying:
        return _nothing("documented")
    share = 1 - len(bare) / len(staying)
    reason = f"no description: {_listed(bare)}" if bare else "each that stays has a description"
    return Gate(name="documented", grade=Grade.WARN if bare else Grade.PASS, figure=share, threshold=1, reason=reason)


def _aligned(markers: Sequence[Marker]) -> Gate:
    live = [marker for marker in markers if marker.kind.is_live]
    astray = [marker.name for marker in live if marker.term is None]
    if not live:
        return _nothing("aligned")
    share = 1 - len(astray) / len(live)
    reason = f"no facet: {_listed(astray)}" if astray else "each live marker has its facet in the taxonomy"
    return Gate(name="aligned", grade=Grade.WARN if astray else Grade.PASS, figure=share, threshold=1, reason=reason)


def _nothing(name: str) -> Gate:
    return Gate(name=name, grade=Grade.UNMEASURED, figure=None, threshold=1, reason="there is no such marker")


def _listed(names: Sequence[str], *, most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
