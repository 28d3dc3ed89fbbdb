"""What a test leaves behind in its process: the environment, the state of its module, threads. And hash() and id()."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from noxtasks.flake.determinism.controls import Controls, Fixtures, fixture_decorator, fixture_scope
from noxtasks.flake.determinism.model import Kind
from noxtasks.suite.source import Function, Source

_Found = Iterator[tuple[Kind, ast.AST, str]]

_DEPTH = 20
_ENVIRON_METHODS = {"update", "setdefault", "pop", "popitem", "clear"}
_MUTATORS = {
    "append",
    "add",
    "extend",
    "insert",
    "update",
    "remove",
    "discard",
    "pop",
    "popitem",
    "setdefault",
    "appendleft",
    "popleft",
    "__setitem__",
}
_RESETS = {"clear", "reset"}
_CONTAINERS = {
    "list",
    "dict",
    "set",
    "collections.defaultdict",
    "collections.deque",
    "collections.OrderedDict",
    "collections.Counter",
}
_THREADS = {"threading.Thread", "threading.Timer"}
_TEARDOWNS = (
    "tearDown",
    "tearDownClass",
    "teardown_method",
    "teardown_class",
    "teardown",
    "asyncTearDown",
    "teardown_module",
    "tearDownModule",
    "teardown_function",
)


def left_behind(source: Source, fixtures: Fixtures) -> _Found:
    """The findings of a file: (kind, where, what)."""
    yield from _environment(source, fixtures)
    yield from _module_state(source)
    yield from _threads(source)
    yield from _numbers(source)


def _environment(source: Source, fixtures: Fixtures) -> _Found:
    for node in source.nodes:
        what = _environment_change(source, node)
        function = source.outermost(node) if what else None
        if function is None or isinstance(source.scope(node), ast.Lambda) or _is_for_the_session(source, function):
            continue
        if not _is_undone(source, node, function, "chdir" if "chdir" in what else "environ", fixtures.controls(node)):
            yield Kind.ENVIRONMENT, node, what


def _environment_change(source: Source, node: ast.AST) -> str:
    match node:
        case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()) if source.qualified(value) == "os.environ":
            return "os.environ[…]"
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if source.qualified(value) == "os.environ":
            return f"os.environ.{method}()" if method in _ENVIRON_METHODS else ""
        case ast.Call(func=function) if (name := source.qualified(function)) in (
            "os.chdir",
            "os.putenv",
            "os.unsetenv",
        ):
            return f"{name}()"
    return ""


def _is_undone(source: Source, node: ast.AST, function: Function, what: str, controls: Controls) -> bool:
    """Whether something sees to it: monkeypatch, patch.dict, a finally, what follows a yield, a tearDown, a cleanup."""
    if what in controls.patched or controls.files:
        return True
    if any(isinstance(above, ast.With | ast.AsyncWith) and _keeps(above) for above in source.ancestors(node)):
        return True
    if any(_undoes(source, each, node, what) for each in ast.walk(function)):
        return True
    owners: list[ast.ClassDef | ast.Module] = [*source.classes(function), source.tree]
    return any(
        isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name in _TEARDOWNS and _mentions(each, what)
        for owner in owners
        for each in owner.body
    )


def _keeps(block: ast.With | ast.AsyncWith) -> bool:
    words = ("environ", "chdir", "cwd", "isolated")
    return any(word in ast.unparse(item.context_expr).lower() for item in block.items for word in words)


def _undoes(source: Source, each: ast.AST, node: ast.AST, what: str) -> bool:
    """Whether `each`, of the same function, puts back what `node` changes, or says who will."""
    match each:
        case ast.Try(finalbody=last):
            return any(_mentions(one, what) for one in last)
        case ast.Yield():
            later = [other for other in source.nodes if getattr(other, "lineno", 0) > each.lineno]
            inside = source.outermost(each)
            return any(_environment_change(source, other) and source.outermost(other) is inside for other in later)
        case ast.Attribute(attr=name) if name in _CLEANUPS:
            return True
    change = _environment_change(source, each)
    changed_before = bool(change) and ("chdir" in change) == (what == "chdir")
    return _puts_back(each, node, what) or (changed_before and _puts_back(node, each, what))


_CLEANUPS = ("addCleanup", "addfinalizer", "callback", "enterContext", "addClassCleanup")


def _puts_back(other: ast.AST, node: ast.AST, what: str) -> bool:
    """`os.chdir(before)` or `del os.environ[...]` further down: sound where the test passes, and so meant."""
    later = getattr(other, "lineno", 0) > getattr(node, "lineno", 0) > 0
    if what == "chdir":
        return later and isinstance(other, ast.Call) and ast.unparse(other.func).endswith("chdir")
    match other:
        case ast.Subscript(ctx=ast.Del()):
            return later and ast.unparse(other.value).endswith("environ")
        case ast.Call(func=ast.Attribute(attr="pop" | "update" | "clear") as method):
            return later and ast.unparse(method.value).endswith("environ")
        case ast.Assign(targets=[ast.Attribute(attr="environ")]):
            return later
    return False


def _mentions(node: ast.AST, what: str) -> bool:
    return any(
        (isinstance(each, ast.Attribute) and each.attr == what) or (isinstance(each, ast.Name) and each.id == what)
        for each in ast.walk(node)
    )


def _is_for_the_session(source: Source, function: Function) -> bool:
    """A fixture or hook that sets the stage once, for all tests alike."""
    decorator = fixture_decorator(source, function)
    if decorator is not None:
        return fixture_scope(decorator) in ("session", "package")
    return function.name.startswith("pytest_") or not (_is_test(function) or _is_setup(function))


def _is_test(function: Function) -> bool:
    return function.name.startswith("test")


def _is_setup(function: Function) -> bool:
    return function.name.lower().startswith(("setup", "asyncsetup"))


def _module_state(source: Source) -> _Found:
    for statement in source.tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                if _is_container(source, value):
                    yield from _changes_of(source, name)


def _is_container(source: Source, value: ast.AST) -> bool:
    match value:
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return True
        case ast.Call(func=function):
            return source.qualified(function) in _CONTAINERS
    return False


def _changes_of(source: Source, name: str) -> _Found:
    """Where a test first changes the module's `name`, if another test meets it too and nobody resets it."""
    uses = source.uses(name, source.tree)
    touching = {function for use in uses if (function := source.outermost(use)) is not None and _is_test(function)}
    changing = [use for use in uses if _is_change(source, use) and source.outermost(use) in touching]
    reset = any(_is_reset(source, use) for use in uses) or len(source.bound(_a_name(source, name))) > 1
    if changing and len(touching) > 1 and not reset:
        yield Kind.SHARED_STATE, changing[0], f"{name}, which is the module's"


