"""`-m` and `-k` in text: where they are, what they are given, and whether it is pytest that gets them.

Knows how values are written in shells, YAML, TOML, JSON and the like, but no CI system's schema: one that nobody has
heard of is read as well. `-m` is also how modules are run, commits are described and much more, so the command before
it decides; where none can be seen, only an expression of known markers is taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

import msgspec

# A part that something else fills in: GitHub, GitLab, jinja and just, CircleCI, shells, make and Azure, tox, batch.
UNIT = (
    r"(?:\$\{\{.*?\}\}|\$\[\[.*?\]\]|\{\{.*?\}\}|<<.*?>>|\$\{(?:[^{}\n]|\{[^{}\n]*\})*\}"
    r"|\$\((?:[^()\n]|\([^()\n]*\))*\)|\{(?:[^{}\n]|\{[^{}\n]*\})*\}|%~?\w+%|!\w+!|%%?~?\w(?!\w)"
    r"|\$env:\w+|\$+\w+|\$[@*<^])"
)
_OPTION = re.compile(r"-(?:(?<![\w.\-/]-)|(?<=:--))[vxsql]{0,4}(?P<letter>[mk])(?=[\s=\"'\\,\w$%{<(`^&]|$)")
_MAX_VALUE = 1000  # characters and parts
_CONTINUED = r"[ \t]*[\\^`][ \t]*\n[ \t]*"
_QUOTED = re.compile(
    rf"(?P<quote>\\*[\"']{{1,2}}|`[\"']|\\*&quot;|&\#39;)(?=\S)"
    rf"(?P<value>(?>{UNIT}|{_CONTINUED}|\\.|[^\n]){{0,{_MAX_VALUE}}}?)(?P=quote)"  # atomic: each part has one reading
)
_BARE = re.compile(rf"(?:{UNIT}|\\ |[^\s\"'`,;|&<>()\[\]{{}}\\])+")
_BETWEEN = re.compile(rf"=|{_CONTINUED}|[ \t]+(?:\\\n[ \t]*)?")
_NEXT_IN_ARRAY = re.compile(r"(?:\\*[\"'])?\s*,\s*(?:#[^\n]*\n\s*)?")
_NEXT_IN_LIST = re.compile(r"[\"']?[ \t]*\n[ \t]*-[ \t]+")
_BARE_ITEM = re.compile(r"[\"']-[mk][\"']\s*,\s*")
_FOLDED = re.compile(r"[ \t]*\n[ \t]*")
_ARRAY_BARE = re.compile(rf"(?:{UNIT}|[^\n,\]\"'])+")
_REST = re.compile(r"(?:=|[ \t]+|[ \t]*\n)(?P<value>(?:not|\(|\w+ (?:and|or)\b)[^\n\"'\\]{1,1000}?)[ \t]*(?:\n|$)")
_UNIT = re.compile(UNIT)

_RUNS_MODULE = re.compile(
    r"(?:(?<![\w.])|(?<=/))(?:[\w.$%{-]*python[\w.%-]*|pypy[\d.]*|py|kernprof|viztracer|debugpy|memray run|uv run"
    r"|coverage\d?(?:\.exe)?\s+run)(?:\s+-(?!m\b|-\s)\S+(?:\s+[^-\s]\S*)?)*\s*$",
    re.IGNORECASE,
)
_PYTEST = re.compile(
    r"(?<![\w.-])(?:pytest|py\.test)(?:\.exe)?(?![\w.-])|PYTEST_ADDOPTS|\baddopts\b"
    r"|(?<![\w.-])(?:tox|nox|hatch|pdm|poe|poetry|task|just|inv|invoke)\s.*\s--\s"
)
_INSTALLS = re.compile(r"\b(?:pip3?|uv|conda|mamba|poetry|pdm)\s+(?:pip\s+)?(?:install|add)\b")
_OTHERS = re.compile(
    r"(?:^|[\s/])(?:git|hg|svn|gh|jj|glab|cz|alembic|aerich|flask\s+db)\s|\brevision\s+--autogenerate\b"
)
_PUNCTUATION = re.compile(r"[\"',\[\](){}<>`]+")
_COMMENT = re.compile(r"[ \t]*(?:#|//|::|REM |rem |<!--)")
_SEPARATORS = re.compile(r"&&|\|\||;|(?<=\s)\|(?=\s)|\$\(")
_LINES_BEFORE = 15
_MAX_BEFORE = 500  # a file of one line is read once, not once for each option


class Context(Enum):
    """Whose option it is, as far as the text before it tells."""

    PYTEST = "pytest"
    OTHER = "other"
    UNKNOWN = "unknown"


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """`-m` or `-k` with one way to read its value; `start` is where the value begins in the text.

    `is_bare` where the option is quoted and the value, the next item, is not: in most languages a variable.
    """

    option: str
    value: str
    start: int
    context: Context
    is_commented: bool
    is_bare: bool = False

    @property
    def units(self) -> list[str]:
        """The parts that something else fills in."""
        return _UNIT.findall(self.value)


def find(text: str) -> Iterator[tuple[Option, ...]]:
    """For each `-m` and `-k` that is not another command's: the ways to read its value, the likeliest first."""
    if "-" not in text:
        return
    for match in _OPTION.finditer(text):
        before = _before(text, match.start())
        context = _context(before)
        if context is Context.OTHER:
            continue
        values = tuple(_values(text, match.start(), match.end()))
        is_commented = _COMMENT.match(text, text.rfind("\n", 0, match.start()) + 1) is not None
        yield tuple(
            Option(
                option=f"-{match['letter']}",
                value=value,
                start=at,
                context=context,
                is_commented=is_commented,
                is_bare=_BARE_ITEM.fullmatch(text[match.start() - 1 : at]) is not None and value.isidentifier(),
            )
            for value, at in values
        )


