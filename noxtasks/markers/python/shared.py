"""Collections that markers are registered from, and that something else uses too: an option for each, a filter.

Whether that has a use for a marker which no test carries, nobody can tell; but one that is taken out of the collection
goes there, too.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from noxtasks.markers.model import Use
from noxtasks.markers.python.aliases import Aliases
from noxtasks.markers.python.found import Found
from noxtasks.markers.python.places import Alias
from noxtasks.markers.python.project import Project
from noxtasks.markers.python.syntax import COMPREHENSIONS, Module, line_of

Constant = tuple[str, int, str]  # path, line, text


def shared(constants: set[Constant], project: Project, aliases: Aliases, found: Found) -> None:
    """Notes a possible use for every marker that is registered from a collection with other uses."""
    markers = _made_of(constants, found)
    for path in {path for path, line, _ in constants if (path, line) in markers}:
        module = project.module(path)
        if module is None:
            continue
        held = [(path, line_of(each)) for each in module.strings]
        for node, place in zip(module.strings, held, strict=True):
            alias = _collection(node, module) if place in markers else None
            if alias is None:
                continue
            for where, line, how, _ in aliases.uses(alias):
                if not _registers(where, line, project):
                    for marker in markers[place]:
                        found.reference(marker, (where, line), Use.POSSIBLE, f"{alias.name}, {how}")


def _made_of(constants: set[Constant], found: Found) -> dict[tuple[str, int], set[str]]:
    """The markers whose registrations stand where the constants do, or have a constant as a part of their names."""
    markers: dict[tuple[str, int], set[str]] = defaultdict(set)
    for each in found.registrations:
        markers[each.path, each.line].add(each.marker)
    computed = {each.marker for each in found.registrations if (each.path, each.line, each.marker) not in constants}
    for path, line, text in constants:
        if text.isidentifier():
            markers[path, line].update(marker for marker in computed if text in marker)
    return markers


def _collection(node: ast.AST, module: Module) -> Alias | None:
    """The variable that holds the list, set, tuple or dict in which the constant stands."""
    below = node
    for above in module.ancestors(node):
        match above:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if below is not node:
                return Alias(name=name, module=module, scope=module.scope_of(above), line=line_of(above))
            case ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
                below = above
            case _:
                return None
    return None


def _registers(path: str, line: int, project: Project) -> bool:
    """Whether what stands there is gone through to register markers, and no more."""
    module = project.module(path)
    return module is not None and line in set(_headers(module))


def _headers(module: Module) -> Iterator[int]:
    """The lines on which loops around `addinivalue_line` begin."""
    for call in module.calls.get("addinivalue_line", []):
        for above in module.ancestors(call):
            if isinstance(above, (ast.For, ast.AsyncFor)):
                yield line_of(above.iter)
            elif isinstance(above, COMPREHENSIONS):
                yield from (line_of(each.iter) for each in above.generators)
