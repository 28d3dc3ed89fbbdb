"""Names of markers as far as they are known: texts with holes where nobody knows what stands."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from noxtasks.markers.model import BUILTIN

HOLE = "\0"  # stands in a text for a part that is not known; it cannot stand in Python source
UNKNOWN: frozenset[str] = frozenset({HOLE})
_MANY = 2000  # more names than that are no knowledge

# what objects of pytest's own classes have: no markers, where the object is not known to be `pytest.mark`
_OF_MARKS = frozenset({"args", "kwargs", "name", "combined", "combined_with", "with_args", "mark", "markname"})
_HOLES = re.compile(f"{HOLE}+")


def is_marker(name: str) -> bool:
    """Whether a project may own a marker of this name."""
    return bool(name) and name not in BUILTIN and not name.startswith("__") and HOLE not in name


def is_attribute_of_marks(name: str) -> bool:
    """Whether `mark.NAME` is what any Mark or MarkDecorator has."""
    return name in _OF_MARKS or name.startswith("_")


def pattern(text: str) -> str:
    """A regular expression for a text with holes."""
    return ".*".join(re.escape(part) for part in _HOLES.split(text))


def joined(parts: Sequence[Iterable[str]]) -> frozenset[str]:
    """Every text that begins with one of the first part, goes on with one of the second, and so on."""
    choices = [tuple(part) for part in parts]
    count = 1
    for choice in choices:
        count *= max(len(choice), 1)
    if count > _MANY:
        choices = [choice if len(choice) == 1 else (HOLE,) for choice in choices]
    return frozenset(_HOLES.sub(HOLE, "".join(texts)) for texts in itertools.product(*choices))


def bounded(texts: frozenset[str], bound: frozenset[str]) -> frozenset[str]:
    """What remains of `texts` where each is known to be one of `bound`."""
    if HOLE in bound:
        return texts
    known = frozenset(
        one for one in bound if any(re.fullmatch(pattern(text), one, re.DOTALL) for text in texts) or HOLE in one
    )
    return known or bound


def words(expression: str) -> tuple[str, ...]:
    """The names in an expression of `-m` or `-k`, in order; arguments of markers are left out."""
    bare = re.sub(r"\([^()]*=[^()]*\)", " ", expression)
    found = re.findall(rf"[\w.:+\-\[\]\\/{HOLE}]+", bare)
    return tuple(dict.fromkeys(word for word in found if word not in ("and", "or", "not", "None", "True", "False")))