def _values(text: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    whole = _whole_argument(text, start, end) or _whole_line(text, start, end)
    if whole is not None:
        yield whole
    for separator in (_NEXT_IN_LIST, _NEXT_IN_ARRAY, _BETWEEN, _FOLDED):
        match = separator.match(text, end)
        if match is not None:
            yield from _value(text, match.end(), is_item=separator in {_NEXT_IN_LIST, _NEXT_IN_ARRAY})
            if separator is not _BETWEEN:
                return
            after = re.compile(r"\\*").match(text, match.end())
            if after is None or text[after.end() : after.end() + 1] != "\n":
                return
    yield from _value(text, end, is_item=False)


def _whole_argument(text: str, start: int, end: int) -> tuple[str, int] | None:
    """For `"-m not slow"`, one string with the option in it: all that follows in the string."""
    quote = text[start - 1 : start]
    if quote not in {'"', "'"}:
        return None
    close = text.find(quote, end, end + _MAX_VALUE)
    if close < 0 or "\n" in text[end:close]:
        return None
    value = text[end:close].lstrip(" =")
    return (value.rstrip(), close - len(value)) if " " in value.strip() else None


def _whole_line(text: str, start: int, end: int) -> tuple[str, int] | None:
    """For an option that begins its line, as in the files that pytest reads arguments from: `-m=not slow`."""
    if text[text.rfind("\n", 0, start) + 1 : start].strip():
        return None
    found = _REST.match(text, end)
    return (found["value"], found.start("value")) if found is not None else None


def _value(text: str, at: int, *, is_item: bool) -> Iterator[tuple[str, int]]:
    quoted = _QUOTED.match(text, at)
    if quoted is not None:
        value, end = _joined(text, quoted)
        yield _without_escapes(value, quoted["quote"]), quoted.start("value")
        if end != quoted.end():
            yield _without_escapes(quoted["value"], quoted["quote"]), quoted.start("value")
        return
    item = _ARRAY_BARE.match(text, at) if is_item else None
    if item is not None:
        yield re.split(r"\s#", item[0])[0].strip(), at
    bare = _BARE.match(text, at)
    if bare is not None:
        yield bare[0].replace("\\ ", " ").rstrip(".:"), at


def _joined(text: str, quoted: re.Match[str]) -> tuple[str, int]:
    """The value with what a shell would join to it: `'not '"$MARK"`. Only where a variable shows that it is meant."""
    value, end = quoted["value"], quoted.end()
    while (more := _QUOTED.match(text, end)) is not None and (_UNIT.search(more["value"]) or _UNIT.search(value)):
        value, end = value + more["value"], more.end()
    unit = _UNIT.match(text, end)
    if unit is not None:
        value, end = value + unit[0], unit.end()
    return value, end


def _without_escapes(value: str, quote: str) -> str:
    value = re.sub(_CONTINUED, " ", value)
    return re.sub(r"\\+([\"'])", r"\1", value) if "\\" in value else value.replace(quote * 2, quote)


def _before(text: str, at: int) -> str:
    """The command before the option: its line, and the lines that this one continues."""
    start = text.rfind("\n", 0, at) + 1
    before = text[max(start, at - _MAX_BEFORE) : at]
    for _ in range(_LINES_BEFORE):
        previous_start = text.rfind("\n", 0, start - 1) + 1 if start else 0
        previous = text[max(previous_start, start - _MAX_BEFORE) : max(0, start - 1)].rstrip()
        if not start or not previous.strip():
            break
        has_command = not re.match(r"\s*(?:-\s+)?[\"'\[,\s]*(?:-|$)", before)
        if not previous.endswith(("\\", " ^", " `")) and has_command:
            break
        before = f"{previous.rstrip('^`').rstrip(chr(92))} {before}"
        start = previous_start
    command = _SEPARATORS.split(before)[-1]
    return _PUNCTUATION.sub(" ", command)


def _context(before: str) -> Context:
    if _RUNS_MODULE.search(before):
        return Context.OTHER
    if _OTHERS.search(before) and not _PYTEST.search(before):
        return Context.OTHER
    if _PYTEST.search(before) and not _INSTALLS.search(before):
        return Context.PYTEST
    return Context.UNKNOWN
