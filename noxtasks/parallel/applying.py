"""Writes `-n` and `--dist` into pytest's own `addopts`: into the file that pytest read, and nothing else of it.

pytest reads one file: https://docs.pytest.org/en/stable/reference/customize.html. It is edited as text, so that all
else of it stays as it is; TOML is read again to see that. What cannot be told for sure is left to people, in words.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from noxtasks.errors import ConfigurationError

_FILE = "pyproject.toml"
_OURS = re.compile(r"(?:^|(?<=[\s=]))(?:-n(?:\s*|=)\S+|--numprocesses(?:\s+|=)\S+|--dist(?:\s+|=)\S+)(?: +|(?=\s|$))")
_SECTION = re.compile(r"^\[([^#;]+)\]\s*(?:[#;].*)?$")
_ADDOPTS = re.compile(r"^addopts\s*[=:]\s*(.*)$")
_TAKING = {"-n", "--numprocesses", "--dist"}


def write(root: Path, inifile: str, words: Sequence[str]) -> Path:
    """Edit the file that pytest read, or, where it read none, the project's `pyproject.toml`; its path.

    Raises `ConfigurationError` where there is no such file, or where it should be edited by hand.
    """
    path = Path(inifile) if inifile else root / _FILE
    if not path.is_file():
        raise by_hand(_FILE, words, "pytest has no configuration file here")
    after = edited(path.name, path.read_bytes().decode("utf-8"), words)
    path.write_bytes(after.encode())
    return path


def edited(name: str, text: str, words: Sequence[str]) -> str:
    """The file `name`, whose content is `text`, with `words` in its `addopts` in the place of others of their kind.

    Raises `ConfigurationError` where it should be edited by hand.
    """
    return _toml(name, text, words) if name.endswith(".toml") else _ini(name, text, words)


def by_hand(name: str, words: Sequence[str], why: str) -> ConfigurationError:
    """What to write where this module does not."""
    return ConfigurationError(why, where=name, remedy=f"Add this to its addopts: {' '.join(words)}")


def _toml(name: str, text: str, words: Sequence[str]) -> str:
    """The edited text, where reading it again gives the same but for `addopts`."""
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise by_hand(name, words, f"it is no TOML: {error}") from error
    path = _table(name, before)
    table = _at(before, path)
    value = table.get("addopts")
    if isinstance(value, str) or (value is None and path[-1] == "ini_options"):
        wanted: str | list[str] = " ".join((_without(value or ""), *words)).strip()
    else:
        wanted = [*_without_words(value or ()), *words]
    written = f"addopts = {json.dumps(wanted, ensure_ascii=False)}"
    newline = "\r\n" if "\r\n" in text else "\n"
    if text and not text.endswith("\n"):
        text += newline
    dotted = r"\s*\.\s*".join(map(re.escape, path))
    header = re.compile(rf"^\s*\[\s*{dotted}\s*\]\s*(?:#.*)?$")
    lines = [f"{line}\n" for line in text.removesuffix("\n").split("\n")] if text else []
    head = next((place for place, line in enumerate(lines) if header.match(line)), None)
    if head is None:
        lines += [newline] * bool(lines) + [f"[{'.'.join(path)}]{newline}", written + newline]
    elif value is None:
        lines.insert(head + 1, written + newline)
    else:
        found = (place for place in range(head + 1, len(lines)) if re.match(r"\s*addopts\s*=", lines[place]))
        place = next(found, head)
        lines[place] = _in_place_of(lines[place], value, written)
    after = "".join(lines)
    _at(before, path)["addopts"] = wanted
    try:
        is_so = tomllib.loads(after) == before
    except tomllib.TOMLDecodeError:
        is_so = False
    if not is_so:
        raise by_hand(name, words, "its addopts are not written on one line of their own")
    return after


def _in_place_of(line: str, value: object, written: str) -> str:
    """What is `written`, with the indent, the comment and the end of the line that says `value`."""
    body = line.rstrip("\r\n")
    for found in re.finditer(r"\s*#", body):
        with suppress(tomllib.TOMLDecodeError):
            if tomllib.loads(body[: found.start()]) == {"addopts": value}:
                written += body[found.start() :]
                break
    indent = body[: len(body) - len(body.lstrip())]
    return f"{indent}{written}{line[len(body) :]}"


def _table(name: str, document: dict[str, Any]) -> tuple[str, ...]:
    """Where the options are: `[tool.pytest.ini_options]`, or pytest 9's own table."""
    if Path(name).name != _FILE:
        return ("pytest",)
    found = document.get("tool", {}).get("pytest")
    return ("tool", "pytest") if found is not None and "ini_options" not in found else ("tool", "pytest", "ini_options")


def _at(document: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """The table at `path`, made where there is none."""
    for key in path:
        document = document.setdefault(key, {})
    return document


def _ini(name: str, text: str, words: Sequence[str]) -> str:
    wanted = "tool:pytest" if Path(name).name == "setup.cfg" else "pytest"
    lines = text.splitlines(keepends=True)
    newline = "\r\n" if "\r\n" in text else "\n"
    head = next((place for place, line in enumerate(lines) if _section(line) == wanted), None)
    if head is None:
        raise by_hand(name, words, f"it has no section [{wanted}]")
    end = next((place for place in range(head + 1, len(lines)) if _section(lines[place])), len(lines))
    at = next((place for place in range(head + 1, end) if _ADDOPTS.match(lines[place].rstrip("\r\n"))), None)
    if at is None:
        lines[head] = lines[head].rstrip("\r\n") + newline
        lines.insert(head + 1, f"addopts = {' '.join(words)}{newline}")
        return "".join(lines)
    last = at
    for place in range(at + 1, end):
        if lines[place].strip() and not lines[place][0].isspace() and lines[place][0] not in "#;":
            break
        if lines[place].strip() and lines[place][0].isspace() and lines[place].lstrip()[0] not in "#;":
            last = place
    for place in range(at, last + 1):
        if place == at or (lines[place][:1].isspace() and lines[place].strip()):
            lines[place] = _line_without(lines[place])
    said = [word for place in range(at, last + 1) for word in lines[place].split()]
    if not _TAKING.isdisjoint(said):
        raise by_hand(name, words, "its addopts have an option on one line and its value on the next")
    if "--" in said:
        raise by_hand(name, words, "its addopts have options no more after --")
    bare = lines[last].rstrip("\r\n")
    lines[last] = f"{bare}{'' if bare.endswith(' ') else ' '}{' '.join(words)}{newline}"
    return "".join(lines)


def _section(line: str) -> str:
    found = _SECTION.match(line.strip()) if not line[:1].isspace() else None
    return found[1] if found else ""


def _line_without(line: str) -> str:
    """The line without such options; as it is, where it has none."""
    body = line.rstrip("\r\n")
    return _OURS.sub("", body).rstrip(" ") + line[len(body) :] if _OURS.search(body) else line


def _without(text: str) -> str:
    return _OURS.sub("", text).strip(" ") if _OURS.search(text) else text.rstrip(" ")


def _without_words(words: Sequence[str]) -> list[str]:
    kept: list[str] = []
    skips = False
    for word in words:
        if skips:
            skips = False
        elif word in _TAKING:
            skips = True
        elif not _OURS.fullmatch(word):
            kept.append(word)
    return kept
