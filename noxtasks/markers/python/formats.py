"""Texts made by `%` and by `format`."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from noxtasks.markers.python.names import HOLE, UNKNOWN, joined
from noxtasks.markers.python.syntax import Module, keyword

if TYPE_CHECKING:
    from noxtasks.markers.python.texts import Texts

_CONVERSION = re.compile(r"%(?:\((?P<key>\w+)\))?[-+ #0]*[\d*]*(?:\.[\d*]+)?(?P<kind>[a-zA-Z%])")
_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}:!]*)(?:![rsa])?(?::[^{}]*)?\}")


def interpolated(texts: Texts, left: ast.expr, right: ast.expr, module: Module) -> frozenset[str]:
    """What `left % right` may be."""
    values = right.elts if isinstance(right, ast.Tuple) else [right]
    result: set[str] = set()
    for template in texts.of(left, module):
        if HOLE in template:
            return UNKNOWN
        parts: list[frozenset[str]] = []
        end = count = 0
        for match in _CONVERSION.finditer(template):
            parts.append(frozenset({template[end : match.start()]}))
            end = match.end()
            if match["kind"] == "%":
                parts.append(frozenset({"%"}))
            elif match["key"] or match["kind"] != "s" or count >= len(values):
                parts.append(UNKNOWN)
                count += 1
            else:
                parts.append(texts.of(values[count], module))
                count += 1
        parts.append(frozenset({template[end:]}))
        result |= joined(parts)
    return frozenset(result) or UNKNOWN


def formatted(texts: Texts, call: ast.Call, value: ast.expr, module: Module) -> frozenset[str]:
    """What `value.format(…)` may be."""
    result: set[str] = set()
    for template in texts.of(value, module):
        if HOLE in template:
            return UNKNOWN
        parts: list[frozenset[str]] = []
        end = count = 0
        for match in _FIELD.finditer(template):
            parts.append(frozenset({template[end : match.start()]}))
            end = match.end()
            name = match["name"]
            if name is None:
                parts.append(frozenset({match.group()[0]}))
                continue
            argument = keyword(call, name)
            if not name or name.isdigit():
                index = int(name) if name else count
                count += 1
                argument = call.args[index] if index < len(call.args) else None
            known = argument is not None and not isinstance(argument, ast.Starred)
            parts.append(texts.of(argument, module) if known and argument is not None else UNKNOWN)
        parts.append(frozenset({template[end:]}))
        result |= joined(parts)
    return frozenset(result) or UNKNOWN
