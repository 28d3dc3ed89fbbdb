"""Registrations in configuration files, wherever in the tree they are: a folder of a monorepo has a pytest of its own.

Files are read as pytest reads them: ini files by the rules of its own parser (no comment at the end of a line, no
interpolation, a continuation is whatever is indented), TOML by `tomllib`. Those parsers do not tell where a value
stands, so that is found here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import msgspec

from noxtasks.markers.model import Registration

_INI_SECTIONS = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
_PYTEST_TOML = frozenset({"pytest.toml", ".pytest.toml"})
_CONFIGURED = re.compile(r"(?:pytest|py\.test|addopts)[^\n]*?\s(?:-c|--config-file)[ =]?[\"']?([\w./\\-]+\.\w+)")
_TOML_STRING = re.compile(
    r"""\#[^\n]* | (?P<string> \"{3}(?:\\.|[^\\])*?\"{3,5} | '{3}.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*' )""",
    re.VERBOSE | re.DOTALL,
)

_Entry = tuple[str, int]  # what one entry says, and its line
_Line = tuple[str, int, int]  # what stands on one line, its number, and how far it is indented


class Registrations(msgspec.Struct, frozen=True, kw_only=True):
    """What configuration files register, in the order of files and lines; `unread` says which are broken, and why."""

    found: tuple[Registration, ...]
    unread: tuple[str, ...] = ()


class _BrokenError(Exception):
    """A file that pytest would refuse as well."""


def read(texts: Mapping[str, str]) -> Registrations:
    """The registrations in the files of a project, given by their paths from its root."""
    found: list[Registration] = []
    unread: list[str] = []
    named = _named_by_commands(texts)
    for path, text in texts.items():
        reader = _reader(path, named)
        if reader is None or "markers" not in text:
            continue
        try:
            found.extend(
                registration
                for how, entry in reader(text)
                if (registration := _registration(entry, path, how)) is not None
            )
        except _BrokenError as error:
            unread.append(f"{path}: {error}")
    return Registrations(found=tuple(sorted(found, key=_place)), unread=tuple(sorted(unread)))


def _place(registration: Registration) -> tuple[str, int]:
    return registration.path, registration.line


def _named_by_commands(texts: Mapping[str, str]) -> frozenset[str]:
    """The names of files that some command gives pytest by `-c`; the folder is that of the command, so unknown."""
    return frozenset(
        PurePosixPath(name.replace("\\", "/")).name for text in texts.values() for name in _configured(text)
    )


def _configured(text: str) -> list[str]:
    return _CONFIGURED.findall(text) if " -c" in text or "--config-file" in text else []


def _reader(path: str, named: frozenset[str]) -> Callable[[str], Iterator[tuple[str, _Entry]]] | None:
    name = PurePosixPath(path).name
    if name in _INI_SECTIONS:
        return lambda text: _ini(text, name, _INI_SECTIONS[name])
    if name in _PYTEST_TOML:
        return lambda text: _toml(text, name, (("pytest",),))
    if name == "pyproject.toml":
        return lambda text: _toml(text, name, (("tool", "pytest", "ini_options"), ("tool", "pytest")))
    if name not in named:
        return None
    if name.endswith(".toml"):
        return lambda text: _toml(text, name, (("pytest",), ("tool", "pytest", "ini_options"), ("tool", "pytest")))
    return lambda text: _ini(text, name, "tool:pytest" if name.endswith(".cfg") else "pytest")


def _registration(entry: _Entry, path: str, how: str) -> Registration | None:
    """What pytest makes of an entry: the name ends at a parenthesis or a colon."""
    head, _, description = entry[0].partition(":")
    name = head.split("(")[0].strip()
    if not name:
        return None
    signature = head.strip() if "(" in head else ""
    return Registration(
        marker=name, path=path, line=entry[1], how=how, description=description.strip(), signature=signature
    )


def _entries(lines: Iterable[_Line]) -> Iterator[_Entry]:
    """Lines as people mean them: pytest takes each for a marker, even the rest of a description that was wrapped."""
    texts: list[str] = []
    number = column = 0
    for text, line, indented in lines:
        if texts and indented > column and " " in re.split("[:(]", text)[0].strip():
            texts.append(text)
            continue
        if texts:
            yield " ".join(texts), number
        texts, number, column = [text], line, indented
    if texts:
        yield " ".join(texts), number


