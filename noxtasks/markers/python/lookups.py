"""Tables that code looks up with the name of a mark: mappings, enumerations, the names in a class."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from noxtasks.markers.python.names import HOLE
from noxtasks.markers.python.syntax import Module
from noxtasks.markers.python.texts import Texts

_CASES = {"lower", "upper", "casefold", "title", "capitalize"}


def bare(node: ast.expr) -> ast.expr:
    """`mark.name` of `mark.name.upper()`."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CASES:
        node = node.func.value
    return node


def in_cases(key: ast.expr, texts: Iterable[str]) -> list[str]:
    """The names that a marker may have for which `key`, which may change their case, gives one of the texts."""
    found = list(texts)
    if bare(key) is not key:
        found.extend([change(each) for change in (str.lower, str.upper) for each in found])
    return list(dict.fromkeys(found))


def keys(table: ast.expr, key: ast.expr, module: Module, texts: Texts) -> list[str]:
    """The markers that a mapping or an enumeration has something for: `TABLE[mark.name]`, `Kind[mark.name.upper()]`."""
    holder = table.value if isinstance(table, ast.Attribute) and table.attr == "__members__" else table
    known = [each for each in texts.elements(table, module) if each != HOLE]
    return in_cases(key, members(holder, module, texts) or known)


def members(node: ast.expr, module: Module, texts: Texts) -> list[str]:
    """What is named in the bodies of the classes that the value may be."""
    origins = texts.flow.origins(node, module)
    return [
        name
        for each in origins
        if isinstance(each.node, ast.ClassDef) and each.module is not None
        for name in each.module.scopes[each.node].bindings
    ]


def values(called: ast.expr, module: Module, texts: Texts) -> list[str]:
    """The texts among the values of an enumeration, for `Kind(mark.name)`; of another class they are no less."""
    if not any(isinstance(each.node, ast.ClassDef) for each in texts.flow.origins(called, module)):
        return []
    return [each for each in texts.elements(called, module) if HOLE not in each]
