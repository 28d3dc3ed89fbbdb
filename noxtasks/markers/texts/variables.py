"""What variables of commands may hold: every place in any command file that seems to give one a value.

`-m ${{ matrix.suite }}` is as good as the names in the matrix. Which place gives which value at which time is not worth
knowing here: whatever may be put in counts. A variable has the same name in a workflow, its matrix, its inputs and the
script that it calls, so a name is looked for in all command files.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import msgspec

from noxtasks.markers.texts.lines import Lines

_CONTEXT = re.compile(r"[\w-]+(?:\.[\w*-]+)+")
_LITERAL = re.compile(r"'([^'\n]*)'|\"([^\"\n]*)\"")
_SHELL_DEFAULT = re.compile(r"^\$\{\w+(?::[-=+?]|[-=+])(.*)\}$", re.DOTALL)
_TOX_DEFAULT = re.compile(r"^\{(?:env:\w+|posargs):(.*)\}$", re.DOTALL)
_NO_NAMES = frozenset({"true", "false", "null", "env", "default", "fromJSON", "toJSON", "format", "join", "contains"})
_POSITIONAL = frozenset({"posargs"})
_ASSIGNS = r"[\"'}]?\s*(?P<operator>={1,3}|:::?=|:=|\?=|\+=|:-|:)[ \t]*"
_NAMING = r"(?<![\w.-])name[\"']?\s*[:=]\s*[\"']?"
_VALUE_KEYS = re.compile(r"[\"']?\b(default|value|values|defaultValue|choices|options)\b[\"']?\s*[:= ][ \t]*")
_NO_VALUE_KEYS = frozenset(
    {"description", "type", "required", "name", "help", "if", "deprecationMessage", "displayName"}
)
_RECORD_LINES = 12
_BLOCK_LINES = 100
_MAX_LENGTH = 500  # a file of one line is read once, not once for each variable
_BRACKET = re.compile(r"[\[\](){}]")
_ITEM = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'|[^\s,\[\]()\"']+")


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a variable may hold, as it is written, and where that is."""

    text: str
    path: str
    line: int


def variables_in(unit: str) -> tuple[str, ...]:
    """The names of the variables that a filled-in part stands for; none for `$1`, `$@` and what else has no name."""
    inner = _TOX_DEFAULT.sub("", unit) if unit.startswith("{posargs") else unit
    inner = _LITERAL.sub(" ", inner)
    if (shell := _SHELL_DEFAULT.match(inner)) is not None:
        inner = inner[: shell.start(1)]
    if (tox := re.match(r"\{env:(\w+)", inner)) is not None:
        return (tox[1],)
    if inner.startswith("$(") and " " in inner:  # the output of a command
        return ()
    inner = inner.replace("$env:", "$")
    paths = [path.rpartition(".")[2] for path in _CONTEXT.findall(inner)]
    words = re.findall(r"(?<![\w.-])[A-Za-z_][\w-]*", _CONTEXT.sub(" ", inner))
    return tuple(
        dict.fromkeys(name for name in (*paths, *words) if name not in _NO_NAMES | _POSITIONAL and name != "*")
    )


def literals_in(unit: str) -> list[str]:
    """The values that are written within a filled-in part: defaults, and the branches of a condition."""
    for pattern in (_SHELL_DEFAULT, _TOX_DEFAULT):
        if (match := pattern.match(unit)) is not None:
            return [match[1].strip().strip("\"'")]
    return [single or double for single, double in _LITERAL.findall(unit)]


def values_of(variables: Collection[str], texts: Mapping[str, str]) -> dict[str, list[Value]]:
    """What each of the variables may hold by any of the texts."""
    found: dict[str, dict[Value, None]] = {}  # each once, in their order
    if not variables:
        return {}
    one_of = "|".join(re.escape(name) for name in sorted(variables, key=len, reverse=True))
    pattern = re.compile(
        rf"(?:{_NAMING}(?P<named>{one_of})(?![\w-])"
        rf"|\b(?:ENV|setx|set(?:\s+-\w+)*|foreach\s*\(?|for)\s+[$%]*(?P<declared>{one_of})\s+(?:in\b\s*)?"
        rf"|(?<![\w-])(?P<assigned>{one_of}){_ASSIGNS})"
    )
    for path, text in texts.items():
        if not any(name in text for name in variables):
            continue
        lines = Lines(text)
        for match in pattern.finditer(text):
            name = match["named"] or match["declared"] or match["assigned"]
            reading = _in_record(text, match.end()) if match["named"] else _after(text, match.end(), match.start())
            values = (Value(text=value, path=path, line=lines.number(at)) for value, at in reading)
            found.setdefault(name, {}).update(dict.fromkeys(values))
    return {name: list(values) for name, values in found.items()}


