"""Text that a database refuses, made storable, visibly and reversibly.

PostgreSQL refuses NUL, and no database takes lone surrogates (they have no UTF-8 form), yet test ids and messages hold
both. Each such character becomes `␛` and four hexadecimal digits; `␛` itself (U+241B, hardly ever seen) becomes
`␛241B`.
"""

from __future__ import annotations

import re

_MARK = "\N{SYMBOL FOR ESCAPE}"
_REFUSED = re.compile(f"[\0\ud800-\udfff{_MARK}]")
_ESCAPED = re.compile(f"{_MARK}([0-9A-F]{{4}})")


def escape(text: str) -> str:
    """`text` as it can be stored: without NUL and lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return _REFUSED.sub(lambda match: f"{_MARK}{ord(match[0]):04X}", text)


def unescape(stored: str) -> str:
    """Return the text that `escape` was given."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), stored) if _MARK in stored else stored