def _a_name(source: Source, name: str) -> ast.Name:
    return next(
        node
        for node in source.nodes
        if isinstance(node, ast.Name) and node.id == name and source.owner(node) is source.tree
    )


def _is_change(source: Source, use: ast.Name) -> bool:
    parent = source.parents.get(use)
    match parent:
        case ast.Attribute(attr=method):
            call = source.parents.get(parent)
            return isinstance(call, ast.Call) and call.func is parent and method in _MUTATORS
        case ast.Subscript(ctx=ast.Store() | ast.Del()):
            return parent.value is use
    return False


def _is_reset(source: Source, use: ast.Name) -> bool:
    parent = source.parents.get(use)
    match parent:
        case ast.Attribute(attr=method):
            return method in _RESETS
        case ast.Subscript(slice=ast.Slice(), ctx=ast.Store() | ast.Del()):
            return True
        case ast.Call(func=function):  # monkeypatch.setitem(STATE, …), patch.dict(STATE)
            return ast.unparse(function).endswith(("setitem", "delitem", "patch.dict"))
    return False


def _threads(source: Source) -> _Found:
    for call in source.calls:
        if source.qualified(call.func) not in _THREADS:
            continue
        function = source.outermost(call)
        if function is None or not (_is_test(function) or _is_setup(function)):
            continue
        places: list[ast.ClassDef | Function] = [*source.classes(function), function]
        if not _escapes(source, call) and _is_started(source, call) and not any(_joins(place) for place in places):
            yield Kind.THREAD, call, f"{source.qualified(call.func)}()"


def _is_started(source: Source, call: ast.Call) -> bool:
    match source.parents.get(call):
        case ast.Attribute(attr="start"):
            return True
        case ast.Assign(targets=[target]):
            started = f"{ast.unparse(target)}.start"
            inside = source.outermost(call)
            return any(ast.unparse(each.func) == started and source.outermost(each) is inside for each in source.calls)
    return False


def _escapes(source: Source, call: ast.Call) -> bool:
    """Handed on, or kept where somebody else may join it."""
    match source.parents.get(call):
        case ast.Attribute(attr="start"):
            return False
        case ast.Assign(targets=[ast.Name() as name]):
            uses = source.uses(name.id, source.scope(name))
            return not all(isinstance(source.parents.get(use), ast.Attribute) for use in uses)
        case ast.Assign(targets=[ast.Attribute()]):
            return False
    return True


def _joins(place: ast.AST) -> bool:
    """A join() that is not the one of a string, a cancel(), or a wait for the thread to be gone."""
    for each in ast.walk(place):
        match each:
            case ast.Attribute(attr="join", value=ast.Constant() | ast.Attribute(attr="path")):
                continue
            case ast.Attribute(attr="cancel" | "is_alive" | "isAlive"):
                return True
            case ast.Attribute(attr=name) | ast.Name(id=name) if "join" in name:
                return True
    return False


def _numbers(source: Source) -> _Found:
    for call in source.calls:
        name = source.qualified(call.func)
        parent = source.parents.get(call)
        if name == "hash" and call.args and _is_text(source, call.args[0]):
            match parent:
                case ast.Compare(comparators=[ast.Constant(value=int())]) | ast.BinOp(op=ast.Mod()):
                    yield Kind.HASH, call, "hash() of a string"
        elif name == "id" and isinstance(parent, ast.Compare) and isinstance(parent.ops[0], ast.Lt | ast.Gt):
            yield Kind.HASH, call, "the order of id()"
        elif name in ("sorted", "min", "max"):
            for keyword in call.keywords:
                if keyword.arg == "key" and source.qualified(keyword.value) in ("id", "hash"):
                    yield Kind.HASH, call, f"key={source.qualified(keyword.value)}"


def _is_text(source: Source, node: ast.AST, depth: int = 0) -> bool:
    match source.value(node):
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
            return True
        case ast.Tuple(elts=elements):
            return depth < _DEPTH and any(_is_text(source, each, depth + 1) for each in elements)
        case ast.Call(func=function):
            return source.qualified(function) in ("str", "repr", "bytes")
    return False
