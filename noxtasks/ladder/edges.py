"""Interaction coverage: of the imports between the packages of a scope, across how many does a test really call?

That a package imports from another says that they are to work together; that a test calls across that border, that
somebody has tried. What is imported is followed to the package that defines it, through others that hand it on. Not
counted are imports for type checkers alone, those of which the importing module makes no use itself, and those of what
cannot be called: constants, and classes without any method, such as most exceptions.

In a scope that is but one package the modules are held against one another.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

import msgspec

from noxtasks.ladder.model import Edge


class Module(msgspec.Struct, frozen=True, kw_only=True):
    """A source file of the scope, by the name that it is imported by."""

    name: str
    is_package: bool  # an __init__.py
    text: str | bytes

    @property
    def package(self) -> str:
        """The package that it belongs to; its own name where it is in none."""
        return self.name if self.is_package else self.name.rpartition(".")[0] or self.name


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call across a border: from a function of `source` to one of `target`, each as MODULE:QUALIFIED.NAME."""

    source: str
    target: str
    caller: str
    called: str


class _Import(msgspec.Struct, frozen=True, kw_only=True):
    """A name that an import binds: a module, or what it holds under `attribute`; "*" is all of it.

    `import a.b` binds `a`, and imports `a.b` as a `whole`.
    """

    name: str
    module: str
    attribute: str = ""
    whole: str = ""


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What a module says: what it defines, what it imports, and what it looks up in modules."""

    definitions: dict[str, list[ast.stmt]]  # at its top
    imports: tuple[_Import, ...]  # anywhere
    used: frozenset[str]  # names
    lookups: tuple[tuple[str, ...], ...]  # of attributes: ("shop", "cart", "total")


_Seen = frozenset[tuple[str, str]]


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """Where something is defined, and whether code of that place can run when it is called."""

    module: str
    is_callable: bool


def read(root: Path, paths: Mapping[str, str]) -> tuple[Module, ...]:
    """The modules by their names, with paths from `root`; a file that cannot be read is left out."""
    found = []
    for name, path in sorted(paths.items()):
        with suppress(OSError):
            text = (root / path).read_bytes()
            found.append(Module(name=name, is_package=PurePosixPath(path).name == "__init__.py", text=text))
    return tuple(found)


def units(modules: Iterable[Module]) -> dict[str, str]:
    """On which side of the borders each module is: the package; the module itself, where there is but one package."""
    packages = {module.name: module.package for module in modules}
    return packages if len(set(packages.values())) > 1 else {name: name for name in packages}


def imports(modules: Iterable[Module]) -> tuple[tuple[str, str], ...]:
    """Which unit imports from which other what can be called. A module that is no Python imports nothing."""
    modules = tuple(modules)
    of = units(modules)
    resolver = _Resolver({module.name: read for module in modules if (read := _read(module)) is not None})
    found = {
        (of[name], of[target.module])
        for name in resolver.modules
        for target in resolver.targets(name)
        if target.is_callable and target.module in of
    }
    return tuple(sorted(edge for edge in found if edge[0] != edge[1]))


def crossed(edges: Iterable[tuple[str, str]], calls: Iterable[Call]) -> tuple[Edge, ...]:
    """The edges, each with how many distinct calls cross it."""
    pairs: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for call in calls:
        pairs[call.source, call.target].add((call.caller, call.called))
    return tuple(Edge(source=edge[0], target=edge[1], calls=len(pairs.get(edge, ()))) for edge in sorted(set(edges)))


def _read(module: Module) -> _Read | None:
    try:
        tree = ast.parse(module.text)
    except (SyntaxError, ValueError):  # null bytes
        return None
    definitions: dict[str, list[ast.stmt]] = defaultdict(list)
    for node in _top(tree.body):
        for name in _defined(node):
            definitions[name].append(node)
    bound: list[_Import] = []
    used: set[str] = set()
    lookups: set[tuple[str, ...]] = set()
    for each in _walk(tree):
        if isinstance(each, ast.Name):
            used |= {each.id} if isinstance(each.ctx, ast.Load) else set()
        elif isinstance(each, ast.Attribute):
            lookups |= {chain} if (chain := _chain(each)) else set()
        elif isinstance(each, ast.Import | ast.ImportFrom):
            bound += _bound(each, module)
    return _Read(
        definitions=dict(definitions), imports=tuple(bound), used=frozenset(used), lookups=tuple(sorted(lookups))
    )


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that type checkers alone see."""
    left = [tree]
    while left:
        node = left.pop()
        yield node
        left += _running(node) if isinstance(node, ast.If) else ast.iter_child_nodes(node)


def _running(node: ast.If) -> list[ast.AST]:
    """The children of a condition that can run."""
    test, is_negated = node.test, False
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, is_negated = test.operand, not is_negated
    name = test.id if isinstance(test, ast.Name) else test.attr if isinstance(test, ast.Attribute) else ""
    if name != "TYPE_CHECKING":
        return [node.test, *node.body, *node.orelse]
    return [*node.body] if is_negated else [*node.orelse]


