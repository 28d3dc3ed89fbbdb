"""The two sides of a comparison that failed, out of the message, and what they differ in.

pytest writes `assert LEFT == RIGHT`, cuts long sides, and shows a diff of lines below; unittest writes `LEFT != RIGHT`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from math import isclose

_SIDES = re.compile(r"\A(?:AssertionError: )?(?:assert )?(.+?) (==|!=|in|not in) (.+?)(?: : .*)?\Z", re.DOTALL)
_ORDERED = re.compile(r"\bassert .+? (?:<|>|<=|>=) .+|\bnot (?:less|greater) than\b", re.DOTALL)
_DIFF = re.compile(r"^E?[ \t]*([-+]) ?(.*)$", re.MULTILINE)
_DRIVE = re.compile(r"\b[A-Za-z]:(?=[/\\])")
_PATH_CLASS = re.compile(r"\b(?:Pure)?(?:Windows|Posix)?Path\((.*?)\)")
_SEPARATORS = re.compile(r"\\+|/+")
_SHORT_NAME = re.compile(r"[\\/][A-Z0-9_]{1,6}~\d[\\/]")
_TEMPORARY = re.compile(r"/private/(?:var|tmp|etc)\b")
_RETURN = re.compile(r"\r|\\r")
_CLOSE = 1e-6


def is_of_order(message: str) -> bool:
    """Whether one side had to be less than the other."""
    return bool(_ORDERED.search(message))


def differs_in_line_ends(message: str) -> bool:
    """Whether the sides are the same but for carriage returns, as far as the message shows them."""
    pairs = list(_pairs(message))
    if any(left != right and _without_returns(left) == _without_returns(right) for left, right in pairs):
        return True
    if _RETURN.search(message) and any(_RETURN.search(left) or _RETURN.search(right) for left, right in pairs):
        return any(bool(_RETURN.search(left)) != bool(_RETURN.search(right)) for left, right in pairs)
    lines = _diff(message)
    return any(line.strip() and "+" in signs and "-" in signs for line, signs in lines.items())


def differs_in_temporary(message: str) -> bool:
    """Whether one side has the real name of a temporary folder, and the other a link or a short name."""
    for left, right in _pairs(message):
        for pattern in (_TEMPORARY, _SHORT_NAME):
            if bool(pattern.search(left)) != bool(pattern.search(right)):
                return True
    return False


def differs_in_case(message: str) -> bool:
    """Whether the sides are the same but for upper and lower case."""
    return any(left != right and left.casefold() == right.casefold() for left, right in _pairs(message))


def differs_in_separators(message: str) -> bool:
    """Whether the sides are the same but for the separators of paths, or hold paths of both kinds."""
    return any(_are_one_path(left, right) or _are_of_both_kinds(left, right) for left, right in _pairs(message))


def differs_in_order(message: str) -> bool:
    """Whether the sides are lists of the same things."""
    return any(_are_shuffled(left, right) for left, right in _pairs(message))


def differs_in_rounding(message: str) -> bool:
    """Whether the sides are numbers that are almost the same."""
    return "Not equal to tolerance" in message or any(_are_close(left, right) for left, right in _pairs(message))


def _pairs(message: str) -> Iterator[tuple[str, str]]:
    """The sides of the comparison, and those of each pair of lines in its diff."""
    if sides := _SIDES.match(message.partition("\n")[0].strip()):
        yield sides[1], sides[3]
    taken: list[str] = []
    for sign, line in _DIFF.findall(message):
        if sign == "-":
            taken.append(line)
        elif taken:
            yield taken.pop(0), line


def _diff(message: str) -> dict[str, set[str]]:
    """The lines of the diff without their ends, with the signs that they have."""
    found: dict[str, set[str]] = {}
    for sign, line in _DIFF.findall(message):
        found.setdefault(line.rstrip(), set()).add(sign)
    return found


def _without_returns(side: str) -> str:
    return _RETURN.sub("", side)


def _plain(side: str) -> str:
    return _SEPARATORS.sub("/", _DRIVE.sub("", _PATH_CLASS.sub(r"\1", side)))


def _are_one_path(left: str, right: str) -> bool:
    has_both = ("\\" in left) != ("\\" in right) or ("\\" in left and "/" in left)
    one, other = _plain(left).strip("'\""), _plain(right).strip("'\"")
    return (
        left != right and has_both and (one == other or (bool(one) and one in other) or (bool(other) and other in one))
    )


_BACK = re.compile(r"(?<![\w\\])(?:[A-Za-z]:)?(?:\\{1,2}[\w.$ -]+){1,}|[\w.-]+(?:\\{1,2}[\w.-]{2,})+")
_FORWARD = re.compile(r"(?<!\w)/?[\w.-]+(?:/[\w.-]+)+|(?<!\w)/[\w.-]+")


def _are_of_both_kinds(left: str, right: str) -> bool:
    """One side has a path with backslashes, the other one with slashes, and they share a name."""
    for one, other in ((left, right), (right, left)):
        back = {name for path in _BACK.findall(one) for name in _SEPARATORS.split(path) if len(name) > 1}
        forward = {name for path in _FORWARD.findall(other) for name in path.split("/") if len(name) > 1}
        if "\\" not in other and back & forward:
            return True
    return False


def _are_shuffled(left: str, right: str) -> bool:
    one, other = _value(left), _value(right)
    if not isinstance(one, list | tuple) or not isinstance(other, list | tuple) or one == other:
        return False
    return sorted(map(repr, one)) == sorted(map(repr, other))


def _are_close(left: str, right: str) -> bool:
    one, other = _number(left), _number(right)
    return one is not None and other is not None and one != other and isclose(one, other, rel_tol=_CLOSE)


def _number(text: str) -> float | None:
    value = _value(text)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _value(text: str) -> object:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
