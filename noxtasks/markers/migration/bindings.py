"""What names in a Python file stand for: pytest, its `mark`, constants, and whatever holds markers that code reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import libcst as cst
import libcst.matchers as m

Literal = cst.List | cst.Tuple | cst.Set | cst.Dict
Comprehension = cst.GeneratorExp | cst.ListComp | cst.SetComp | cst.DictComp

_READERS = frozenset({"own_markers", "iter_markers", "iter_markers_with_node", "get_closest_marker", "pytestmark"})
_MARKER = re.compile(r"(?:.*_)?mark(?:er)?\d*\Z")
_OPTION = m.Attribute(attr=m.Name("getoption") | m.Name("getvalue"))
_SELECTIONS = frozenset({"-m", "markexpr"})


class Bindings(cst.CSTVisitor):
    """Read off the whole file, whatever the scope: a name that is bound twice stands for nothing certain."""

    def __init__(self) -> None:
        super().__init__()
        self._pytest = {"pytest"}
        self._mark: set[str] = set()
        self._holders: set[str] = set()
        self._bound: Counter[str] = Counter()
        self._values: dict[str, cst.BaseExpression] = {}
        self.loads: Counter[str] = Counter()

    def visit_Name(self, node: cst.Name) -> None:  # noqa: N802 - libcst's
        """Count how often a name is there at all."""
        self.loads[node.value] += 1

    def visit_ImportAlias(self, node: cst.ImportAlias) -> None:  # noqa: N802
        """`import pytest as pt`."""
        if m.matches(node.name, m.Name("pytest")) and node.asname:
            self._pytest.add(cst.ensure_type(node.asname.name, cst.Name).value)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:  # noqa: N802
        """`from pytest import mark as m`."""
        names = node.names if not isinstance(node.names, cst.ImportStar) else ()
        is_pytest = node.module is not None and m.matches(node.module, m.Name("pytest"))
        for alias in names:
            if m.matches(alias.name, m.Name("mark")) and (is_pytest or not alias.asname):
                self._mark.add(cst.ensure_type(alias.asname.name, cst.Name).value if alias.asname else "mark")
            if m.matches(alias.name, m.Name("pytest")) and alias.asname:
                self._pytest.add(cst.ensure_type(alias.asname.name, cst.Name).value)

    def visit_Assign(self, node: cst.Assign) -> None:  # noqa: N802
        """`mark = pytest.mark`, constants, lists of them, and what holds markers."""
        for target in node.targets:
            self._bind(target.target, node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:  # noqa: N802
        """The same, with a type."""
        if node.value:
            self._bind(node.target, node.value)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:  # noqa: N802
        """The same, in an expression."""
        self._bind(node.target, node.value)

    def visit_For(self, node: cst.For) -> None:  # noqa: N802
        """What a loop runs over may be markers."""
        self._hold(node.target, node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:  # noqa: N802
        """The same in a comprehension."""
        self._hold(node.target, node.iter)

    def _bind(self, target: cst.BaseExpression, value: cst.BaseExpression) -> None:
        if isinstance(target, cst.Name):
            self._bound[target.value] += 1
            self._values[target.value] = value
            if self.is_mark(value):
                self._mark.add(target.value)
        self._hold(target, value)

    def _hold(self, target: cst.BaseExpression, value: cst.BaseExpression) -> None:
        if isinstance(target, cst.Name) and self.holds_markers(value):
            self._holders.add(target.value)

    def is_mark(self, node: cst.CSTNode) -> bool:
        """Whether it is `pytest.mark`, under whatever name."""
        if isinstance(node, cst.Name):
            return node.value in self._mark
        return (
            isinstance(node, cst.Attribute)
            and node.attr.value == "mark"
            and isinstance(node.value, cst.Name | cst.Attribute)
            and _last(node.value) in self._pytest
        )

    def is_decorator(self, node: cst.CSTNode) -> bool:
        """Whether it is a mark of some name, or a name for such a one."""
        if isinstance(node, cst.Call):
            return self.is_decorator(node.func)
        if isinstance(node, cst.Name):
            value = self._values.get(node.value)
            return value is not None and value is not node and self._bound[node.value] == 1 and self.is_decorator(value)
        return isinstance(node, cst.Attribute) and (self.is_mark(node.value) or self.is_decorator(node.value))

    def holds_markers(self, node: cst.CSTNode) -> bool:
        """Whether the expression reads markers, or their names, off a test."""
        for each in _all(node):
            if isinstance(each, cst.Attribute) and each.attr.value in _READERS | {"keywords"}:
                return True
            if isinstance(each, cst.Name) and (each.value in self._holders or each.value == "keywords"):
                return True
        return False

    def holds_selection(self, node: cst.CSTNode) -> bool:
        """Whether the expression is what `-m` was given."""
        if isinstance(node, cst.Name):
            value = self._values.get(node.value)
            return node.value == "markexpr" or (value is not None and value is not node and _is_selection(value))
        return _is_selection(node)

    def is_name_of_marker(self, node: cst.CSTNode) -> bool:
        """Whether it is `mark.name` of something that is a marker."""
        if not isinstance(node, cst.Attribute) or node.attr.value != "name":
            return False
        if isinstance(node.value, cst.Name):
            return node.value.value in self._holders or bool(_MARKER.match(node.value.value))
        return self.holds_markers(node.value)

    def constant(self, name: str) -> cst.BaseExpression | None:
        """The value that the name always has, if it is a string or a list of such things; None else."""
        value = self._values.get(name)
        if self._bound[name] != 1 or not isinstance(value, cst.SimpleString | Literal):
            return None
        return value


def loop_over(name: str, within: Sequence[cst.CSTNode]) -> tuple[cst.BaseExpression, int | None] | None:
    """What the variable of a loop runs over, and its place in a tuple of several; `within` are the nodes around it."""
    for node in reversed(within):
        loops: list[cst.For | cst.CompFor] = []
        if isinstance(node, cst.For):
            loops.append(node)
        elif isinstance(node, Comprehension):
            loops.append(node.for_in)
        for loop in loops:
            if isinstance(loop.target, cst.Name) and loop.target.value == name:
                return loop.iter, None
            if isinstance(loop.target, cst.Tuple):
                for place, element in enumerate(loop.target.elements):
                    if m.matches(element.value, m.Name(name)):
                        return loop.iter, place
    return None


def items(literal: Literal, place: int | None) -> Iterable[cst.BaseExpression]:
    """The strings that a loop's variable takes: elements, the same place in each of them, or keys."""
    for element in literal.elements:
        if isinstance(element, cst.DictElement):
            if not place:
                yield element.key
        elif isinstance(element, cst.Element):
            if place is None:
                yield element.value
            elif isinstance(element.value, cst.Tuple | cst.List) and place < len(element.value.elements):
                yield element.value.elements[place].value


def _is_selection(node: cst.CSTNode) -> bool:
    for each in _all(node):
        if isinstance(each, cst.Attribute) and each.attr.value == "markexpr":
            return True
        if isinstance(each, cst.Call) and m.matches(each.func, _OPTION) and each.args:
            option = each.args[0].value
            if isinstance(option, cst.SimpleString) and option.evaluated_value in _SELECTIONS:
                return True
    return False


def _all(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _all(child)


def _last(node: cst.Name | cst.Attribute) -> str:
    return node.value if isinstance(node, cst.Name) else node.attr.value
