"""How much of an artifact is looked into: a small file can take minutes and gigabytes of whoever parses it.

A larger one can be bundled, and its digest is checked; no gate looks into it. What is not of the form that artifacts
are written in, and only serves to be slow, is none of ours.
"""

from __future__ import annotations

import re

from noxtasks.errors import EvidenceError

LARGEST_READ = 128 << 20
"""Bytes that are read as a whole."""

_MOST_COMMAS = 2_500_000  # of JSON: it has not many more values than these
_MOST_NODES = 400_000  # of YAML, which takes a hundred times as long
_LONGEST_NUMBER = 100
_NUMBER = re.compile(r"[-+]?[0-9][0-9_:.]*")


class TooManyError(EvidenceError):
    """It is sound, for all that is known, and too large to be looked into."""

    def __init__(self, name: str) -> None:
        super().__init__("it is too large to be looked into", where=name)


def expect_few_values(name: str, data: bytes) -> None:
    """Raise `TooManyError`, and `EvidenceError` for YAML that refers to itself or has a number as long as a book."""
    if not name.endswith((".yaml", ".yml")):
        if data.count(b",") > _MOST_COMMAS:
            raise TooManyError(name)
        return
    import yaml  # noqa: PLC0415 - 20 ms that only a YAML artifact should cost

    try:
        for number, event in enumerate(yaml.parse(data.decode(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))):
            if number > _MOST_NODES:
                raise TooManyError(name)
            if getattr(event, "anchor", None) is not None:  # a few lines can become billions of values so
                message = "it has anchors or aliases, which are never written: it was not looked into"
                raise EvidenceError(message, where=name)
            if _is_long_number(getattr(event, "value", "")):
                raise EvidenceError("it has a number that is never written: it was not looked into", where=name)
    except (yaml.YAMLError, ValueError):
        return  # whoever parses it tells of that


def _is_long_number(text: str) -> bool:
    """Whether it is a number that takes long to read: sixties, as in 1:30, take as long as their length squared."""
    return len(text) > _LONGEST_NUMBER and _NUMBER.fullmatch(text) is not None
