"""Where a figure stands in an artifact: a JSON pointer (RFC 6901), with three extensions, tried after the standard.

    /result/gates/name=speed-up/figure   in an array of objects: those whose `name` is `speed-up`
    /result/tiers/*/change               every item of an array
    /result/ratchet/{regressed,new}/*    several members of an object

A pointer that leads nowhere says where it stopped, and what there would have been.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

_NAMED = 5


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A value, with the object or array that holds it and what else it was reached through, innermost first."""

    value: Any
    holders: tuple[Any, ...] = ()

    def beside(self, name: str) -> Any:
        """The member `name` of the object that holds the value; None where there is none."""
        holder = self.holders[0] if self.holders else None
        return holder.get(name) if isinstance(holder, Mapping) else None

    @property
    def name(self) -> str:
        """What the innermost object with a name is called: a test, a gate, a tier."""
        for holder in (self.value, *self.holders):
            if isinstance(holder, Mapping):
                for key in ("test", "name"):
                    if isinstance(holder.get(key), str):
                        return str(holder[key])
        return ""


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """The pointer leads nowhere. `is_null`: what holds it is there, and null, as what was not asked for is."""

    reason: str
    is_null: bool = False


def resolve(document: Any, pointer: str) -> tuple[Place, ...] | Stopped:
    """All places that `pointer` leads to in `document`, in order: none where it names all items of an empty array."""
    if pointer and not pointer.startswith("/"):
        return Stopped(reason=f"the pointer {pointer!r} does not begin with a slash")
    places: tuple[Place, ...] = (Place(value=document),)
    so_far = ""
    for raw in pointer.split("/")[1:]:
        found: list[Place] = []
        for place in places:
            step = _step(place.value, raw.replace("~1", "/").replace("~0", "~"))
            if isinstance(step, str):
                reason = f"stopped at {so_far or 'the document'}: {step}"
                return Stopped(reason=reason, is_null=place.value is None)
            found += [Place(value=value, holders=(place.value, *place.holders)) for value in step]
        places = tuple(found)
        so_far += f"/{raw}"
    return places


def _step(value: Any, token: str) -> list[Any] | str:
    """What `token` leads to in `value`, or why it leads nowhere."""
    if isinstance(value, Mapping):
        return _of_object(value, token)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _of_array(value, token)
    kind = "null" if value is None else f"{json.dumps(value)[:60]}"
    return f"there is {kind}, which holds no {token!r}"


def _of_object(value: Mapping[str, Any], token: str) -> list[Any] | str:
    if token in value:
        return [value[token]]
    if token[:1] == "{" and token[-1:] == "}":
        names = list(dict.fromkeys(token[1:-1].split(",")))  # each once, or a short pointer leads to very many places
        missing = [name for name in names if name not in value]
        return _absent(missing[0], value) if missing else [value[name] for name in names]
    return _absent(token, value)


def _absent(token: str, value: Mapping[str, Any]) -> str:
    near = get_close_matches(token, list(value), n=1)
    there = f"did you mean {near[0]!r}?" if near else f"there are {_some(value)}" if value else "it is empty"
    return f"it has no {token!r}; {there}"


def _of_array(value: Sequence[Any], token: str) -> list[Any] | str:
    if token == "*":  # noqa: S105 - of a pointer
        return list(value)
    if token.isascii() and token.isdigit() and (token == "0" or token[0] != "0"):  # noqa: S105
        index = int(token)
        return [value[index]] if index < len(value) else f"it has {len(value)} items, and no item {token}"
    key, equals, wanted = token.partition("=")
    if not equals:
        return f"it is an array: {token!r} is neither an index, nor *, nor KEY=VALUE"
    if any(not isinstance(item, Mapping) or key not in item for item in value):
        return f"not every item has a {key!r}"
    return [item for item in value if _written(item[key]) == wanted]


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def missed(pointer: str, document: Any) -> str:
    """Why a pointer that did not stop leads to no place: what its first choice without an item could have been."""
    so_far = ""
    for raw in pointer.split("/")[1:]:
        found = resolve(document, f"{so_far}/{raw}")
        if found == ():
            held = resolve(document, so_far)
            items = (
                [item for place in held if isinstance(place.value, list) for item in place.value]
                if not isinstance(held, Stopped)
                else []
            )
            key, equals, _ = raw.replace("~1", "/").replace("~0", "~").partition("=")
            if not (items and equals):
                return f"stopped at {so_far or 'the document'}: it is empty"
            return f"stopped at {so_far}: no {raw!r}; {key} is {_some(dict.fromkeys(_values(items, key)))}"
        so_far += f"/{raw}"
    return ""


def _values(items: Sequence[Any], key: str) -> Iterator[str]:
    return (_written(item[key]) for item in items if isinstance(item, Mapping) and key in item)


def _some(names: Mapping[str, Any]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
    return ", ".join(map(repr, listed[:_NAMED])) + more
