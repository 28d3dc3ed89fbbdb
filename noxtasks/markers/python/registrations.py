"""Markers that code registers: `addinivalue_line("markers", …)` and what adds to pytest's list of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from noxtasks.markers.model import Registration
from noxtasks.markers.python.found import Found
from noxtasks.markers.python.model import Place
from noxtasks.markers.python.names import HOLE
from noxtasks.markers.python.syntax import Module, keyword, last_name, line_of
from noxtasks.markers.python.texts import Texts

_LISTS = ("getini", "_getini", "_inicache", "inicfg", "_inicfg")
_TESTS = {"test", "tests", "testing"}


def registrations(module: Module, texts: Texts, found: Found) -> set[tuple[str, int, str]]:
    """Notes every registration; gives the constants that they are made of: path, line, text."""
    texts.touched.clear()
    for call, how, lines in _lines(module, texts):
        here = (module.path, line_of(call))
        for text, place in lines.items():
            _note(text, place, how, here, found)
    return set(texts.touched)


def is_shipped(path: str) -> bool:
    """Whether the file is part of what the project gives to others, not of its tests."""
    pure = PurePosixPath(path)
    name = pure.name
    is_test = name in ("conftest.py", "noxfile.py") or name.startswith("test_") or name.endswith("_test.py")
    return not is_test and _TESTS.isdisjoint(pure.parts[:-1])


def _lines(module: Module, texts: Texts) -> Iterator[tuple[ast.Call, str, dict[str, Place]]]:
    for call, given in _adding(module):
        key = given[0] if given else keyword(call, "name")
        line = given[1] if len(given) > 1 else keyword(call, "line")
        if isinstance(key, ast.Starred):
            origins = texts.flow.taken(texts.flow.origins(key.value, module), (1,))
            yield call, "addinivalue_line", texts.of_origins(origins, key.value, module)
            continue
        if key is None or line is None or not _means_markers(texts.of(key, module)):
            continue
        yield call, "addinivalue_line", texts.placed(line, module)
    for name in ("append", "extend", "insert"):
        for call in module.calls.get(name, []):
            if (
                isinstance(call.func, ast.Attribute)
                and call.args
                and _is_list_of_markers(call.func.value, module, texts)
            ):
                added = call.args[-1]
                lines = texts.elements(added, module) if name == "extend" else texts.placed(added, module)
                yield call, f"{name} to the markers", lines


def _adding(module: Module) -> Iterator[tuple[ast.Call, list[ast.expr]]]:
    """Calls of `addinivalue_line` under its own name and others, with all that they give it."""
    for call in module.calls.get("addinivalue_line", []):
        yield call, call.args
    for attribute in module.attributes.get("addinivalue_line", []):
        above = module.parents.get(attribute)
        before: list[ast.expr] = []
        if isinstance(above, ast.Call) and last_name(above.func) == "partial" and above.args[0] is attribute:
            before, above = above.args[1:], module.parents.get(above)
        if isinstance(above, ast.Assign):
            for target in above.targets:
                for call in module.calls.get(last_name(target), []):
                    yield call, [*before, *call.args]


def _means_markers(keys: frozenset[str]) -> bool:
    return any(key == "markers" or HOLE in key for key in keys)


def _is_list_of_markers(node: ast.expr, module: Module, texts: Texts) -> bool:
    if not any(name in module.calls or name in module.attributes for name in _LISTS):
        return False
    for origin in texts.flow.peeked(node, module) if isinstance(node, ast.Name) else ():
        if isinstance(origin.node, (ast.Call, ast.Subscript)) and _is_got(origin.node):
            return True
    return _is_got(node)


def _is_got(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=func, args=[ast.Constant(value="markers"), *_]):
            return last_name(func) in ("getini", "_getini") or (
                isinstance(func, ast.Attribute) and last_name(func.value) in _LISTS
            )
        case ast.Subscript(value=value, slice=ast.Constant(value="markers")):
            return last_name(value) in _LISTS
    return False


def _note(text: str, place: Place, how: str, here: Place, found: Found) -> None:
    """Pytest takes what it is given for one entry, however many lines that has: all after the name describes it."""
    if not text.strip():
        return
    head, _, description = text.partition(":")
    name = head.partition("(")[0].strip()
    if HOLE in name or not name or "\n" in name:
        found.unknown_registrations.add(here)
        return
    found.registrations.add(
        Registration(
            marker=name,
            path=place[0],
            line=place[1],
            how=how,
            description=" ".join(description.replace(HOLE, "…").split()),
            signature=" ".join(head.replace(HOLE, "…").split()) if "(" in head else "",
            is_shipped=is_shipped(place[0]) and is_shipped(here[0]),
        )
    )
