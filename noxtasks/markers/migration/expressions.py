"""Expressions of `-m`: their markers renamed, in the places of text files that are known to hold one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from noxtasks.markers.migration.model import Change, Unchanged
from noxtasks.markers.migration.spans import Replacement, applied
from noxtasks.markers.model import Reference, Selector, Use

_IDENTIFIER = r"[\w:+\-.\[\]\\/]"  # as pytest reads an expression, _pytest/mark/expression.py
_TOKENS = re.compile(rf"'[^']*'|\"[^\"]*\"|(?P<name>(?:(?!\\[\"'\s]){_IDENTIFIER})+)(?!\s*=(?!=))")
_OPERAND = r"(?:not\s+)?(?!(?:not|and|or)\b)[\w:+\-.\[\]/]+"
_TWICE = {
    "or": re.compile(rf"(?P<head>^|\(|\bor\s)(?P<gap>\s*)(?P<one>{_OPERAND})\s+or\s+(?P=one)(?=\s*(?:$|\)|or\s))"),
    "and": re.compile(
        rf"(?P<head>^|\(|\b(?:or|and)\s)(?P<gap>\s*)(?P<one>{_OPERAND})\s+and\s+(?P=one)(?=\s*(?:$|\)|(?:or|and)\s))"
    ),
}
_BEFORE = r"(?:(?<=-m)|(?<![\w:+.\-/]))"
_AFTER = r"(?![\w:+\-/]|\.\w)"
_OPTION = re.compile(r"(?:-m|\bmarkexpr)[\"']?\s*[=,:]?\s*\\*[\"']?\s*\Z")
_LINES_FOR_A_COMMAND = 10  # that an expression may stand below the line where its command begins


def renamed(expression: str, change: Change) -> str:
    """The expression that selects the same tests afterwards.

    Where two markers become one, `x or x` and `x and x` become `x`; nothing else is made simpler.
    """

    def now(match: re.Match[str]) -> str:
        name = match["name"]
        return change.now(name) if name else match[0]

    after = _TOKENS.sub(now, expression)
    return after if after == expression else _simple(after, change.renamed)


def _simple(expression: str, names: Mapping[str, str]) -> str:
    new = set(names.values())

    def once(match: re.Match[str]) -> str:
        name = match["one"].split()[-1]
        return f"{match['head']}{match['gap']}{match['one']}" if name in new else match[0]

    while True:
        before = expression
        for pattern in _TWICE.values():
            expression = pattern.sub(once, expression)
        if expression == before:
            return expression


def edited(
    text: str, change: Change, selectors: Sequence[Selector], references: Sequence[Reference]
) -> tuple[str, list[Unchanged]]:
    """One file's text with the markers renamed at the places that select by them, and the places that stay."""
    found, unchanged = replacements(text, change, selectors, references)
    return applied(text, found), unchanged


def replacements(
    text: str, change: Change, selectors: Sequence[Selector], references: Sequence[Reference]
) -> tuple[set[Replacement], list[Unchanged]]:
    """What is to be replaced in one file's text, and the places that stay.

    `selectors` and `references` are those of this file.
    """
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    wanted: set[Replacement] = set()
    unchanged: list[Unchanged] = []
    covered: set[tuple[int, str]] = set()
    for selector in selectors:
        names = [name for name in selector.names if name in change.renamed]
        if selector.option != "-m" or not names:
            continue
        covered |= {(selector.line, name) for name in names}
        found = _places(text, starts, selector)
        if not found:
            why = f"-m {selector.expression!r} is not found as it is written"
            unchanged += [Unchanged(marker=name, path=selector.path, line=selector.line, why=why) for name in names]
        wanted |= {Replacement(start=match.start(), end=match.end(), text=renamed(match[0], change)) for match in found}
    for each in references:
        if each.marker in change.renamed and (each.line, each.marker) not in covered and each.use in _TELLING:
            words = _words(text, starts, each, change)
            if each.use is not Use.SELECTED or not words:
                unchanged.append(_unchanged(each))
            else:
                wanted |= {word for word in words if not _is_within(word, wanted)}
    return wanted, unchanged


_TELLING = frozenset({Use.SELECTED, Use.APPLIED, Use.DYNAMIC, Use.READ, Use.POSSIBLE})


def keyword_selections(change: Change, selectors: Iterable[Selector]) -> Iterator[Unchanged]:
    """The markers whose renaming may change what a `-k` selects, as that looks into the names of markers, too."""
    for selector in selectors:
        if selector.option == "-k":
            for old, new in change.renamed.items():
                if any(name.lower() in each.lower() for name in selector.names for each in (old, new) if name):
                    why = f"-k {selector.expression!r} looks into the names of markers as well as of tests"
                    yield Unchanged(marker=old, path=selector.path, line=selector.line, why=why)


def _unchanged(reference: Reference) -> Unchanged:
    why = {
        Use.SELECTED: "the name does not stand in this line",
        Use.POSSIBLE: f"it may or may not stand for the marker: {reference.how}",
    }.get(reference.use, f"it cannot be renamed here: {reference.how}")
    return Unchanged(marker=reference.marker, path=reference.path, line=reference.line, why=why)


def _places(text: str, starts: Sequence[int], selector: Selector) -> list[re.Match[str]]:
    """Where the expression stands: in its line, or below in that where its command goes on."""
    if not 0 < selector.line <= len(starts) or not selector.expression.strip():
        return []
    start = starts[selector.line - 1]
    end = (*starts, len(text) + 1)[selector.line]
    last = (*starts, len(text) + 1)[min(selector.line + _LINES_FOR_A_COMMAND, len(starts))]
    words = r"(?:\s|\\\r?\n)+".join(re.escape(word) for word in selector.expression.split())
    found = [
        match
        for match in re.compile(_BEFORE + words + _AFTER).finditer(text, start)
        if match.start() < min(last, len(text))
    ]
    here = [match for match in found if match.start() < end]
    with_option = [match for match in found if _OPTION.search(text, start, match.start())]
    if with_option_here := [match for match in with_option if match.start() < end]:
        return with_option_here
    return here or with_option[:1]


def _words(text: str, starts: Sequence[int], reference: Reference, change: Change) -> set[Replacement]:
    if not 0 < reference.line <= len(starts):
        return set()
    end = (*starts, len(text) + 1)[reference.line]
    word = re.compile(_BEFORE + re.escape(reference.marker) + _AFTER)
    return {
        Replacement(start=match.start(), end=match.end(), text=change.now(reference.marker))
        for match in word.finditer(text, starts[reference.line - 1], end)
    }


def _is_within(word: Replacement, others: Iterable[Replacement]) -> bool:
    return any(each.start <= word.start and word.end <= each.end for each in others)
