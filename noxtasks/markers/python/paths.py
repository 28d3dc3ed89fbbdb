"""Names that code takes from the place of a test in the tree: they are those of the project's folders and files."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from noxtasks.markers.python.flow import Flow
from noxtasks.markers.python.syntax import Module, last_name

if TYPE_CHECKING:
    from noxtasks.markers.python.texts import Texts

_PATHS = {"fspath", "path", "Path", "PurePath", "PurePosixPath", "__file__", "rootpath", "rootdir", "nodeid"}
_PASSING = {"relative_to", "resolve", "absolute", "relto", "relpath", "str", "fspath", "as_posix", "dirpath", "dirname"}
_DEPTH = 12


def names(node: ast.AST, module: Module, texts: Texts) -> frozenset[str]:  # noqa: C901 - one for each kind
    """What the expression may be where it is a part of a path; nothing where it is not evidently one."""
    match node:
        case ast.Attribute(value=ast.Attribute(value=inner, attr="parent"), attr="name" | "stem"):
            if is_path(inner, module, texts.flow):
                return texts.from_paths(folders=True, files=False, stems=False)
        case ast.Attribute(value=inner, attr="name" | "basename"):
            if is_path(inner, module, texts.flow):
                return texts.from_paths(folders=True, files=True, stems=False)
        case ast.Attribute(value=inner, attr="stem" | "purebasename"):
            if is_path(inner, module, texts.flow):
                return texts.from_paths(folders=True, files=False, stems=True)
        case ast.Call(func=func, args=[inner]) if last_name(func) == "basename":
            if is_path(inner, module, texts.flow):
                return texts.from_paths(folders=True, files=True, stems=False)
        case ast.Subscript(value=ast.Attribute(value=inner, attr="parts")):
            if is_path(inner, module, texts.flow):
                return texts.from_paths(folders=True, files=True, stems=False)
    return frozenset()


def is_path(node: ast.AST, module: Module, flow: Flow, depth: int = 0) -> bool:  # noqa: PLR0911 - one for each kind
    """Whether the value is a path of a file, as far as its spelling tells."""
    if depth > _DEPTH:
        return False
    match node:
        case ast.Attribute(attr=attr, value=value):
            return attr in _PATHS or (attr in ("parent", "parents") and is_path(value, module, flow, depth + 1))
        case ast.Subscript(value=value):
            return is_path(value, module, flow, depth + 1)
        case ast.BinOp(left=left, op=ast.Div()):
            return is_path(left, module, flow, depth + 1)
        case ast.Call(func=func, args=args):
            name = last_name(func)
            if name in _PATHS:
                return True
            within = func.value if isinstance(func, ast.Attribute) else None
            candidates = [each for each in (within, *args[:1]) if each is not None]
            return name in _PASSING and any(is_path(each, module, flow, depth + 1) for each in candidates)
        case ast.Name(id=name):
            if name in _PATHS:
                return True
            found = [each for each in flow.origins(node, module) if each.node is not node]
            return bool(found) and all(
                each.node is not None and each.module is not None and is_path(each.node, each.module, flow, depth + 1)
                for each in found
            )
    return False
