"""Sets and directory listings whose order comes to matter: compared with a list, indexed, joined, unpacked.

An expression without order is followed through what passes its order on (`list`, a comprehension, a name, `+`) until
something takes it away (`sorted`, `len`, `set`, `in`) or rests on it. What goes out of sight, to a function that is not
known, is no finding.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from noxtasks.flake.determinism.model import Kind
from noxtasks.suite.source import Source

_PASS_ON = {
    "list",
    "tuple",
    "iter",
    "reversed",
    "enumerate",
    "zip",
    "map",
    "filter",
    "str",
    "repr",
    "itertools.chain",
    "itertools.islice",
}
_PICKS = {"next", "random.choice", "random.sample", "random.choices", "random.shuffle", "itertools.islice"}
_SEQUENCE_ASSERTS = {"assertEqual", "assertEquals", "assertListEqual", "assertSequenceEqual", "assertTupleEqual"}
_SET_METHODS = {"union", "intersection", "difference", "symmetric_difference", "copy"}
_ORDERLESS_TYPES = {"set", "frozenset"}
_LISTINGS = {"os.listdir", "os.scandir", "glob.glob", "glob.iglob", "pathlib.Path.iterdir"}
_LISTING_METHODS = {"iterdir", "rglob"}
_DEPTH = 30


def unordered(source: Source) -> Iterator[tuple[Kind, ast.AST, str]]:
    """The findings of a file: (kind, where, what)."""
    for node in source.nodes:
        if (listing := _listing(source, node)) and _Flow(source).matters(node):
            yield Kind.LISTING, node, listing
        elif is_set(source, node) and _Flow(source, of_set=True).matters(node):
            yield Kind.SET_ORDER, node, "a set"


def _listing(source: Source, node: ast.AST) -> str:
    """How a call that lists a directory is called; empty for anything else."""
    if not isinstance(node, ast.Call):
        return ""
    name = source.qualified(node.func)
    if name in _LISTINGS:
        return f"{name}()"
    is_method = isinstance(node.func, ast.Attribute) and _is_path_listing(source, node.func)
    return f"{source.written(node.func)}()" if is_method else ""


def _is_path_listing(source: Source, function: ast.Attribute) -> bool:
    if function.attr in _LISTING_METHODS:
        return True
    if function.attr != "glob":
        return False
    receiver = source.value(function.value)
    if isinstance(receiver, ast.BinOp) and isinstance(receiver.op, ast.Div):
        return True
    if isinstance(receiver, ast.Call):
        return source.qualified(receiver.func) == "pathlib.Path"
    return isinstance(receiver, ast.Name) and receiver.id in ("tmp_path", "path", "folder", "directory")


def is_set(source: Source, node: ast.AST) -> bool:
    """Whether an expression is a set whose order differs between processes: of two or more, not all of them numbers."""
    match node:
        case ast.Set(elts=elements):
            return len(elements) > 1 and not all(_is_number(source, each) for each in elements)
        case ast.SetComp(generators=[ast.comprehension(iter=iterated), *_], elt=element):
            return not _is_number(source, element) and not _gives_numbers(source, iterated)
        case ast.Call(func=function, args=[argument]) if source.qualified(function) in _ORDERLESS_TYPES:
            return not _gives_numbers(source, argument)
    return False


def _is_number(source: Source, node: ast.AST) -> bool:
    match source.value(node):
        case ast.Constant(value=int() | float()):
            return True
        case ast.UnaryOp(operand=ast.Constant(value=int() | float())):
            return True
        case ast.Call(func=function):
            return source.qualified(function) in ("int", "float", "len", "ord", "id")
    return False


def _gives_numbers(source: Source, node: ast.AST, depth: int = 0) -> bool:
    """Whether the elements are numbers, or there is at most one of them."""
    node = source.value(node)
    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return len(elements) < 2 or all(_is_number(source, each) for each in elements)  # noqa: PLR2004
        case ast.Constant(value=str(text)):
            return len(text) < 2  # noqa: PLR2004
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
            return _is_number(source, element)
        case ast.Call(func=function, args=[argument]) if source.qualified(function) in _ORDERLESS_TYPES:
            return depth < _DEPTH and _gives_numbers(source, argument, depth + 1)  # `x = set(x)`
        case ast.Call(func=function):
            return source.qualified(function) in ("range", "numpy.arange")
    return False


class _Flow:
    """Where the value of one expression goes."""

    def __init__(self, source: Source, *, of_set: bool = False) -> None:
        self._source = source
        self._of_set = of_set
        self._seen: set[ast.AST] = set()

    def matters(  # noqa: PLR0911 - one for each way on
        self, node: ast.AST, *, as_set: bool | None = None, depth: int = 0
    ) -> bool:
        """Whether something rests on the order of `node`, which still is a set where `as_set`."""
        as_set = self._of_set if as_set is None else as_set
        if depth > _DEPTH or node in self._seen:
            return False
        self._seen.add(node)
        parent = self._source.parents.get(node)
        match parent:
            case ast.Call(func=function) if function is not node:
                return self._in_call(node, parent, as_set=as_set, depth=depth)
            case ast.Attribute(attr=method):
                return self._in_method(parent, method, as_set=as_set, depth=depth)
            case ast.For(iter=iterated, body=body) | ast.AsyncFor(iter=iterated, body=body) if iterated is node:
                return self._in_loop(body, depth)
            case ast.Assign(targets=[target]) | ast.NamedExpr(target=target):
                return self._assigned(target, as_set=as_set, depth=depth)
        if not as_set and self._is_read_in_order(node, parent):
            return True
        onward, still_a_set = self._passed_on(node, parent, as_set=as_set)
        return onward is not None and self.matters(onward, as_set=still_a_set, depth=depth + 1)

    def _is_read_in_order(self, node: ast.AST, parent: ast.AST | None) -> bool:
        """Indexed, or compared with what has an order."""
        match parent:
            case ast.Subscript(value=value, slice=ast.Constant() | ast.UnaryOp() | ast.Slice()) if value is node:
                return not self._is_alone(node)
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
                return self._rests_on(right if left is node else left)
        return False

    def _passed_on(self, node: ast.AST, parent: ast.AST | None, *, as_set: bool) -> tuple[ast.AST | None, bool]:
        """What has the order of `node` in its turn, and whether that still is a set."""
        match parent:
            case ast.comprehension(iter=iterated) if iterated is node:
                owner = self._source.parents[parent]
                return (owner if isinstance(owner, ast.ListComp | ast.GeneratorExp) else None), False
            case ast.Starred() | ast.FormattedValue() | ast.JoinedStr() | ast.BinOp(op=ast.Add()):
                return parent, False
            case ast.List() | ast.Tuple() if isinstance(node, ast.Starred):
                return parent, False
            case ast.BoolOp() | ast.Await():
                return parent, as_set
            case ast.BinOp(op=ast.BitOr() | ast.BitAnd() | ast.Sub() | ast.BitXor(), left=left, right=right) if as_set:
                numbers = any(
                    isinstance(each, ast.Call) and _gives_numbers(self._source, each) for each in (left, right)
                )
                return (None if numbers else parent), True
        return None, False

    def _in_call(self, node: ast.AST, call: ast.Call, *, as_set: bool, depth: int) -> bool:
        name = self._source.qualified(call.func)
        last = call.func.attr if isinstance(call.func, ast.Attribute) else name
        if name in _PICKS:
            return not as_set and not self._is_alone(node)
        if name in _PASS_ON or last == "join":
            return self.matters(call, as_set=False, depth=depth + 1)
        if last == "parametrize":
            return len(call.args) > 1 and call.args[1] is node
        if last in _SEQUENCE_ASSERTS and not as_set and node in call.args[:2] and len(call.args) > 1:
            return self._rests_on(call.args[1] if call.args[0] is node else call.args[0])
        return False

    def _in_method(self, attribute: ast.Attribute, method: str, *, as_set: bool, depth: int) -> bool:
        call = self._source.parents.get(attribute)
        if not isinstance(call, ast.Call) or call.func is not attribute:
            return False
        if method in _SET_METHODS:
            return self.matters(call, as_set=as_set, depth=depth + 1)
        return method == "pop" and not self._is_alone(attribute.value) and self._is_used(call)

    def _is_used(self, call: ast.Call) -> bool:
        """Not as a statement of its own, to empty the set in a loop, or in the message of a failure."""
        above = list(self._source.ancestors(call))
        told = any(isinstance(each, ast.Call) and "fail" in ast.unparse(each.func) for each in above)
        return (
            not told
            and not any(isinstance(each, ast.While | ast.Raise) for each in above)
            and not isinstance(above[0], ast.Expr)
        )

    def _rests_on(self, other: ast.AST) -> bool:
        """Whether a comparison with `other` depends on the order: of two or more, not all of them numbers."""
        other = self._source.value(other)
        match other:
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                numbers = self._of_set and all(_is_number(self._source, each) for each in elements)
                return not numbers and (len(elements) > 1 or any(isinstance(each, ast.Starred) for each in elements))
            case ast.Constant(value=value):
                return isinstance(value, str) and self._of_set
            case ast.Set() | ast.SetComp() | ast.Dict():
                return False
            case ast.Call(func=function):
                return self._source.qualified(function) not in ("set", "frozenset", "len")
        return True

    def _in_loop(self, body: list[ast.stmt], depth: int) -> bool:
        """A loop that collects what it meets in a list whose order matters."""
        for statement in body:
            for each in ast.walk(statement):
                match each:
                    case ast.Call(func=ast.Attribute(value=ast.Name() as target, attr="append")):
                        if self._name_matters(target, as_set=False, depth=depth):
                            return True
        return False

    def _assigned(self, target: ast.AST, *, as_set: bool, depth: int) -> bool:
        match target:
            case ast.Name() if len(self._source.bound(target)) == 1:
                return self._name_matters(target, as_set=as_set, depth=depth)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return len(elements) > 1
        return False

    def _name_matters(self, target: ast.Name, *, as_set: bool, depth: int) -> bool:
        uses = self._source.uses(target.id, self._source.owner(target) or self._source.tree)
        if any(self._is_sorted(use) for use in uses):
            return False
        return any(self.matters(use, as_set=as_set, depth=depth + 1) for use in uses)

    def _is_sorted(self, use: ast.Name) -> bool:
        parent = self._source.parents.get(use)
        return isinstance(parent, ast.Attribute) and parent.attr == "sort"

    def _is_alone(self, node: ast.AST) -> bool:
        """Whether the test says that there is only one."""
        name = node
        while isinstance(name, ast.Call) and name.args:
            name = name.args[0]
        if not isinstance(name, ast.Name):
            return False
        for use in self._source.uses(name.id, self._source.owner(name) or self._source.tree):
            call = self._source.parents.get(use)
            compare = self._source.parents.get(call) if isinstance(call, ast.Call) else None
            match compare:
                case ast.Compare(comparators=[ast.Constant(value=1)]):
                    return True
                case ast.Call(args=[_, ast.Constant(value=1), *_]) | ast.Call(args=[ast.Constant(value=1), *_]):
                    return True
        return False
