"""The registrations in pytest's configuration files: taken away, renamed, added, described; all else stays as it is.

Edited as text at places that `listing` has found. Each edit is checked by reading its outcome again: unless exactly the
wanted difference came out, in the list and in all else, the file is left alone with an error.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Mapping

import msgspec

from noxtasks.errors import ConfigurationError
from noxtasks.markers.migration import listing as listings
from noxtasks.markers.migration.listing import BY_HAND, Entry, Form, Listing
from noxtasks.markers.migration.model import Change
from noxtasks.markers.migration.spans import (
    Replacement,
    Span,
    Unsure,
    applied,
    comment_above,
    line_start,
    without_items,
)

# In the order in which pytest looks for its settings; the first two count even where they hold none.
_ALWAYS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
_IF_CONFIGURED = ("pyproject.toml", "tox.ini", "setup.cfg")
_NEW = "pytest.ini"
_INDENT = "    "
_INI_COMMENTS = ("#", ";")


class _Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of one entry."""

    entry: Entry
    name: str
    description: str  # to be added; empty where it has one, or none is wanted
    is_gone: bool

    @property
    def value(self) -> str:
        """What pytest is to read of the line afterwards."""
        value = self.entry.value
        named = value.replace(self.entry.name, self.name, 1)
        return named + _addition(value, self.description)


def file_of_root(files: Mapping[str, bytes]) -> str:
    """The file that pytest configures itself from in the root, of those given by their paths; else one to be made."""
    for name in _ALWAYS:
        if name in files:
            return name
    for name in _IF_CONFIGURED:
        if name in files and listings.of(name, _text(name, files[name])).has_section:
            return name
    return "pyproject.toml" if "pyproject.toml" in files else _NEW


def names(path: str, content: bytes) -> set[str]:
    """The markers that the configuration file registers. Raises `ConfigurationError` as `listing.of` does."""
    return {entry.name for entry in listings.of(path, _text(path, content)).entries}


def edited(content: bytes, path: str, change: Change, *, added: Mapping[str, str] | None = None) -> bytes:
    """The configuration file with its registrations as the change has them; and with `added`, unless they are there.

    Raises `ConfigurationError` where that cannot be done without changing something else.
    """
    text = _text(path, content)
    listing = listings.of(path, text)
    wishes = _wishes(listing, change)
    after = text
    try:
        if any(wish.value != wish.entry.value for wish in wishes):
            after = applied(after, [each for wish in wishes for each in _rewritten(after, listing, wish)])
        gone = {place for place, wish in enumerate(wishes) if wish.is_gone}
        if gone:
            after = _without(after, listings.of(path, after), gone)
        kept = {wish.name for wish in wishes if not wish.is_gone}
        missing = {name: text for name, text in (added or {}).items() if name not in kept}
        for name, description in missing.items():
            after = _with(after, listings.of(path, after), name, _one_line(description))
        wanted = [line for wish in wishes if not wish.is_gone for line in (wish.value, *wish.entry.lines[1:])]
        wanted += [name + _addition(name, _one_line(text)) for name, text in missing.items()]
        is_right = after == text or (listings.values(path, after) == wanted and _rest(path, after) == _rest(path, text))
    except (Unsure, ConfigurationError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"it cannot be edited: {error}", where=listing.where, remedy=BY_HAND) from error
    if not is_right:
        raise ConfigurationError("it cannot be edited without changing more", where=listing.where, remedy=BY_HAND)
    return after.encode("utf-8")


def _text(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"it is not UTF-8: {error}", where=path, remedy=BY_HAND) from error


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _wishes(listing: Listing, change: Change) -> list[_Wish]:
    """What becomes of each entry. Of those that get one name, the one that had it stays, else the first."""
    same: dict[str, list[int]] = defaultdict(list)
    for place, entry in enumerate(listing.entries):
        if entry.name not in change.removed:
            same[change.now(entry.name)].append(place)
    wishes: dict[int, _Wish] = {}
    for name, places in same.items():
        entries = {place: listing.entries[place] for place in places}
        stays = next((place for place, entry in entries.items() if entry.name == name), places[0])
        told = next((entry.description for entry in entries.values() if entry.description), "")
        for place, entry in entries.items():
            wanted = change.described.get(entry.name) or change.described.get(name) or ""
            description = "" if entry.description else _one_line(told if place == stays and told else wanted)
            is_gone = place != stays and entry.name in change.renamed
            wishes[place] = _Wish(entry=entry, name=name, description="" if is_gone else description, is_gone=is_gone)
    for place, entry in enumerate(listing.entries):
        if place not in wishes:
            wishes[place] = _Wish(entry=entry, name=entry.name, description="", is_gone=True)
    return [wishes[place] for place in sorted(wishes)]