def _after(text: str, at: int, key_at: int) -> Iterator[tuple[str, int]]:
    """The values that begin at `at`, beside their key or below it."""
    end = min(_line_end(text, at), at + _MAX_LENGTH)
    rest = re.split(r"\s#", text[at:end])[0].rstrip()
    if rest[:1] in {"[", "("}:
        yield from _items(text, at, _closing(text, at))
    elif rest in {"", "|", ">", "|-", ">-", "|+", ">+"}:
        yield from _block(text, end + 1, _indent(text, key_at))
    else:
        yield from _beside(rest, at)


def _beside(rest: str, at: int) -> Iterator[tuple[str, int]]:
    quote = rest[0]
    if quote in {'"', "'"}:
        close = re.compile(r"\\." if quote == '"' else r"(?!)").sub("__", rest).find(quote, 1)
        if close > 0:
            yield rest[1:close].replace('\\"', '"'), at + 1
            return
    yield rest.strip("\"'"), at
    for piece in re.finditer(r"[^,;|&{}()]+", rest):
        if piece[0] != rest:
            yield piece[0].strip().strip("\"'"), at + piece.start()
    word = rest.split(maxsplit=1)[0].strip("\"',;")
    if word != rest:
        yield word, at
    if " " in rest:  # a list of words: `for X in slow fast; do`
        yield from ((one[0], at + one.start()) for one in re.finditer(r"[\w-]+", rest.partition(";")[0]))


def _items(text: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    for line in re.finditer(r"[^\n,]+", text[start + 1 : end]):
        whole = re.split(r"\s#", line[0])[0].strip()
        yield whole.strip("\"'"), start + 1 + line.start() + len(line[0]) - len(line[0].lstrip())
    for item in _ITEM.finditer(text, start + 1, end):
        yield item[0].strip("\"'"), item.start()


def _closing(text: str, at: int) -> int:
    depth = 0
    for bracket in _BRACKET.finditer(text, at, at + 4 * _MAX_LENGTH):
        depth += 1 if bracket[0] in "[({" else -1
        if depth == 0:
            return bracket.start()
    return min(_line_end(text, at), at + _MAX_LENGTH)


def _block(text: str, at: int, indent: int) -> Iterator[tuple[str, int]]:
    """The lines that are deeper than their key, or items beside it."""
    lines = 0
    while at < len(text) and lines < _BLOCK_LINES:
        end = _line_end(text, at)
        line = text[at:end]
        stripped = line.strip()
        depth = len(line) - len(line.lstrip())
        if stripped and (depth < indent or (depth == indent and not stripped.startswith("-"))):
            return
        if stripped and not stripped.startswith("#"):
            yield from _block_line(line, at)
        at, lines = end + 1, lines + 1


def _block_line(line: str, at: int) -> Iterator[tuple[str, int]]:
    body = re.sub(r"^\s*(?:-\s+)?", "", line)
    start = at + len(line) - len(body)
    body = re.split(r"\s#", body)[0].rstrip().rstrip(",")
    keyed = re.match(r"[\"']?([\w-]+)[\"']?\s*:\s*(.*)", body)
    if keyed is None:
        yield body.strip("\"'"), start
    elif keyed[1] not in _NO_VALUE_KEYS and keyed[2]:
        inner = start + keyed.start(2)
        if keyed[2].startswith("["):
            yield from ((value, inner + offset) for value, offset in _items(keyed[2], 0, len(keyed[2]) - 1))
        else:
            yield from _beside(keyed[2], inner)


def _in_record(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The values of a record that names the variable: `- name: X`, `value: slow`; `choice(name: 'X', choices: …)`."""
    end = at
    for _ in range(_RECORD_LINES):
        end = _line_end(text, end) + 1
        following = text[end : min(_line_end(text, end), end + _MAX_LENGTH)]
        if not following.strip() or re.search(_NAMING, following):
            break
    for key in _VALUE_KEYS.finditer(text, at, min(end, at + _RECORD_LINES * _MAX_LENGTH)):
        yield from _after(text, key.end(), key.start())


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _indent(text: str, at: int) -> int:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return len(line) - len(line.lstrip())
