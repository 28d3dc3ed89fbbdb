"""Edits of a text at places that are known: replaced stretches, and items taken out of a bracketed sequence.

A sequence is written alike in TOML and in Python: items, commas, white space, and comments from `#` to the line's end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import msgspec

_REST_OF_LINE = re.compile(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?:\r\n?|\n)")
_COMMA = re.compile(r"\s*,")
_BLANK_BEFORE = re.compile(r"[ \t]*\Z")
_CLOSING = (")", "]", "}")


class Unsure(Exception):  # noqa: N818 - what follows from it is for the caller to say
    """The text is written so that the edit might change something else."""


class Span(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """From the character at `start` to the one before `end`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """What stands there."""
        return text[self.start : self.end]


class Replacement(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """What is to stand in the place of a stretch of text; an empty stretch is an insertion."""

    start: int
    end: int
    text: str


def applied(text: str, replacements: Iterable[Replacement]) -> str:
    """The text with all the replacements, each of which is made once. Raises `Unsure` where two of them overlap."""
    parts: list[str] = []
    at = 0
    for each in sorted(set(replacements)):
        if each.start < at:
            raise Unsure("two edits touch the same place")
        parts += [text[at : each.start], each.text]
        at = each.end
    return "".join((*parts, text[at:]))


def without_items(text: str, items: Iterable[Span], gone: Collection[int], *, is_tuple: bool = False) -> str:
    """The text without some items of a sequence; those on lines of their own go with these.

    A comment directly above goes with its item where nothing below could be meant as well. Raises `Unsure` where a
    comment stands in the way.
    """
    spans = list(items)
    for place in sorted(gone, reverse=True):
        for cut in sorted(_cuts(text, spans, place, is_tuple=is_tuple), reverse=True):
            text = text[: cut.start] + text[cut.end :]
            spans = [
                Span(start=span.start - cut.end + cut.start, end=span.end - cut.end + cut.start)
                if span.start >= cut.end
                else span
                for span in spans
            ]
        del spans[place]
    return text


def _cuts(text: str, spans: list[Span], place: int, *, is_tuple: bool) -> list[Span]:
    """What goes with one item: itself, its comma, and its lines where nothing else stands on them."""
    item = spans[place]
    is_last = place == len(spans) - 1
    has_comma = _COMMA.match(text, item.end) is not None
    line = line_start(text, item.start)
    rest = _REST_OF_LINE.match(text, item.end)
    if not text[line : item.start].strip() and rest:
        cuts = [Span(start=comment_above(text, line, is_alone=_is_end(text[rest.end() :])), end=rest.end())]
        keeps_comma = is_tuple and len(spans) == 2  # noqa: PLR2004 - of a pair, one is left: it needs its comma
        if is_last and not has_comma and place > 0 and not keeps_comma:
            cuts += _comma_after(text, spans[place - 1].end)
        return cuts
    return [_cut_within(text, spans, place, is_tuple=is_tuple)]


def _cut_within(text: str, spans: list[Span], place: int, *, is_tuple: bool) -> Span:
    """An item that shares its line with others."""
    item = spans[place]
    comma = _COMMA.match(text, item.end)
    if place < len(spans) - 1:
        cut = Span(start=item.start, end=spans[place + 1].start)
        if "\n" in cut.of(text) and comma:  # the next one keeps its line
            blank = _BLANK_BEFORE.search(text, 0, item.start)
            cut = Span(start=blank.start() if blank else item.start, end=comma.end())
    elif place > 0:
        cut = Span(start=spans[place - 1].end, end=item.end)
        if is_tuple and len(spans) == 2 and not comma:  # noqa: PLR2004 - see _cuts
            cut = Span(start=(_COMMA.match(text, cut.start) or _no_comma()).end(), end=item.end)
        elif "#" in text[cut.start : item.start] and "\n" in text[cut.start : item.start]:
            cut = Span(start=line_start(text, item.start), end=item.end)
    else:
        cut = Span(start=item.start, end=comma.end() if comma else item.end)
    outside = cut.of(text).replace(item.of(text), "", 1)
    if "#" in outside:
        raise Unsure("a comment stands between its items")
    return cut


def _no_comma() -> re.Match[str]:
    """Two items of a sequence have a comma between them, or they are none."""
    raise Unsure("its items cannot be told apart")


def _comma_after(text: str, end: int) -> list[Span]:
    comma = _COMMA.match(text, end)
    return [Span(start=comma.end() - 1, end=comma.end())] if comma else []


def line_start(text: str, at: int) -> int:
    """Where the line begins that has the character `at`."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def comment_above(text: str, line: int, signs: tuple[str, ...] = ("#",), *, is_alone: bool) -> int:
    """Where the comment begins that stands directly above `line`; `line` itself without one.

    `is_alone` says that the comment can mean nothing else; when in doubt it stays.
    """
    first = line
    while is_alone and first > 0:
        above = line_start(text, first - (2 if text[:first].endswith("\r\n") else 1))
        if not text[above:first].lstrip().startswith(signs):
            break
        first = above
    return first


def _is_end(below: str) -> bool:
    """Whether what follows is a comment of its own, after blank lines or none, or the end of the sequence."""
    follows = below.lstrip()
    return not follows or follows.startswith(("#", *_CLOSING))