def _addition(value: str, description: str) -> str:
    """What comes after an entry so that it has the description."""
    if not description:
        return ""
    if not value.rstrip().endswith(":"):
        return f": {description}"
    return description if value.endswith(" ") else f" {description}"


def _rewritten(text: str, listing: Listing, wish: _Wish) -> list[Replacement]:
    span, token = wish.entry.span, wish.entry.span.of(text)
    quotes = 0 if listing.form is Form.LINES else 3 if token[:3] in {'"""', "'''"} else 1
    found: list[Replacement] = []
    if wish.name != wish.entry.name:
        start = span.start + token.index(wish.entry.name)
        found.append(Replacement(start=start, end=start + len(wish.entry.name), text=wish.name))
    if addition := _addition(wish.entry.value, wish.description):
        if listing.is_toml and token[-1:] == "'" and "'" in addition:
            return [Replacement(start=span.start, end=span.end, text=_quoted(wish.value, '"'))]
        if listing.is_toml and (token[-1:] == '"' or _is_basic(text, listing)):
            addition = _quoted(addition, '"')[1:-1]
        found.append(Replacement(start=span.end - quotes, end=span.end - quotes, text=addition))
    return found


def _is_basic(text: str, listing: Listing) -> bool:
    """Whether the lines are those of a string in which a backslash begins an escape."""
    return listing.form is Form.LINES and listing.value is not None and text[listing.value.start] == '"'


def _quoted(value: str, quote: str) -> str:
    if quote == "'" and "'" not in value and value.isprintable():
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _without(text: str, listing: Listing, gone: Collection[int]) -> str:
    value = listing.value
    if value is None:
        return text
    if listing.form is Form.ARRAY:
        after = without_items(text, [entry.span for entry in listing.entries], gone)
    else:
        after = text
        for place in sorted(gone, reverse=True):
            cut = _cut_lines(after, listing, listing.entries[place])
            after = after[: cut.start] + after[cut.end :]
    return _without_empty_key(after, value.start) if len(gone) == len(listing.entries) else after


def _cut_lines(text: str, listing: Listing, entry: Entry) -> Span:
    """The lines of an entry, with the comment above that belongs to it alone; only its text, where it shares a line."""
    last = entry.last
    start, end = line_start(text, entry.span.start), listings.line_end(text, last.end)
    value = listing.value or entry.span
    if text[start : entry.span.start].strip():  # behind the key, or the quotes
        return Span(
            start=max(value.start, entry.span.start - 1) if not listing.is_toml else entry.span.start, end=last.end
        )
    if text[last.end : end].strip():  # before the quotes
        return Span(start=len(text[:start].removesuffix("\n").removesuffix("\r")), end=last.end)
    if listing.is_toml:
        return Span(start=start, end=end)
    below = text[end:].partition("\n")[0]
    is_alone = not below.startswith((" ", "\t")) or below.lstrip().startswith(_INI_COMMENTS)
    if not below.strip():
        following = text[end:].lstrip("\r\n")
        is_alone = not following.startswith((" ", "\t")) or following.lstrip().startswith(_INI_COMMENTS)
    return Span(start=comment_above(text, start, _INI_COMMENTS, is_alone=is_alone), end=end)


