"""Markers named in text other than by `-m` and `-k`: as `mark.NAME`, in tools that search for text, in prose, in data.

Only what runs over the text for a name is a use (`grep -l slow`); what the rest stands for cannot be told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from noxtasks.markers.model import Reference, Use
from noxtasks.markers.texts.kinds import TextKind
from noxtasks.markers.texts.lines import Lines

_MARK = re.compile(r"mark(?<!\wmark)\\*\.(\w+)")
_WORD = re.compile(r"[A-Za-z_]\w*")
_TOOL = re.compile(
    r"(?<![\w-])(?:[efz]?grep|sed|g?awk|rg|ag|ack|perl|findstr|Select-String|sls|xargs|parallel|python[\d.]*\s+-c)(?=\s)",
    re.IGNORECASE,
)
_HANDS_ON = re.compile(r"xargs|parallel", re.IGNORECASE)
_PYTEST = re.compile(r"(?<![\w.-])(?:pytest|py\.test)(?![\w-])")
_FENCE = re.compile(r"^\s*(?:```|~~~|----\s*$)")
_CODE_LINE = re.compile(r"(?: {3,}|\t|\s*>>>|\s*@|\s*<!--)")
_BARE = re.compile(
    r"[`\"'*|][ ]*@?([A-Za-z_]\w*)(?:\([^)\n]*\))?[ ]*[`\"'*|]|^\s*[-*]\s+([A-Za-z_]\w*)\s*[:\u2013\u2014-]",
    re.MULTILINE,
)
_TAG = re.compile(r"(?<!\S)@([\w-]+)")
_MARKS_KEY = re.compile(r"^\s*(?:-\s+)?(?:marks?|markers?)\s*:", re.MULTILINE)
_QUOTES = ("'", '"')
_MAX_PER_NAME = 3  # prose that repeats a name says nothing more
_MAX_PER_FILE = 100
_SHORT = 60
_MAX_COMMAND = 2000  # characters of one command
_DATA_LIMIT = 512 * 1024  # longer data are recordings and tables, not settings


def by_mark(path: str, text: str, kind: TextKind, names: Collection[str]) -> Iterator[Reference]:
    """`mark.NAME` wherever it is written."""
    if "mark" not in text:
        return
    found = [match for match in _MARK.finditer(text) if match[1] in names]
    if not found:
        return
    lines = text.split("\n")
    is_code = _code_lines(lines) if kind is TextKind.DOCS else []
    numbers = Lines(text)
    for match in found:
        line = numbers.number(match.start())
        use, how = _meaning(kind, bool(is_code) and is_code[line - 1])
        yield Reference(marker=match[1], path=path, line=line, use=use, how=how)


def _meaning(kind: TextKind, is_code: bool) -> tuple[Use, str]:
    if kind is TextKind.CHANGES:
        return Use.MENTIONED, "change log"
    if kind is TextKind.DOCS:
        return (Use.POSSIBLE, "code in docs") if is_code else (Use.MENTIONED, "docs")
    return Use.POSSIBLE, "text"


def _code_lines(lines: list[str]) -> list[bool]:
    is_code: list[bool] = []
    in_fence = False
    for line in lines:
        is_fence = _FENCE.match(line) is not None
        in_fence ^= is_fence
        is_code.append(not is_fence and (in_fence or _CODE_LINE.match(line) is not None))
    return is_code


def by_tool(path: str, text: str, names: Collection[str]) -> Iterator[Reference]:
    """Names in the arguments of a program that searches or edits text."""
    numbers: Lines | None = None
    end = 0
    for tool in _TOOL.finditer(text):
        if tool.start() < end:  # in a pipe of the tool before, which was read to its end
            continue
        end = _command_end(text, tool.end())
        begin = tool.start()
        if _HANDS_ON.match(tool[0]):  # what comes before, through a pipe, becomes an argument
            begin = text.rfind("\n", 0, begin) + 1
            if not _PYTEST.search(text, begin, end):
                continue
        command = text[begin:end]
        is_program = tool[0].endswith("-c") and "mark" not in command  # one that speaks of much else, too
        for word in _words_in(command, names):
            if is_program and not _is_string(word):
                continue
            numbers = numbers or Lines(text)
            line = numbers.number(begin + word.start())
            yield Reference(marker=word[0], path=path, line=line, use=Use.SELECTED, how=_short(command))


def _is_string(word: re.Match[str]) -> bool:
    text = word.string
    return text[word.start() - 1 : word.start()] in _QUOTES and text[word.end() : word.end() + 1] in _QUOTES


def _words_in(command: str, names: Collection[str]) -> Iterator[re.Match[str]]:
    # In a regular expression an escape may stand right before the name: `\bslow\b`.
    without_escapes = re.sub(r"\\[a-zA-Z<>]", "  ", command)
    return (word for word in _WORD.finditer(without_escapes) if word[0] in names)


def _command_end(text: str, at: int) -> int:
    limit = at + _MAX_COMMAND
    while True:
        end = text.find("\n", at, limit)
        if end < 0:
            return min(len(text), limit)
        if not text.endswith(("\\", " ^", " `"), at, end):
            return end
        at = end + 1


def _short(command: str) -> str:
    line = " ".join(command.split())
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 1]}…"


def in_prose(path: str, text: str, names: Collection[str]) -> Iterator[Reference]:
    """Bare names in docs, where they are set off as names: quoted, in a table, or at the head of a list's item."""
    numbers: Lines | None = None
    seen: Counter[str] = Counter()
    for match in _BARE.finditer(text):
        name = match[1] or match[2]
        if name in names and seen[name] < _MAX_PER_NAME and seen.total() < _MAX_PER_FILE:
            seen[name] += 1
            numbers = numbers or Lines(text)
            line = numbers.number(match.start(1 if match[1] else 2))
            yield Reference(marker=name, path=path, line=line, use=Use.MENTIONED, how="docs")


