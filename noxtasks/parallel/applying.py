"""Writes `-n` and `--dist` into pytest's own `addopts`: into the file that pytest read, and nothing else of it.

pytest reads one file: https://docs.pytest.org/en/stable/reference/customize.html. It is edited as text, so that all
else of it stays as it is; TOML is read again to see that. What cannot be told for sure is left to people, in words.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from noxtasks.errors import ConfigurationError

_FILE = "pyproject.toml"
_OURS = re.compile(r"(?:^|(?<=[\s=]))(?:-n(?:\s*|=)\S+|--numprocesses(?:\s+|=)\S+|--dist(?:\s+|=)\S+)(?: +|(?=\s|$))")
_SECTION = re.compile(r"^\[(.+)\]\s*$")
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
    newline = "\r\n" if "\r\n" in text else "\n"
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise by_hand(name, words, f"it is no TOML: {error}") from error
    path = _table(name, before)
    table = _at(before, path)
    value = table.get("addopts")
    kept = _without_words(shlex.split(value) if isinstance(value, str) else list(value or ()))
    wanted: str | list[str] = [*kept, *words]
    if isinstance(value, str) or (value is None and path[-1] == "ini_options"):
        wanted = " ".join([*([_without(value)] if value else []), *words]).strip()
    written = f"addopts = {json.dumps(wanted, ensure_ascii=False)}"
    dotted = r"\s*\.\s*".join(map(re.escape, path))
    header = re.compile(rf"^\[\s*{dotted}\s*\]\s*(?:#.*)?$")
    lines = text.splitlines()
    head = next((place for place, line in enumerate(lines) if header.match(line)), None)
    if head is None:
        lines += ["", f"[{'.'.join(path)}]", written]
    elif value is None:
        lines.insert(head + 1, written)
    else:
        places = [place for place in range(head + 1, len(lines)) if re.match(r"addopts\s*=", lines[place])]
        lines[places[0] if places else head] = written
    after = newline.join(lines) + newline
    _at(before, path)["addopts"] = wanted
    try:
        is_so = tomllib.loads(after) == before
    except tomllib.TOMLDecodeError:
        is_so = False
    if not is_so:
        raise by_hand(name, words, "its addopts are written over several lines")
    return after


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
    if any(word in _TAKING for place in range(at, last + 1) for word in lines[place].split()):
        raise by_hand(name, words, "its addopts have an option on one line and its value on the next")
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
