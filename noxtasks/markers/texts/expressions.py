"""The grammar of `-m` and `-k`, as pytest defines it: names with `and`, `or`, `not`, parentheses and keyword arguments.

Commands are found in text that no parser understands as a whole, so that much looks like `-m` and is none: what does
not follow this grammar cannot have been meant for pytest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOKEN = re.compile(r"\s*(?:(?P<string>\"[^\"\\]*\"|'[^'\\]*')|(?P<mark>[()=,])|(?P<name>[\w:+\-.\[\]\\/]+))")
_OPERATORS = frozenset({"and", "or", "not"})


def names_in(expression: str) -> tuple[str, ...] | None:
    """The identifiers of an expression, each once, in their order; None where it is no expression."""
    tokens = _tokens(expression)
    if not tokens:
        return None
    names: list[str] = []
    try:
        end = _either(tokens, 0, names)
    except (SyntaxError, RecursionError):
        return None
    return tuple(dict.fromkeys(names)) if end == len(tokens) else None


def _tokens(expression: str) -> list[str] | None:
    tokens: list[str] = []
    position = 0
    text = expression.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        tokens.append(match[0].lstrip())
        position = match.end()
    return tokens


def _either(tokens: Sequence[str], at: int, names: list[str]) -> int:
    """Read operands with operators between them from `at` on; precedence does not change which names there are."""
    at = _operand(tokens, at, names)
    while at < len(tokens) and tokens[at] in {"and", "or"}:
        at = _operand(tokens, at + 1, names)
    return at


def _operand(tokens: Sequence[str], at: int, names: list[str]) -> int:
    while _token(tokens, at) == "not":
        at += 1
    word = _token(tokens, at)
    if word == "(":
        at = _either(tokens, at + 1, names)
        return _expect(tokens, at, ")")
    if not word or word in _OPERATORS or word[0] in "()=,\"'":
        raise SyntaxError(word)
    names.append(word)
    return _arguments(tokens, at + 2) if _token(tokens, at + 1) == "(" else at + 1


def _arguments(tokens: Sequence[str], at: int) -> int:
    while True:
        if not _token(tokens, at).isidentifier() or not _token(tokens, at + 2) or tokens[at + 2] in "()=,":
            raise SyntaxError
        at = _expect(tokens, at + 1, "=") + 1
        if _token(tokens, at) != ",":
            return _expect(tokens, at, ")")
        at += 1


def _token(tokens: Sequence[str], at: int) -> str:
    return tokens[at] if at < len(tokens) else ""


def _expect(tokens: Sequence[str], at: int, token: str) -> int:
    if _token(tokens, at) != token:
        raise SyntaxError(token)
    return at + 1