def in_features(path: str, text: str, names: Collection[str]) -> Iterator[Reference]:
    """Tags of scenarios, which pytest-bdd makes markers of."""
    numbers = Lines(text)
    for match in _TAG.finditer(text):
        name = match[1].replace("-", "_")
        for marker in {match[1], name} & set(names):
            line = numbers.number(match.start())
            yield Reference(marker=marker, path=path, line=line, use=Use.POSSIBLE, how="tag of a scenario")


def in_data(text: str, names: Collection[str]) -> Iterator[tuple[str, int]]:
    """Names that are whole values or keys in data, and their lines."""
    if len(text) > _DATA_LIMIT or set(names).isdisjoint(_WORD.findall(text)):
        return
    numbers = Lines(text)
    for match in _WORD.finditer(text):
        if match[0] in names and _is_whole(text, match.start(), match.end()):
            yield match[0], numbers.number(match.start())


def _is_whole(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 2) : start], text[end : end + 1]
    stands_first = not before.strip(" \t") or before[-1] in "\"'`[,:=({|@\n" or before in {"- ", ": ", "= ", ", "}
    return stands_first and (not after or after in "\"'`],:=)}|\n \t;") and not _goes_on(text, end)


def _goes_on(text: str, end: int) -> bool:
    """Whether more words follow, so that this is a sentence."""
    return re.match(r"[ \t]+\w", text[end : end + 80]) is not None


def marks_of_data(text: str) -> list[tuple[int, int]]:
    """The parts of a YAML file that list the marks of a test, from offset to offset."""
    parts = []
    for match in _MARKS_KEY.finditer(text):
        indent = len(match[0]) - len(match[0].lstrip())
        below = re.compile(rf"[^\n]*(?:\n(?:[ ]{{{indent + 1},}}|[ ]{{{indent}}}-)[^\n]*)*").match(text, match.end())
        parts.append((match.end(), below.end() if below else match.end()))
    return parts
