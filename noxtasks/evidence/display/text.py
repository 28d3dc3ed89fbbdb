r"""Node ids as people read, copy and type them: on one line, harmless to a terminal, and still one test's alone.

pytest escapes what parameters bring into an id, as `\n` and `\x1b`; what files, doctests and plugins bring it does not.
So that the two are not mistaken for one another, a character that cannot be printed is shown in another way here, as
`\u{a}`, and so is the backslash of an id that holds such a sequence itself.
"""

from __future__ import annotations

import re

_PARAMETERS = 4  # characters of them that are worth to be shown
_SEQUENCE = re.compile(r"\\u\{(10[0-9a-f]{4}|[0-9a-f]{1,5})\}")


def shown(text: str) -> str:
    """`text` on one line without control characters; `meant` gives it back."""
    text = _SEQUENCE.sub(r"\\u{5c}u{\1}", text)
    return text if text.isprintable() else "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


def meant(text: str) -> str:
    """The node id that was shown as `text`. One that needs no escape, and one in raw characters, is itself."""
    return _SEQUENCE.sub(lambda found: chr(int(found[1], 16)), text)


def shown_lines(text: str) -> str:
    """A text of several lines without control characters."""
    return "\n".join(shown(line.expandtabs()) for line in text.split("\n"))


def counted(count: int, noun: str) -> str:
    """The number and the noun, which has its plural by an s."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def short(nodeid: str, width: int) -> str:
    """A node id in at most `width` characters: of a long one first the path goes, then classes, then parameters."""
    line = shown(nodeid)
    _, _, name = line.partition("::")
    whole, bracket, parameters = name.partition("[")
    function = whole.rpartition("::")[2]
    kept = width - len(function) - len("[…")
    if len(line) <= width or not bracket or kept < _PARAMETERS:
        return end_of(nodeid, width)
    if len(function) + len(bracket) + len(parameters) < width:
        return end_of(nodeid, width)
    return f"{function}[…{parameters[-kept:]}"


def end_of(text: str, width: int) -> str:
    """`text` as people read it, in at most `width` characters: of a long one the end, where paths and names differ."""
    line = shown(text)
    return line if len(line) <= width else f"…{line[1 - width :]}"
