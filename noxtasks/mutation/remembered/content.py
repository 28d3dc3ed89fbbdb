"""Code by its content: digests of functions, of tests, and of what is left of a file without them.

Comments, layout, and where in its file a function stands do not count. What runs when a file is imported is in the
rest: all that is in no function that was asked for, and the decorators and computed defaults of those.

What is no Python that this interpreter knows counts as a whole.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import msgspec

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_WORD = re.compile(r"\w+")
_DIGEST_LENGTH = 20
_UNKNOWN = (SyntaxError, ValueError, RecursionError)


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function's content, and the names in it: of what it may call or be given."""

    digest: str
    mentions: frozenset[str]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file's functions by qualified name ("Cart.total"), and the rest."""

    functions: dict[str, Function]
    rest: str


class Tests(msgspec.Struct, frozen=True, kw_only=True):
    """A test file: its tests by qualified name, all that they share, the whole, and what it does to others."""

    tests: dict[str, str]
    shared: str
    whole: str
    acts: tuple[str, ...]  # statements that run at import and may change more than the names of their own module

    def digest(self, name: str) -> str:
        """That of a test; one that is not found by its name rests on the whole file."""
        return digest(self.shared, self.tests[name]) if name in self.tests else self.whole


def digest(*parts: str) -> str:
    """A digest of several texts, of which none runs into the next."""
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]


def digest_of_bytes(data: bytes) -> str:
    """A digest of a file's content."""
    return hashlib.sha256(data).hexdigest()[:_DIGEST_LENGTH]


def digest_of_file(path: Path) -> str:
    """That of the content of the file at `path`, which may be larger than the memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_DIGEST_LENGTH]


def read_source(data: bytes, chosen: Collection[str]) -> Source:
    """The functions in `chosen`, of those at the top and in classes there, and the rest."""
    try:
        return _read_source(ast.parse(data), chosen)
    except _UNKNOWN:
        whole = Function(digest=digest_of_bytes(data), mentions=words(data.decode("utf-8", "replace")))
        return Source(functions=dict.fromkeys(chosen, whole), rest=whole.digest)


def _read_source(tree: ast.Module, chosen: Collection[str]) -> Source:
    taken: dict[str, list[_Function]] = {}
    _take(tree, lambda name, _: name in chosen, taken)
    at_import = sorted(
        f"{name}:{said}" for name, found in taken.items() for each in found if (said := _evaluated(each))
    )
    return Source(
        functions={name: _function(found) for name, found in taken.items()},
        rest=digest(_said(tree), *at_import),
    )


def read_tests(data: bytes, names: Collection[str]) -> Tests:
    """The tests of those qualified names, as they are collected. What others in the file mention is shared."""
    whole = digest_of_bytes(data)
    try:
        return _read_tests(ast.parse(data), names, whole)
    except _UNKNOWN:
        return Tests(tests={}, shared=whole, whole=whole, acts=(whole,))


def _read_tests(tree: ast.Module, names: Collection[str], whole: str) -> Tests:
    acts, mentioned = tuple(_acts(tree)), _mentions(tree)
    taken: dict[str, list[_Function]] = {}
    found: set[str] = set()

    def is_own(name: str, function: _Function) -> bool:
        found.update({name} & set(names))
        return name in names and function.name not in mentioned

    _take(tree, is_own, taken)
    tests = {name: digest(*map(_said, taken.get(name, ()))) for name in found}
    return Tests(tests=tests, shared=digest(_said(tree)), whole=whole, acts=acts)


def imports(data: bytes) -> frozenset[str]:
    """All words by which the file may import another: in imports and in strings."""
    try:
        tree = ast.parse(data)
    except _UNKNOWN:
        return words(data.decode("utf-8", "replace"))
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                found |= words(" ".join(alias.name for alias in node.names))
            case ast.ImportFrom():
                found |= words(" ".join([node.module or "", *(alias.name for alias in node.names)]))
            case ast.Constant(value=str(text)):
                found |= words(text)
    return frozenset(found)


def test_name(nodeid: str) -> tuple[str, str]:
    """A test's file and its qualified name, without parameters."""
    path, _, rest = nodeid.partition("::")
    return path, rest.partition("[")[0].replace("::", ".")


def by_file(tests: Iterable[str]) -> dict[str, set[str]]:
    """The qualified names of tests, by their files."""
    found: dict[str, set[str]] = {}
    for path, name in map(test_name, tests):
        found.setdefault(path, set()).add(name)
    return found


def _take(
    place: ast.Module | ast.ClassDef,
    is_chosen: Callable[[str, _Function], bool],
    taken: dict[str, list[_Function]],
    prefix: str = "",
) -> None:
    """Move the functions that are chosen from the bodies of `place` and of the classes in it to `taken`."""
    kept: list[ast.stmt] = []
    for statement in place.body:
        if isinstance(statement, _Function) and is_chosen(f"{prefix}{statement.name}", statement):
            taken.setdefault(f"{prefix}{statement.name}", []).append(statement)
            continue
        if isinstance(statement, ast.ClassDef):
            _take(statement, is_chosen, taken, f"{prefix}{statement.name}.")
        kept.append(statement)
    place.body = kept


def _function(found: list[_Function]) -> Function:
    return Function(
        digest=digest(*map(_said, found)),
        mentions=frozenset().union(*map(_mentions, found)),
    )


def _said(node: object) -> str:
    """What a node says, in whichever version of Python; `ast.dump` differs between them."""
    if isinstance(node, ast.AST):
        fields = (f"{name}={_said(value)}" for name, value in ast.iter_fields(node) if value not in (None, []))
        return f"{type(node).__name__}({','.join(fields)})"
    if isinstance(node, list):
        return f"[{','.join(map(_said, node))}]"
    return hex(node) if type(node) is int else repr(node)  # `repr` refuses very long ones


def _evaluated(function: _Function) -> str:
    """What of the function runs where it is defined."""
    arguments = function.args
    defaults = [
        each for each in (*arguments.defaults, *arguments.kw_defaults) if not isinstance(each, ast.Constant | None)
    ]
    return _said([*function.decorator_list, *defaults]) if function.decorator_list or defaults else ""


def _mentions(tree: ast.AST) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)) | ast.alias(name=name):
                found.add(name)
            case ast.Constant(value=str(text)):
                found |= words(text)
    return frozenset(found)


def words(text: str) -> frozenset[str]:
    """All that may be names in a text."""
    return frozenset(_WORD.findall(text))


def _acts(tree: ast.Module) -> Iterator[str]:
    """The modules that it imports, and the statements that do more than bind a name of its own to a plain value."""
    modules: set[str] = set()
    for statement in tree.body:
        match statement:
            case ast.Import():
                modules |= {alias.name for alias in statement.names}
            case ast.ImportFrom():
                modules.add("." * statement.level + (statement.module or ""))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Expr(value=ast.Constant()):
                pass
            case ast.Assign(targets=targets) if all(isinstance(each, ast.Name) for each in targets):
                yield from _calls(statement)
            case ast.AnnAssign(target=ast.Name()):
                yield from _calls(statement)
            case _:
                yield _said(statement)
    yield from sorted(modules)


def _calls(statement: ast.stmt) -> Iterable[str]:
    return [_said(statement)] if any(isinstance(node, ast.Call | ast.Await) for node in ast.walk(statement)) else []
