"""Files as text and as syntax, whatever is in them; and what can be had without syntax."""

from __future__ import annotations

import ast
import bisect
import io
import re
import tokenize
import warnings
from collections.abc import Iterator

import msgspec

_TOKENS = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<long>\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?''')
    |(?P<short>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.VERBOSE | re.DOTALL,
)
_IDENTIFIER = re.compile(r"[^\W\d][\w.\-]{0,59}")
_WORD = r"(?:not )?\(?(?:not )?[^\W\d]\w*\)?"
_EXPRESSION = re.compile(rf"(?=.*\b(?:and|or|not) )(?:-m )?{_WORD}(?: (?:and|or) {_WORD})*")
_LONGEST = 100  # characters of a string that is looked at
_HUGE = 2_000_000  # bytes: data, not code that anybody wrote


class Token(msgspec.Struct, frozen=True):
    """A comment or a string as it stands in the text, by a regular expression: cheap, and right nearly always."""

    text: str
    line: int
    is_comment: bool


def decoded(data: bytes) -> str:
    """The text of a file by its own declaration, or what can be read of it."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, LookupError, UnicodeError, ValueError):
        text = data.decode("utf-8", errors="replace")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def parsed(text: str) -> ast.Module | None:
    """The syntax, or None where this interpreter cannot read it."""
    if len(text) > _HUGE:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


def tokens(text: str) -> Iterator[Token]:
    """Comments and strings, with the lines on which they begin."""
    starts = [match.end() for match in re.finditer("\n", text)]
    for match in _TOKENS.finditer(text):
        line = bisect.bisect_right(starts, match.start()) + 1
        kind = match.lastgroup
        if kind == "comment":
            yield Token(match.group(), line, is_comment=True)
        else:
            quotes = 3 if kind == "long" else 1
            yield Token(match.group()[quotes:-quotes], line, is_comment=False)


def names(text: str) -> Iterator[tuple[str, int, bool]]:
    """Strings that could be a marker's name, or else an expression of `-m`: text, line and whether it is a name."""
    for token in tokens(text):
        if not token.is_comment and len(token.text) <= _LONGEST:
            if _IDENTIFIER.fullmatch(token.text):
                yield token.text, token.line, True
            elif " " in token.text and _EXPRESSION.fullmatch(token.text):
                yield token.text, token.line, False
