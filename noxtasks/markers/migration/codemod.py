"""Markers in a Python file: renamed wherever the syntax says that a marker is meant, and their registrations removed.

Read by libcst, edited as text at the places that it found: every other byte stays, whatever the encoding and the ends
of lines. What cannot be renamed with certainty is told; so is each use that the audit has seen and that is not found.
"""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence

import libcst as cst

from noxtasks.markers.migration import expressions
from noxtasks.markers.migration.bindings import Bindings
from noxtasks.markers.migration.model import Change, Unchanged
from noxtasks.markers.migration.outline import outlined
from noxtasks.markers.migration.spans import Replacement, Unsure, applied
from noxtasks.markers.migration.tidying import Tidying
from noxtasks.markers.migration.uses import Uses
from noxtasks.markers.model import Reference, Selector, Use

_MARK = "\ufeff"
_CANNOT = "it cannot be edited without changing the rest of it"
_REGISTERS = "addinivalue_line"
_TAKES_NAMES = re.compile(r"mark|keywords|getoption")
_OPTION = re.compile(r"(?<![\w\-])-m")
_NOT_PYTHON = (cst.ParserSyntaxError, UnicodeDecodeError, LookupError, SyntaxError)


def edited(
    content: bytes,
    path: str,
    change: Change,
    *,
    selectors: Sequence[Selector] = (),
    references: Sequence[Reference] = (),
) -> tuple[bytes, list[Unchanged]]:
    """The file with its markers as the change has them, and the places that stay as they are.

    `selectors` and `references` are what the audit has seen in this file.
    """
    named = _named(content, change) | ({each.marker for each in references} & change.renamed.keys())
    if not named:
        return content, []
    try:
        text, encoding = _decoded(content)
        module = _parsed(text, change)
        places, unchanged = expressions.replacements(
            text, change, selectors, [each for each in references if each.use is Use.SELECTED]
        )
        after, more = _renamed(module, text, path, change, places=places, references=references)
        tidy, left = _tidied(after, path, change) if _needs_tidying(text, change) else (after, [])
        return _encoded(tidy, content, encoding), [*unchanged, *more, *left]
    except _NOT_PYTHON as error:
        line = error.raw_line if isinstance(error, cst.ParserSyntaxError) else 0
        return content, [Unchanged(marker=name, path=path, line=line, why="it is not Python") for name in sorted(named)]
    except Unsure as error:
        return content, [Unchanged(marker=name, path=path, line=0, why=str(error)) for name in sorted(named)]


def _decoded(content: bytes) -> tuple[str, str]:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    text = content.decode(encoding).removeprefix(_MARK)
    if _encoded(text, content, encoding) != content:
        raise Unsure(_CANNOT)
    return text, encoding


def _parsed(text: str, change: Change) -> cst.Module:
    """The file with all that may have to do with the change. Raises `Unsure` where places in it are not the text's."""
    names = {*change.renamed, *change.renamed.values(), *change.removed, *change.described}
    outline = _without_page_breaks(outlined(text, names))
    module = cst.parse_module(outline)
    # The blanks at the end, which libcst may leave out, move nothing.
    if module.code.rstrip() != outline.rstrip():
        raise Unsure(_CANNOT)
    return module


def _without_page_breaks(text: str) -> str:
    """As long as the text, with spaces where lines are form feeds alone: libcst leaves these out."""
    return re.sub(r"^\x0c(?=\r?$)", " ", text, flags=re.MULTILINE)


def _named(content: bytes, change: Change) -> set[str]:
    """The markers of the change that the file may have to do with, by its text: libcst takes seconds for a long one."""
    text = content.decode("latin-1")
    found = set()
    if _REGISTERS in text:
        found |= {name for name in (*change.removed, *change.described) if _bytes_of(name) in text}
    has_marks, has_names = "mark" in text, bool(_TAKES_NAMES.search(text))
    for name in change.renamed:
        word = rf"{re.escape(_bytes_of(name))}(?!\w)"
        if (
            (has_marks and re.search(rf"\.\s*{word}", text))
            or (has_names and re.search(rf"[\"'](?:[^\"'\n]*[^\"'\n\w])?{word}", text))
            or (_OPTION.search(text) and re.search(rf"(?<!\w){word}", text))
        ):
            found.add(name)
    return found


def _bytes_of(name: str) -> str:
    return name.encode().decode("latin-1")


