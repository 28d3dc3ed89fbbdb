"""What tox would install for its tests, from all the places and both forms that tox is configured in.

INI in `tox.ini`, `setup.cfg` or `tool.tox.legacy_tox_ini`; TOML in `tox.toml` or `[tool.tox]`. Factors are judged for
the last environment of the list that fits the interpreter; what only tox can substitute is left out, and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from configparser import Error, RawConfigParser
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.config import table_at

_TEST_ENVIRONMENTS = ("test", "tests", "unit", "unittest", "unittests", "pytest", "py", "py3")
_FACTOR = re.compile(r"(!?[\w.]+(?:[,-]!?[\w.]+)*)\s*:\s+(.*)")
_BRACES = re.compile(r"\{([^{}]*)\}")
_TOX_TEXT = re.compile(r"\{(?!(?:/|:)\})[^{}]*\}")


class ToxEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What is installed in an environment: requirement lines as pip's files have them, and names."""

    where: str
    lines: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def read(
    root: Path, pyproject: dict[str, Any], tox_toml: dict[str, Any], version: tuple[int, int]
) -> list[ToxEnvironment]:
    """The environments that run tests on the interpreter `version`, of the first place that configures tox."""
    native = table_at(pyproject, "tool", "tox")
    legacy = native.get("legacy_tox_ini")
    for where, text in (("tox.ini", _text(root / "tox.ini")), ("setup.cfg", _text(root / "setup.cfg"))):
        if text and (found := _from_ini(text, where, version)):
            return found
    if isinstance(legacy, str):
        return _from_ini(legacy, "pyproject.toml: tool.tox.legacy_tox_ini", version)
    return _from_toml(tox_toml, "tox.toml: ") or _from_toml(native, "pyproject.toml: tool.tox.")


def expand(listing: str) -> list[str]:
    """The environments of a list such as `py{38,39}-django{3,4}, lint`, braces expanded in order."""
    names: list[str] = []
    for item in re.split(r"[,\s]+(?![^{]*\})", listing.strip()):
        names.extend(_expand_one(item))
    return [name for name in names if name]


def _expand_one(item: str) -> Iterator[str]:
    match = _BRACES.search(item)
    if match is None:
        yield item
        return
    for choice in match[1].split(","):
        yield from _expand_one(f"{item[: match.start()]}{choice.strip()}{item[match.end() :]}")


def _from_ini(text: str, where: str, version: tuple[int, int]) -> list[ToxEnvironment]:
    parser = RawConfigParser(strict=False, comment_prefixes=("#",), inline_comment_prefixes=None)
    try:
        parser.read_string(text)
    except Error:
        return []
    if not parser.has_section("testenv") and not any(name.startswith("testenv:") for name in parser.sections()):
        return []
    top = parser["tox"] if parser.has_section("tox") else parser["tox:tox"] if parser.has_section("tox:tox") else {}
    environments = expand(_without_comments(top.get("envlist") or top.get("env_list") or ""))
    factors = _factors(environments, version)
    named = [name for name in _TEST_ENVIRONMENTS if parser.has_section(f"testenv:{name}")]
    return [
        _ini_environment(parser, section, where, factors) for section in ("testenv", *(f"testenv:{n}" for n in named))
    ]


def _factors(environments: list[str], version: tuple[int, int]) -> frozenset[str]:
    """The factors of the last environment of the list for this interpreter; those of the interpreter where none is."""
    mine = {f"py{version[0]}{version[1]}", f"py{version[0]}.{version[1]}", f"{version[0]}.{version[1]}", "py", "py3"}
    fitting = [name.split("-") for name in environments if mine & set(name.split("-"))]
    return frozenset({f"py{version[0]}{version[1]}", "py", *(fitting[-1] if fitting else ())})


def _ini_environment(parser: RawConfigParser, section: str, where: str, factors: frozenset[str]) -> ToxEnvironment:
    lines: list[str] = []
    left_out: list[str] = []
    for line in _lines(parser, section, "deps"):
        meant = _for_factors(line, factors)
        if meant is None:
            if _names_other_things_than_python(line):
                left_out.append(line)
        elif _TOX_TEXT.search(meant):
            left_out.append(line)
        elif meant:
            lines.append(meant)
    return ToxEnvironment(
        where=f"{where}: [{section}]",
        lines=tuple(lines),
        extras=_names(parser, section, "extras", factors),
        groups=_names(parser, section, "dependency_groups", factors),
        left_out=tuple(left_out),
    )


