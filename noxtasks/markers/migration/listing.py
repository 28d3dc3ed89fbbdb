"""Where the registered markers stand in the text of a configuration file of pytest, in each form that it may have.

Nothing is changed here, and what is found is what pytest reads: a list of lines, of which each registers one marker.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import PurePosixPath

import msgspec

from noxtasks.errors import ConfigurationError
from noxtasks.markers.migration.spans import Span

BY_HAND = "Edit it by hand."

_INI_SECTIONS = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
_TOML_TABLES = {
    "pyproject.toml": (("tool", "pytest", "ini_options"), ("tool", "pytest")),
    "pytest.toml": (("pytest",),),
    ".pytest.toml": (("pytest",),),
}
_PART = re.compile(r"[A-Za-z0-9_-]+|\"[^\"\\\n]*\"|'[^'\n]*'")
_KEY = re.compile(rf"[ \t]*((?:{_PART.pattern})(?:[ \t]*\.[ \t]*(?:{_PART.pattern}))*)[ \t]*")
_HEADER = re.compile(rf"[ \t]*(\[\[?){_KEY.pattern}\]\]?")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
_BLANK_OR_COMMENT = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:#[^\n]*\Z)?")
_INI_HEADER = re.compile(r"\[([^\]\n]*)\]")
_INI_KEY = re.compile(r"([^\s=:#;\[][^=:\n]*?)\s*[=:]")
_INI_COMMENTS = ("#", ";")


class Form(Enum):
    """How the list of markers is written."""

    ARRAY = "array"  # strings in a bracketed array of TOML
    LINES = "lines"  # lines of an INI value, or of a string in TOML
    NONE = "none"  # there is no such key


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line that registers a marker: what pytest reads of it, and where that stands in the text, with its quotes.

    `more` are the lines below that go on with its description; pytest takes each for a marker with a strange name.
    """

    value: str
    span: Span
    more: tuple[Entry, ...] = ()

    @property
    def name(self) -> str:
        """The marker, as pytest has it."""
        return self.value.split(":")[0].split("(")[0].strip()

    @property
    def description(self) -> str:
        """What stands after the colon."""
        return self.value.partition(":")[2].strip()

    @property
    def lines(self) -> tuple[str, ...]:
        """What pytest reads of it."""
        return (self.value, *(each.value for each in self.more))

    @property
    def last(self) -> Span:
        """Where its last line stands."""
        return self.more[-1].span if self.more else self.span


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The registrations of one file, or where they would go."""

    form: Form
    where: str  # for people: "pytest.ini: markers"
    has_section: bool  # whether pytest finds settings of its own here
    entries: tuple[Entry, ...] = ()
    value: Span | None = None  # of the whole value of `markers`, with its brackets or quotes
    section_end: int = 0  # after the last line of the section's own keys
    is_toml: bool = False
    table: tuple[str, ...] = ()


def is_configuration(path: str) -> bool:
    """Whether the file is one that pytest may be configured in, by its name."""
    name = PurePosixPath(path).name
    return name in _INI_SECTIONS or name in _TOML_TABLES


def of(path: str, text: str) -> Listing:
    """The registrations in the configuration file `path`.

    Raises `ConfigurationError` where the file is not what its name says, or hides them from a reader of lines.
    """
    name = PurePosixPath(path).name
    if name in _INI_SECTIONS:
        return _of_ini(path, text, _INI_SECTIONS[name])
    return _of_toml(path, text, _TOML_TABLES[name])


def values(path: str, text: str) -> list[str]:
    """What pytest reads of the list, line by line."""
    return [line for entry in of(path, text).entries for line in entry.lines]


def lines_in(text: str, start: int, end: int) -> Iterator[Span]:
    """The lines between two characters, without their ends and the white space around them."""
    for match in re.compile(r"[^\r\n]+").finditer(text, start, end):
        line = match[0]
        first = match.start() + len(line) - len(line.lstrip())
        yield Span(start=first, end=match.start() + len(line.rstrip()))


def _of_ini(path: str, text: str, section: str) -> Listing:
    """INI as iniconfig reads it: a value goes on in indented lines; blank lines and comments do not end it."""
    where = f"{path}: {section}: markers"
    inside = found = False
    value: Span | None = None
    key_end = section_end = 0
    key = ""
    spans: list[Span] = []
    for match in re.compile(r"([^\n]*)(?:\n|\Z)").finditer(text):
        line = match[1].rstrip()
        if not line.strip() or line.lstrip().startswith(_INI_COMMENTS):
            continue
        if header := _INI_HEADER.match(line):
            inside = header[1] == section
            found = found or inside
            key = ""
        elif inside and not line[0].isspace() and (named := _INI_KEY.match(line)):
            key = named[1]
            if key == "markers":
                if value is not None:
                    raise ConfigurationError("it is there twice", where=where, remedy=BY_HAND)
                key_end = match.start() + named.end()
                value = Span(start=key_end, end=match.start() + len(line))
                spans += lines_in(text, key_end, value.end)
        elif inside and key == "markers" and value is not None:
            value = Span(start=value.start, end=match.start() + len(line))
            spans += lines_in(text, match.start(), value.end)
        if inside:
            section_end = match.end()
    return Listing(
        form=Form.NONE if value is None else Form.LINES,
        where=where,
        has_section=found,
        entries=tuple(_entries_of_lines(text, spans)),
        value=value,
        section_end=section_end,
        table=(section,),
    )


def _entries_of_lines(text: str, spans: Sequence[Span], read: Callable[[str], str] = str) -> Iterator[Entry]:
    """Lines as entries; one that is indented deeper and has no sensible name goes on with the one above."""
    at = 0
    while at < len(spans):
        first = spans[at]
        more: list[Entry] = []
        while at + 1 + len(more) < len(spans) and _goes_on(text, first, spans[at + 1 + len(more)]):
            span = spans[at + 1 + len(more)]
            more.append(Entry(value=read(span.of(text)), span=span))
        yield Entry(value=read(first.of(text)), span=first, more=tuple(more))
        at += 1 + len(more)


def _goes_on(text: str, first: Span, line: Span) -> bool:
    return _column(text, line) > _column(text, first) and " " in re.split("[:(]", line.of(text))[0].strip()


def _column(text: str, span: Span) -> int:
    return span.start - (text.rfind("\n", 0, span.start) + 1)


def _of_toml(path: str, text: str, tables: Sequence[tuple[str, ...]]) -> Listing:
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"it is not TOML: {error}", where=path, remedy="Mend it first.") from error
    for table in tables:
        present: object = parsed
        for part in table:
            present = present.get(part) if isinstance(present, dict) else None
        if isinstance(present, dict):
            return _of_table(path, text, table, present.get("markers"))
    return Listing(form=Form.NONE, where=f"{path}: markers", has_section=False, is_toml=True, table=tables[0])


def _of_table(path: str, text: str, table: tuple[str, ...], wanted: object) -> Listing:
    where = f"{path}: {'.'.join(table)}.markers"
    value: Span | None = None
    section_end = 0
    for key, span in _toml_values(text):
        if key[:-1] == table:
            section_end = line_end(text, span.end)
        if key == (*table, "markers"):
            value = span
        if key == table and span.start == span.end:  # the header itself
            section_end = span.end
    if wanted is None:
        return Listing(
            form=Form.NONE, where=where, has_section=True, section_end=section_end, is_toml=True, table=table
        )
    if value is None:
        raise ConfigurationError("it is written in a way that is not edited here", where=where, remedy=BY_HAND)
    form = Form.ARRAY if text[value.start] == "[" else Form.LINES
    entries = tuple(_entries_of_array(text, value) if form is Form.ARRAY else _entries_of_string(text, value))
    listing = Listing(form=form, where=where, has_section=True, entries=entries, value=value, is_toml=True, table=table)
    lines = wanted if isinstance(wanted, list) else [line.strip() for line in str(wanted).split("\n") if line.strip()]
    if [line for each in entries for line in each.lines] != lines:
        raise ConfigurationError("its entries cannot be told apart", where=where, remedy=BY_HAND)
    return listing


def _entries_of_array(text: str, value: Span) -> Iterator[Entry]:
    at = value.start + 1
    while at < value.end - 1:
        if text[at] == "#":
            at = text.index("\n", at)
        elif match := _STRING.match(text, at):
            yield Entry(value=_evaluated(match[0]), span=Span(start=at, end=match.end()))
            at = match.end()
        else:
            at += 1


def _entries_of_string(text: str, value: Span) -> Iterator[Entry]:
    quotes = 3 if text[value.start : value.start + 3] in {'"""', "'''"} else 1
    spans = list(lines_in(text, value.start + quotes, value.end - quotes))
    if text[value.start] == "'":
        return _entries_of_lines(text, spans)
    return _entries_of_lines(text, spans, lambda line: _evaluated(f'"""{line}"""').strip() if "\\" in line else line)


