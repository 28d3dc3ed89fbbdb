"""Names, as messages tell them: what was meant by one that is not known, and which there are.

Both stay short and cheap, however many names there are: a file of some hundred kilobytes can hold ten thousand that
lead nowhere, and a message for each that lists all the others would fill the memory.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from itertools import islice

_COMPARED = 100
_LONGEST = 80
_LISTED = 10
_IN_PATH = 20


def near(name: str, known: Collection[str]) -> str:
    """What was meant by a name that is not known; empty where nothing is like it, or too much to compare."""
    found = get_close_matches(name, known, n=1) if len(known) <= _COMPARED and len(name) <= _LONGEST else []
    return f"Did you mean {found[0]!r}?" if found else ""


def listed(known: Collection[str]) -> str:
    """The first of them."""
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return (", ".join(islice(known, _LISTED)) or "none yet") + more


def path(names: Sequence[str]) -> str:
    """A path from name to name; of a long one both ends."""
    if len(names) <= _IN_PATH:
        return " -> ".join(names)
    ends = _IN_PATH // 2
    return " -> ".join((*names[:ends], f"({len(names) - 2 * ends} more)", *names[-ends:]))