def _needs_tidying(text: str, change: Change) -> bool:
    """Whether a mark may stand twice once the file is renamed, or a registration is to go or to be described."""
    if _REGISTERS in text and any(name in text for name in (*change.removed, *change.described)):
        return True
    became: dict[str, set[str]] = {new: {new} - change.renamed.keys() for new in change.renamed.values()}
    for old, new in change.renamed.items():
        became[new].add(old)
    return any(
        sum(bool(re.search(rf"\.\s*{re.escape(name)}(?!\w)", text)) for name in names) > 1 for names in became.values()
    )


def _encoded(text: str, content: bytes, encoding: str) -> bytes:
    mark = _MARK.encode() if content.startswith(_MARK.encode()) else b""
    return mark + text.encode("utf-8" if mark else encoding)


def _renamed(
    module: cst.Module,
    text: str,
    path: str,
    change: Change,
    *,
    places: Collection[Replacement],
    references: Sequence[Reference],
) -> tuple[str, list[Unchanged]]:
    bindings = Bindings()
    wrapper = cst.MetadataWrapper(module, unsafe_skip_copy=True)
    module.visit(bindings)
    uses = Uses(text, bindings, change)
    wrapper.visit(uses)
    with uses.resolve(wrapper):
        uses.settle()
        applied_at = {(each.marker, each.line) for each in references if each.use is Use.APPLIED}
        for marker, line, replacement in uses.unknown:
            if (marker, line) in applied_at:
                uses.replacements.add(replacement)
            else:
                uses.doubts.append((marker, line, "nothing tells whether this is a mark of pytest"))
        replacements = {each for each in uses.replacements if not _touches(each, places)} | set(places)
        seen = _Seen(text, replacements, uses)
        doubts = [each for each in uses.doubts if not seen.is_touched(each[0], each[1])]
        for marker, line in uses.left_over():
            if uses.computed and not seen.is_touched(marker, line):
                doubts.append((marker, line, f"a marker's name is computed in line {uses.computed[0]}, maybe of this"))
    unchanged = [Unchanged(marker=marker, path=path, line=line, why=why) for marker, line, why in doubts]
    unchanged += [each for reference in references if (each := seen.missing(reference, change)) is not None]
    return applied(text, replacements), sorted(set(unchanged))


class _Seen:
    """Which uses were renamed, by the statement that they stand in."""

    def __init__(self, text: str, replacements: Iterable[Replacement], uses: Uses) -> None:
        starts = [match.end() for match in re.finditer(r"\r\n?|\n", text)]
        self._touched: set[tuple[str, int]] = set()
        self._settled = uses.settled
        self._left = set(uses.left_over())
        self._extents = sorted(uses.extents, key=lambda extent: extent[1] - extent[0])
        for each in replacements:
            line = bisect_right(starts, each.start) + 1
            self._touched |= {(name, line) for name in re.findall(r"[\w.\-]+", text[each.start : each.end])}

    def is_touched(self, marker: str, line: int) -> bool:
        first, last = next((extent for extent in self._extents if extent[0] <= line <= extent[1]), (line, line))
        return any(at in self._settled or (marker, at) in self._touched for at in range(first, last + 1))

    def missing(self, reference: Reference, change: Change) -> Unchanged | None:
        """What is to be said of a use that the audit has seen and that was not renamed; nothing, where it was."""
        marker, line, use = reference.marker, reference.line, reference.use
        if marker not in change.renamed or self.is_touched(marker, line):
            return None
        if use is Use.APPLIED and (marker, line) not in self._left:
            return None  # by another name, which was given to it elsewhere
        if use in {Use.APPLIED, Use.DYNAMIC, Use.READ, Use.POSSIBLE}:
            why = f"it cannot be renamed with certainty: {reference.how}"
            return Unchanged(marker=marker, path=reference.path, line=line, why=why)
        return None


def _touches(one: Replacement, others: Collection[Replacement]) -> bool:
    return any(one.start < each.end and each.start < one.end for each in others)


def _tidied(text: str, path: str, change: Change) -> tuple[str, list[Unchanged]]:
    module = _parsed(text, change)
    bindings = Bindings()
    module.visit(bindings)
    tidying = Tidying(text, bindings, change)
    cst.MetadataWrapper(module, unsafe_skip_copy=True).visit(tidying)
    after = applied(text, tidying.replacements)
    if after != text:
        cst.parse_module(_without_page_breaks(after))
    return after, [Unchanged(marker=marker, path=path, line=line, why=why) for marker, line, why in tidying.doubts]
