"""The texts that an expression may be, by a small abstract interpretation: what is unknown is a hole in them."""

from __future__ import annotations

import ast
from collections.abc import Collection
from pathlib import PurePosixPath

from noxtasks.markers.python import guards, paths
from noxtasks.markers.python.containers import Origin
from noxtasks.markers.python.flow import Flow
from noxtasks.markers.python.formats import formatted, interpolated
from noxtasks.markers.python.model import Place
from noxtasks.markers.python.names import HOLE, UNKNOWN, bounded, joined
from noxtasks.markers.python.project import Project
from noxtasks.markers.python.syntax import Module, last_name, line_of

_CASES = {"lower", "upper", "casefold", "title", "capitalize"}
_WITH_DEFAULT = {"get", "getenv", "getattr", "getoption", "setdefault", "pop", "getvalue"}
_TRIMMING = {"strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace", "expandtabs", "zfill", "translate"}
_PLATFORMS = frozenset(
    {"linux", "darwin", "win32", "cygwin", "aix", "emscripten", "wasi"}
)  # `sys.platform`, and below: `platform.system()`
_SYSTEMS = frozenset({"Linux", "Darwin", "Windows"})
_DEPTH = 15


class Texts:
    """Evaluates expressions. `touched` are the constants that were looked at since it was emptied."""

    def __init__(self, project: Project, folders: Collection[str] = ()) -> None:
        self.flow = Flow(project)
        self.project = project
        self.touched: set[tuple[str, int, str]] = set()
        self.is_from_paths = False  # a name of a folder or file was among what was looked at
        self._active: list[ast.AST] = []
        names = {part for folder in folders for part in PurePosixPath(folder).parts}
        self._folders = frozenset(names)
        self._files = frozenset(PurePosixPath(path).name for path in project.files) if folders else frozenset()

    def of(self, node: ast.AST, module: Module) -> frozenset[str]:
        """Every text that the expression may be."""
        return frozenset(self.placed(node, module))

    def placed(self, node: ast.AST, module: Module) -> dict[str, Place]:
        """The texts, and where each stands as a constant, or else the expression itself."""
        return self.of_origins(self.flow.origins(node, module), node, module)

    def elements(self, node: ast.AST, module: Module) -> dict[str, Place]:
        """The texts that the elements of a collection may be."""
        return self.of_origins(self.flow.elements(node, module), node, module)

    def of_origins(self, origins: list[Origin], node: ast.AST, module: Module) -> dict[str, Place]:
        """The texts that values of these origins may be, as they come to this expression."""
        here = (module.path, line_of(node))
        result: dict[str, Place] = {}
        for origin in origins:
            if origin.is_mark:
                continue
            if origin.node is None or origin.module is None:
                result.setdefault(HOLE, here)
                continue
            for text in self._text(origin.node, origin.module):
                constant = isinstance(origin.node, ast.Constant) and line_of(origin.node)
                result.setdefault(text, (origin.module.path, line_of(origin.node)) if constant else here)
        if any(HOLE in text for text in result):
            bound = guards.bound(node, module, self)
            if bound is not None:
                kept = bounded(frozenset(result), bound)
                result = {text: result.get(text, here) for text in kept}
        return result

    def _text(self, node: ast.AST, module: Module) -> frozenset[str]:
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                self.touched.add((module.path, line_of(node), node.value))
                return frozenset({node.value})
            return frozenset() if node.value is None else frozenset({str(node.value)})
        if (systems := _systems(node)) is not None:
            return systems
        if node in self._active:
            # name = name.lower(): nothing that the other values of the name do not give
            return frozenset() if isinstance(node, ast.Call) else UNKNOWN
        if len(self._active) > _DEPTH:
            return UNKNOWN
        self._active.append(node)
        try:
            return self._computed(node, module)
        finally:
            self._active.pop()

    def _computed(self, node: ast.AST, module: Module) -> frozenset[str]:
        match node:
            case ast.JoinedStr(values=values):
                return joined([self.of(each, module) for each in values])
            case ast.FormattedValue(value=value, format_spec=None):
                return self.of(value, module)
            case ast.BinOp(left=left, right=right, op=ast.Add()):
                return joined([self.of(left, module), self.of(right, module)])
            case ast.BinOp(left=left, right=right, op=ast.Mod()):
                return interpolated(self, left, right, module)
            case ast.Call(args=[_, *_, ast.Constant(value=str()) as default]) if last_name(node.func) in _WITH_DEFAULT:
                found = UNKNOWN | self.of(default, module)
            case ast.Call(func=ast.Attribute(value=value, attr=method)):
                found = self._method(node, value, method, module)
            case ast.Call(func=ast.Name(id="str"), args=[value]):
                found = self.of(value, module)
            case ast.Subscript(
                value=ast.Call(func=ast.Attribute(value=text, attr="split" | "partition" | "splitlines")) as parts,
                slice=ast.Constant(value=0),
            ):
                found = self._first(text, parts, module)
            case _:
                found = UNKNOWN
        if HOLE in found:
            return paths.names(node, module, self) or found
        return found

    def from_paths(self, *, folders: bool, files: bool, stems: bool) -> frozenset[str]:
        """The names of the project's folders and files, where they are known."""
        if not self._folders:
            return frozenset()
        self.is_from_paths = True
        result = set(self._folders) if folders else set()
        if files:
            result |= self._files
        if stems:
            result |= {PurePosixPath(each).stem for each in self._files}
        return frozenset(result)

    def _first(self, text: ast.AST, parts: ast.Call, module: Module) -> frozenset[str]:
        if last_name(parts.func) == "splitlines":
            return frozenset(line for each in self.of(text, module) for line in each.splitlines()[:1])
        separators = self.of(parts.args[0], module) if parts.args else UNKNOWN
        if len(separators) != 1 or HOLE in (only := next(iter(separators))) or not only:
            return UNKNOWN
        return frozenset(each.split(only)[0] for each in self.of(text, module))

    def _method(self, call: ast.Call, value: ast.expr, method: str, module: Module) -> frozenset[str]:
        if method == "format":
            return formatted(self, call, value, module)
        if method == "join" and len(call.args) == 1:
            return self._join(value, call.args[0], module)
        if method in _CASES:
            return frozenset(getattr(text, method)() for text in self.of(value, module))
        if method in _TRIMMING:
            arguments = [self.of(each, module) for each in call.args]
            if all(len(each) == 1 and HOLE not in next(iter(each)) for each in arguments):
                plain = [next(iter(each)) for each in arguments]
                return frozenset(_trimmed(text, method, plain) for text in self.of(value, module))
        return UNKNOWN

    def _join(self, separator: ast.expr, parts: ast.expr, module: Module) -> frozenset[str]:
        found: list[frozenset[str]] = []
        for origin in self.flow.origins(parts, module):
            if not isinstance(origin.node, (ast.List, ast.Tuple)) or origin.module is None:
                return UNKNOWN
            if any(isinstance(each, ast.Starred) for each in origin.node.elts):
                return UNKNOWN
            pieces: list[frozenset[str]] = []
            for each in origin.node.elts:
                pieces.extend([self.of(separator, module), self.of(each, origin.module)])
            found.append(joined(pieces[1:]))
        return frozenset().union(*found) if found else UNKNOWN


def _systems(node: ast.AST) -> frozenset[str] | None:
    """The names of operating systems, where the expression asks for that of the one it runs on."""
    match node:
        case ast.Attribute(value=ast.Name(id="sys"), attr="platform"):
            return _PLATFORMS
        case ast.Call(func=ast.Attribute(value=ast.Name(id="platform"), attr="system"), args=[]):
            return _SYSTEMS
    return None


def _trimmed(text: str, method: str, arguments: list[str]) -> str:
    if HOLE in text and not (method == "replace" and len(arguments) == 2 and len(arguments[0]) == 1):  # noqa: PLR2004
        return HOLE
    try:
        return str(
            getattr(text, method)(*(int(each) if method in ("zfill", "expandtabs") else each for each in arguments))
        )
    except (TypeError, ValueError):
        return HOLE