def _ini(text: str, name: str, section: str) -> Iterator[tuple[str, _Entry]]:
    how = name if name in {"pytest.ini", ".pytest.ini"} else f"{name}: {section}"
    return ((how, entry) for entry in _entries(_lines_of_ini(text, section)))


def _lines_of_ini(text: str, section: str) -> Iterator[_Line]:
    here = key = ""
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        line = raw.rstrip()
        if not line or line.lstrip().startswith(("#", ";")):
            continue
        if line.startswith("[") and (header := re.split("[#;]", line)[0].rstrip()).endswith("]"):
            here, key = header[1:-1], ""
            continue
        if not line[0].isspace() and not line.startswith("["):
            key, value = _key_and_value(line, number)
        elif key:
            value = line.strip()
        else:
            raise _BrokenError(f"line {number} goes on with a value, but none has begun")
        if here == section and key == "markers" and value:
            yield value, number, line.rindex(value)


def _key_and_value(line: str, number: int) -> tuple[str, str]:
    key, equals, value = line.partition("=")
    if not equals or ":" in key:
        key, equals, value = line.partition(":")
    if not equals:
        raise _BrokenError(f"line {number} is neither a section nor a setting")
    return key.strip(), value.strip()


def _toml(text: str, name: str, tables: tuple[tuple[str, ...], ...]) -> Iterator[tuple[str, _Entry]]:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _BrokenError(str(error)) from None
    for table in tables:
        value = _at(document, table).get("markers")
        how = f"{name}: {'.'.join(table)}"
        if isinstance(value, str):
            yield from ((how, entry) for entry in _entries(_in_one_string(value, text)))
        elif isinstance(value, list):
            yield from ((how, entry) for entry in _in_array([one for one in value if isinstance(one, str)], text))


def _at(document: dict[str, Any], table: tuple[str, ...]) -> dict[str, Any]:
    for name in table:
        inner = document.get(name)
        document = inner if isinstance(inner, dict) else {}
    return document


def _in_array(values: list[str], text: str) -> Iterator[_Entry]:
    """Where the strings of the array stand: the first run of the same strings, best after a key `markers`."""
    if not values:
        return
    strings = list(_strings(text))
    starts = [
        start
        for start in range(len(strings) - len(values) + 1)
        if all(strings[start + offset][0] == value for offset, value in enumerate(values))
    ]
    keys = [match.start() for match in re.finditer(r"markers[\"']?\s*=\s*\[", text)]
    after_key = [start for start in starts if any(_leads_to(text, key, strings[start][2]) for key in keys)]
    start = next(iter(after_key or starts), None)
    for offset, value in enumerate(values):
        yield value, strings[start + offset][1] if start is not None else 0


def _leads_to(text: str, key: int, string: int) -> bool:
    """Whether nothing but comments stands between the key with its bracket and the string."""
    if key > string:
        return False
    between = re.sub(r"#[^\n]*", "", text[text.index("[", key) + 1 : string])
    return not between.strip()


def _in_one_string(value: str, text: str) -> Iterator[_Line]:
    lines = [line.rstrip() for line in value.split("\n") if line.strip()]
    where = next(((number, raw) for content, number, _, raw in _strings_with_source(text) if content == value), (0, ""))
    number, source = where[0], where[1].split("\n")
    position = 0
    for raw in lines:
        line = raw.lstrip()
        position = next((at for at in range(position, len(source)) if line in source[at]), position)
        yield line, number + position if number else 0, len(raw) - len(line)


def _strings(text: str) -> Iterator[tuple[str, int, int]]:
    return ((content, line, start) for content, line, start, _ in _strings_with_source(text))


def _strings_with_source(text: str) -> Iterator[tuple[str, int, int, str]]:
    """Every string of a TOML document: what it says, its line, its offset, and how it is written."""
    matches = [match for match in _TOML_STRING.finditer(text) if match["string"] is not None]
    line = 1
    for before, match in pairwise((None, *matches)):
        line += text.count("\n", before.start() if before else 0, match.start() if match else 0)
        if match is not None:
            yield _toml_value(match["string"]), line, match.start(), match["string"]


def _toml_value(source: str) -> str:
    try:
        value = tomllib.loads(f"value = {source}")["value"]
    except tomllib.TOMLDecodeError:
        return source
    return value if isinstance(value, str) else source