def _without_empty_key(text: str, value_start: int) -> str:
    """The text without the key whose list is empty now; with it, where a comment is left in the list."""
    start, end = line_start(text, value_start), listings.line_end(text, value_start)
    rest = text[value_start:end].strip()
    if rest.startswith("[") and not rest.endswith("]"):  # brackets on lines of their own
        closing = re.compile(r"\[\s*\]\s*?(?:\n|\Z)").match(text, value_start)
        end = closing.end() if closing else start
    elif rest not in {"", "[]", '""', "''", '""' * 3, "''" * 3} or (not rest and _has_comment(text[end:])):
        end = start
    return text[:start] + text[end:]


def _has_comment(below: str) -> bool:
    return below.startswith((" ", "\t")) and below.lstrip(" \t").startswith(_INI_COMMENTS)


def _with(text: str, listing: Listing, name: str, description: str) -> str:
    """The text with one more entry, behind the last one and in its manner."""
    newline = "\r\n" if "\r\n" in text else "\n"
    line = name + _addition(name, description)
    if listing.value is None:
        return _with_key(text, listing, line, newline)
    if listing.form is Form.ARRAY:
        return _with_item(text, listing, listing.value, line, newline)
    if listing.is_toml and _is_basic(text, listing):
        line = _quoted(line, '"')[1:-1]
    last = listing.entries[-1] if listing.entries else None
    at = listing.value.end if last is None else last.last.end
    indent = _INDENT
    if last and not text[(start := line_start(text, last.span.start)) : last.span.start].strip():
        indent = text[start : last.span.start]
    return text[:at] + newline + indent + line + text[at:]


def _with_item(text: str, listing: Listing, value: Span, line: str, newline: str) -> str:
    if not listing.entries:
        inner = text[value.start + 1 : value.end - 1]
        item = f"{newline}{_INDENT}{_quoted(line, chr(34))}," if "\n" in inner else _quoted(line, '"')
        return text[: value.start + 1] + item + text[value.start + 1 :]
    last = listing.entries[-1].span
    item = _quoted(line, text[last.start])
    comma = re.compile(r"\s*,").match(text, last.end)
    indent = text[line_start(text, last.start) : last.start]
    if indent.strip():
        return f"{text[: last.end]}, {item}{text[last.end :]}"
    rest = re.compile(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?(?=\r?\n)").match(text, last.end)
    if comma and rest and comma.end() <= rest.end():
        return f"{text[: rest.end()]}{newline}{indent}{item},{text[rest.end() :]}"
    if comma or not rest:
        return f"{text[: last.end]},{newline}{indent}{item}{text[last.end :]}"
    return f"{text[: last.end]},{text[last.end : rest.end()]}{newline}{indent}{item}{text[rest.end() :]}"


def _with_key(text: str, listing: Listing, line: str, newline: str) -> str:
    """The text with the key `markers` at the end of its section, which is made where it is not there."""
    item = f"{_quoted(line, chr(34))}," if listing.is_toml else line
    lines = ["markers = [", _INDENT + item, "]"] if listing.is_toml else ["markers =", _INDENT + item]
    at = listing.section_end
    if not listing.has_section:
        at = len(text)
        lines = [*([""] if text.strip() else []), f"[{'.'.join(listing.table)}]", *lines]
    head = text[:at] + (newline if at and not text[:at].endswith("\n") else "")
    return head + "".join(each + newline for each in lines) + text[at:]


def _rest(path: str, text: str) -> object:
    """All that the file says beside the list of markers, but for an INI file's comments and empty sections."""
    listing = listings.of(path, text)
    if listing.is_toml:
        parsed = tomllib.loads(text)
        _forget(parsed, listing.table)
        return parsed
    if listing.value is not None:
        start = line_start(text, listing.value.start)
        text = text[:start] + text[listings.line_end(text, listing.value.end) :]
    lines = [line.strip() for line in text.splitlines() if not line.lstrip().startswith(_INI_COMMENTS)]
    return [line for line in lines if line and line != f"[{listing.table[0]}]"]


def _forget(parsed: dict[str, object], table: tuple[str, ...]) -> None:
    """Take the list out, and the tables that are empty without it."""
    inner = parsed.get(table[0]) if table else None
    if not table:
        parsed.pop("markers", None)
    elif isinstance(inner, dict):
        _forget(inner, table[1:])
        if not inner:
            del parsed[table[0]]