def _names(parser: RawConfigParser, section: str, key: str, factors: frozenset[str]) -> tuple[str, ...]:
    meant = (_for_factors(line, factors) for line in _lines(parser, section, key))
    names = [name for line in meant if line for name in re.split(r"[,\s]+", line)]
    return tuple(name for name in names if re.fullmatch(r"[\w.-]+", name))


def _lines(parser: RawConfigParser, section: str, key: str, seen: tuple[str, ...] = ()) -> list[str]:
    """The lines of a value; for `{[section]key}` what stands there, and for tox's folder the present one."""
    value = parser.get(section, key, fallback=None)
    if value is None and section.startswith("testenv:"):
        section, value = "testenv", parser.get("testenv", key, fallback=None)
    lines: list[str] = []
    for line in _without_comments(value or "").splitlines():
        reference = re.fullmatch(r"\s*\{\[([^\]]+)\]([\w-]+)\}\s*", line)
        if reference is None:
            lines.append(_substituted(line.strip()))
        elif line not in seen and parser.has_section(reference[1]):
            lines.extend(_lines(parser, reference[1], reference[2], (*seen, line)))
    return [line for line in lines if line]


def _substituted(line: str) -> str:
    line = re.sub(r"\{(?:toxinidir|tox_root)\}(?:/|\\|\{/\})?", "./", line).replace("{/}", "/")
    return re.sub(r"\{env:\w+:([^{}]*)\}", r"\1", line)


def _for_factors(line: str, factors: frozenset[str]) -> str | None:
    """The line without its condition; None where the condition does not hold."""
    for expanded in _expand_condition(line):
        match = _FACTOR.fullmatch(expanded)
        if match is None:
            return line
        if any(
            all((one.lstrip("!") in factors) != one.startswith("!") for one in alternative.split("-"))
            for alternative in match[1].split(",")
        ):
            return match[2].strip()
    return None


def _expand_condition(line: str) -> list[str]:
    head, colon, rest = line.partition(": ")
    if not colon or "{" not in head:
        return [line]
    return [f"{one}: {rest}" for one in expand(head)]


def _names_other_things_than_python(line: str) -> bool:
    """Whether a condition that does not hold is about more than the interpreter, so that a reader should know of it."""
    words = re.findall(r"[\w.]+", line.partition(":")[0])
    return any(not re.fullmatch(r"(?:py|pypy)[\d.]*|\d[\d.]*", word) for word in words)


def _without_comments(value: str) -> str:
    return "\n".join(line for line in (re.sub(r"(^|\s)#.*", "", line) for line in value.splitlines()) if line.strip())


def _from_toml(table: dict[str, Any], where: str) -> list[ToxEnvironment]:
    base = table_at(table, "env_run_base")
    own = [name for name in table_at(table, "env") if name in _TEST_ENVIRONMENTS]
    sections = {"env_run_base": base} | {f"env.{name}": base | table_at(table, "env", name) for name in own}
    return [_toml_environment(one, f"{where}{name}") for name, one in sections.items() if one]


def _toml_environment(table: dict[str, Any], where: str) -> ToxEnvironment:
    deps = table.get("deps", [])
    entries = [_substituted(one) if isinstance(one, str) else str(one) for one in _each(deps)]
    return ToxEnvironment(
        where=where,
        lines=tuple(one for one in entries if "{" not in one),
        extras=tuple(one for one in _each(table.get("extras", [])) if isinstance(one, str)),
        groups=tuple(one for one in _each(table.get("dependency_groups", [])) if isinstance(one, str)),
        left_out=tuple(one for one in entries if "{" in one),
    )


def _each(value: Any) -> Iterable[Any]:
    if isinstance(value, str):
        return value.splitlines()
    return value if isinstance(value, list) else ()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