def _evaluated(token: str) -> str:
    return str(tomllib.loads(f"x = {token}")["x"])


def _toml_values(text: str) -> Iterator[tuple[tuple[str, ...], Span]]:
    """Every key of the file with its whole path, and where its value stands; of a table's header, where it ends."""
    table: tuple[str, ...] = ()
    at = 0
    while True:
        blank = _BLANK_OR_COMMENT.match(text, at)
        at = blank.end() if blank else at
        if at >= len(text):
            return
        if header := _HEADER.match(text, at):
            table = _parts(header[2])
            at = header.end()
            yield table, Span(start=line_end(text, at), end=line_end(text, at))
            at = line_end(text, at)
        elif (key := _KEY.match(text, at)) and text[key.end() : key.end() + 1] == "=":
            start = key.end() + 1
            start += len(text[start:]) - len(text[start:].lstrip(" \t"))
            end = _value_end(text, start)
            yield (*table, *_parts(key[1])), Span(start=start, end=end)
            at = line_end(text, end)
        else:
            at = line_end(text, at)


def _parts(key: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(key))


def _value_end(text: str, start: int) -> int:
    """Where a value ends: after its string or its last bracket, or before the comment or the end of its line."""
    at, depth = start, 0
    while at < len(text):
        character = text[at]
        if match := _STRING.match(text, at):
            at = match.end()
        elif character == "#":
            if not depth:
                break
            at = line_end(text, at)
        elif character == "\n" and not depth:
            break
        else:
            depth += (character in "[{") - (character in "]}")
            at += 1
    return start + len(text[start:at].rstrip())


def line_end(text: str, at: int) -> int:
    """Where the line ends that has the character `at`, behind its newline."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1
