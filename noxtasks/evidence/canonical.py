"""Values as bytes that are the same wherever they are written: the JSON Canonicalization Scheme, RFC 8785.

Digests are only worth something when equal values give equal bytes. RFC 8785 fixes the order of keys, the form of
numbers and the escapes; what it cannot carry (NaN, integers that a double would round) is refused here with the JSON
pointer (RFC 6901) of the value, because silently rounded evidence is worse than none.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

import msgspec
import rfc8785

from noxtasks.errors import EvidenceError

DEFECT = "This is a defect of noxtasks, not of your project: please report it, with this message."
LARGEST_INTEGER = 2**53 - 1
_SHOWN = 40  # characters of a number


def pointer(*parts: str | int) -> str:
    """The JSON pointer (RFC 6901) of the value that is reached by `parts`; the whole document is the empty string."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def plain(value: object, *, where: str) -> Any:
    r"""`value` as nothing but dict, list, str, int, float, bool and None.

    Structs, enums, dates and tuples are converted. A lone surrogate, which UTF-8 cannot carry and a test's message may
    hold, is written out as its escape, for example `\udc80`. Raises `EvidenceError`, laid at `where`, for anything
    that JSON cannot say exactly.
    """
    try:
        return _plain(msgspec.to_builtins(value, str_keys=True), (), where)
    except TypeError as error:
        raise EvidenceError(f"a value is not data: {error}", where=where, remedy=DEFECT) from None
    except RecursionError:
        raise EvidenceError("a value is nested too deeply, or holds itself", where=where, remedy=DEFECT) from None


def _plain(value: Any, path: tuple[str | int, ...], where: str) -> Any:
    match value:
        case dict():
            return {_text(key): _plain(item, (*path, key), where) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, (*path, index), where) for index, item in enumerate(value)]
        case str():
            return _text(value)
        case float() if not math.isfinite(value):
            _refuse(f"{value} is not a JSON number", path, where)
        case int() if abs(value) > LARGEST_INTEGER:
            _refuse(f"the integer {value} is beyond 2**53 - 1, where JSON readers begin to round", path, where)
    return value


def _text(value: str) -> str:
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def _refuse(reason: str, path: tuple[str | int, ...], where: str) -> NoReturn:
    raise EvidenceError(f"{pointer(*path) or 'the document'}: {reason}", where=where, remedy=DEFECT)


def dumps(value: object, *, where: str) -> bytes:
    """The canonical JSON of `value`, without a newline. Raises `EvidenceError` as `plain` does."""
    return rfc8785.dumps(plain(value, where=where))


def loads(data: bytes) -> Any:
    """Parse JSON strictly: UTF-8, no NaN, no number beyond all doubles, no key twice. Raises `ValueError`.

    An integer that is too large for a double's precision was a float when it was written (RFC 8785 prints 1e20 in
    full), so it comes back as one.
    """
    text = data.decode("utf-8")
    try:
        return json.loads(
            text,
            parse_int=_parse_int,
            parse_float=_parse_float,
            parse_constant=_parse_constant,
            object_pairs_hook=_parse_object,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _parse_int(digits: str) -> int | float:
    exact = len(digits) <= len(str(-LARGEST_INTEGER)) and abs(int(digits)) <= LARGEST_INTEGER
    return int(digits) if exact else _parse_float(digits)


def _parse_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:_SHOWN]} is beyond all numbers that there are here")
    return number


def _parse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) != len(pairs):
        raise ValueError("an object has the same key twice")
    return parsed