def _top(body: Iterable[ast.AST]) -> Iterator[ast.stmt]:
    """The statements of a module, those under conditions and in attempts too."""
    for node in body:
        if isinstance(node, ast.If):
            yield from _top(_running(node))
        elif isinstance(node, ast.Try | ast.TryStar | ast.With | ast.For | ast.While | ast.ExceptHandler):
            yield from _top(ast.iter_child_nodes(node))
        elif isinstance(node, ast.stmt):
            yield node


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def _bound(node: ast.Import | ast.ImportFrom, module: Module) -> list[_Import]:
    if isinstance(node, ast.Import):
        bound = [(each.asname or each.name.partition(".")[0], each) for each in node.names]
        return [_Import(name=name, module=each.name if each.asname else name, whole=each.name) for name, each in bound]
    base = _base(node, module)
    return [_Import(name=each.asname or each.name, module=base, attribute=each.name) for each in node.names]


def _base(node: ast.ImportFrom, module: Module) -> str:
    """The module that is imported from, by its whole name."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    above = node.level - 1 if module.is_package else node.level
    kept = parts[: max(0, len(parts) - above)]
    return ".".join((*kept, *(node.module.split(".") if node.module else ())))


def _chain(node: ast.expr) -> tuple[str, ...] | None:
    """`a.b.c` as its parts."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if parts and isinstance(node, ast.Name) else None


class _Resolver:
    """Follows names to where they are defined."""

    def __init__(self, modules: Mapping[str, _Read]) -> None:
        self.modules = modules
        parts = [name.split(".") for name in modules]
        self._places = {".".join(each[:length]) for each in parts for length in range(1, len(each) + 1)}

    def targets(self, name: str) -> Iterator[_Found]:
        """What the module uses of others."""
        read = self.modules[name]
        for bound in read.imports:
            if bound.attribute == "*":
                yield from (self._found(bound.module, each, frozenset()) for each in read.used)
            elif bound.name not in read.used:
                continue
            elif not self._is_module(bound):
                yield self._found(bound.module, bound.attribute, frozenset())
            else:
                used = [chain for chain in read.lookups if chain[0] == bound.name]
                found = [self._looked_up(self._module(bound), chain[1:], frozenset()) for chain in used]
                if not any(each.module in self.modules for each in found):
                    yield self._whole(bound.whole or self._module(bound))
                yield from found

    def _is_module(self, bound: _Import) -> bool:
        return not bound.attribute or f"{bound.module}.{bound.attribute}" in self._places

    def _module(self, bound: _Import) -> str:
        return f"{bound.module}.{bound.attribute}" if bound.attribute else bound.module

    def _looked_up(self, module: str, chain: tuple[str, ...], seen: _Seen) -> _Found:
        """What a chain of attributes leads to, from a module."""
        for part in chain:
            if f"{module}.{part}" not in self._places:
                return self._found(module, part, seen)
            module = f"{module}.{part}"
        return _Found(module="", is_callable=False)  # a module is handed on, and nobody knows what is made of it

    def _whole(self, module: str) -> _Found:
        """A module of which it is not known what is used."""
        read = self.modules.get(module)
        nodes = [node for each in read.definitions.values() for node in each] if read else []
        mine = [self._defined(module, node, frozenset()) for node in nodes]
        return _Found(module=module, is_callable=any(each.is_callable and each.module == module for each in mine))

    def _found(self, module: str, name: str, seen: _Seen) -> _Found:
        """Where the `name` that `module` has is defined. Of several definitions, one that can be called counts."""
        read = self.modules.get(module)
        if read is None or (module, name) in seen:
            return _Found(module=module, is_callable=False)
        known = seen | {(module, name)}
        found = [self._defined(module, node, known) for node in read.definitions.get(name, ())]
        found += [self._imported(bound, known) for bound in read.imports if bound.name == name]
        found += [self._found(bound.module, name, known) for bound in read.imports if bound.attribute == "*"]
        is_dynamic = "__getattr__" in read.definitions
        return next((each for each in found if each.is_callable), _Found(module=module, is_callable=is_dynamic))

    def _imported(self, bound: _Import, seen: _Seen) -> _Found:
        if self._is_module(bound):
            return self._whole(self._module(bound))
        return self._found(bound.module, bound.attribute, seen)

    def _defined(self, module: str, node: ast.stmt, seen: _Seen) -> _Found:
        """Whether a call of what is defined here runs code of this module, or of which other."""
        nothing = _Found(module=module, is_callable=False)
        if isinstance(node, ast.ClassDef):
            if any(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in node.body):
                return _Found(module=module, is_callable=True)
            found = (self._expression(module, base, seen) for base in node.bases)
            return next((each for each in found if each.is_callable), nothing)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            return self._expression(module, node.value, seen) if node.value else nothing
        return _Found(module=module, is_callable=True)

    def _expression(self, module: str, node: ast.expr, seen: _Seen) -> _Found:
        """The same for another name of something, and for what something gives: an instance has its class's code."""
        if isinstance(node, ast.Call):
            return self._expression(module, node.func, seen)
        if isinstance(node, ast.Name):
            return self._found(module, node.id, seen)
        chain = _chain(node)
        bound = [each for each in self.modules[module].imports if chain and each.name == chain[0]]
        if chain and bound and self._is_module(bound[0]):
            return self._looked_up(self._module(bound[0]), chain[1:], seen)
        return _Found(module=module, is_callable=isinstance(node, ast.Lambda))
