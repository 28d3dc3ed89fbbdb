"""The places in a Python file that name a marker in a way that leaves no doubt, and what they should say instead."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import PurePosixPath

import libcst as cst
import libcst.matchers as m
import msgspec

from noxtasks.markers.migration import expressions
from noxtasks.markers.migration.bindings import Bindings, Literal, items, loop_over
from noxtasks.markers.migration.model import Change
from noxtasks.markers.migration.spans import Replacement
from noxtasks.markers.migration.walking import Walk

_BY_NAME = {  # functions and methods that take a marker's name, and what the argument is called
    "add_marker": "marker",
    "get_closest_marker": "name",
    "iter_markers": "name",
    "iter_markers_with_node": "name",
    "get_marker": "name",
}
_SETS = frozenset({"intersection", "isdisjoint", "issubset", "issuperset", "difference", "union"})
_RUNS_PYTEST = re.compile(r"(?:main|inline_run|parseconfig|parseconfigure|runpytest\w*)\Z")
_PYTHON = re.compile(r"python[\d.]*(?:\.exe)?\Z")
_COMMAND = re.compile(r"(?<![\w.\-])py\.?test(?=\s)")
_IN_COMMAND = re.compile(
    r"(?<=\s)-m(?:\s+|=)?(?:(?P<quote>\\?[\"'])(?P<quoted>.*?)(?P=quote)|(?P<bare>[\w+.\-]+))", re.DOTALL
)
_LITERAL = re.compile(r"(?P<prefix>[A-Za-z]*)(?P<quote>\"\"\"|'''|\"|')(?P<body>.*)(?P=quote)\Z", re.DOTALL)


class As(Enum):
    """What a string says of a marker."""

    NAME = "name"
    LINE = "line"  # of a registration: "slow(reason): takes minutes"
    EXPRESSION = "expression"


class Uses(Walk):
    """Collects the replacements in one file; `doubts` are lines where a marker may be meant, with the reason."""

    def __init__(self, text: str, bindings: Bindings, change: Change) -> None:
        super().__init__(text, bindings, change)
        self._constants: dict[str, _Constant] = defaultdict(_Constant)
        self._strings: dict[int, tuple[cst.CSTNode, str]] = {}
        self.computed: list[int] = []
        self.extents: list[tuple[int, int]] = []  # first and last line of statements and of what stands above blocks
        self.settled: set[int] = set()  # lines that use a constant which is renamed where it is made
        self.unknown: list[
            tuple[str, int, Replacement]
        ] = []  # marker, line: `x.mark.slow`, and nothing tells what x is

    # How the tree is walked

    def look(self, node: cst.CSTNode) -> None:
        """Look at a node, before what is in it."""
        match node:
            case cst.Attribute():
                self._attribute(node)
            case cst.Call():
                self._call(node)
            case cst.Comparison():
                self._comparison(node)
            case cst.List() | cst.Tuple():
                self._options([each.value for each in node.elements], runs_pytest=False)
            case cst.SimpleString() | cst.FormattedStringText():
                self._string(node)
            case _:
                self._rarer(node)
        for part in _headers(node):
            where = self.get_metadata(cst.metadata.PositionProvider, part)
            self.extents.append((where.start.line, where.end.line))

    def settle(self) -> None:
        """After the walk: constants that are used as a marker's name everywhere are renamed where they are made."""
        for name, constant in self._constants.items():
            if len(constant.uses) + 1 < self._bindings.loads[name]:
                self.doubts += [
                    (marker, line, f"{name} is used for more than a marker's name")
                    for node, mode in constant.strings
                    for marker in self._markers_of(node, mode)
                    for line in constant.lines
                ]
            else:
                self.settled.update(constant.lines)
                for node, mode in constant.strings:
                    self._say(node, mode)

    def left_over(self) -> Iterator[tuple[str, int]]:
        """Strings that are a marker's old name as a whole and that nothing here has renamed, with their lines."""
        touched = {(each.start, each.end) for each in self.replacements}
        for node, value in self._strings.values():
            if value in self._change.renamed:
                start, end = self.span(node)
                if not any(start <= first and last <= end for first, last in touched):
                    yield value, self.line(node)

    # What says something of a marker

    def _attribute(self, node: cst.Attribute) -> None:
        name = node.attr.value
        if name not in self._change.renamed:
            return
        start, end = self.span(node.attr)
        replacement = Replacement(start=start, end=end, text=self._change.now(name))
        if self._bindings.is_mark(node.value):
            self.replacements.add(replacement)
        elif m.matches(node.value, m.Attribute(attr=m.Name("mark"))):
            self.unknown.append((name, self.line(node.attr), replacement))

    def _rarer(self, node: cst.CSTNode) -> None:
        match node:
            case cst.BinaryOperation(operator=cst.BitAnd() | cst.BitOr() | cst.Subtract()):
                for one, other in ((node.left, node.right), (node.right, node.left)):
                    if isinstance(one, cst.Set) and self._bindings.holds_markers(other):
                        self._names_in(one)
            case cst.Subscript(value=cst.Attribute(attr=cst.Name(value="keywords"))):
                for element in node.slice:
                    if isinstance(element.slice, cst.Index):
                        self._say(element.slice.value, As.NAME)
            case cst.Assign():
                if any(m.matches(each.target, m.Attribute(attr=m.Name("markexpr"))) for each in node.targets):
                    self._say(node.value, As.EXPRESSION)
            case _:
                pass

    def _call(self, node: cst.Call) -> None:
        name = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
        name = node.func.value if isinstance(node.func, cst.Name) else name
        if name in _BY_NAME:
            if argument := _argument(node, 0, _BY_NAME[name]):
                self._say(argument, As.NAME, is_site=name == "add_marker")
        elif name in {"getattr", "hasattr"} and len(node.args) > 1 and self._bindings.is_mark(node.args[0].value):
            self._say(node.args[1].value, As.NAME, is_site=True)
        elif name == "addinivalue_line":
            first, line = _argument(node, 0, "name"), _argument(node, 1, "line")
            if line and isinstance(first, cst.SimpleString) and first.evaluated_value == "markers":
                self._say(line, As.LINE)
        elif isinstance(node.func, cst.Attribute) and node.args:
            self._method(node.func.value, name, node.args[0].value)
        self._options([each.value for each in node.args], runs_pytest=bool(_RUNS_PYTEST.match(name)))

    def _method(self, owner: cst.BaseExpression, name: str, argument: cst.BaseExpression) -> None:
        if name == "get" and m.matches(owner, m.Attribute(attr=m.Name("keywords")) | m.Name("keywords")):
            self._say(argument, As.NAME)
        elif name in _SETS:
            for one, other in ((owner, argument), (argument, owner)):
                if isinstance(one, Literal) and self._bindings.holds_markers(other):
                    self._names_in(one)

    def _comparison(self, node: cst.Comparison) -> None:
        left = node.left
        for each in node.comparisons:
            right = each.comparator
            if isinstance(each.operator, cst.In | cst.NotIn):
                if self._bindings.holds_selection(right):
                    self._say(left, As.EXPRESSION)
                elif self._bindings.is_name_of_marker(left):
                    self._names_in(right)
                elif self._bindings.holds_markers(right):
                    self._say(left, As.NAME)
            elif isinstance(each.operator, cst.Equal | cst.NotEqual):
                for one, other in ((left, right), (right, left)):
                    if self._bindings.is_name_of_marker(one):
                        self._say(other, As.NAME)
                    elif self._bindings.holds_selection(one):
                        self._say(other, As.EXPRESSION)
            left = right

    def _options(self, arguments: Sequence[cst.BaseExpression], *, runs_pytest: bool) -> None:
        """`"-m", "slow"` in a list of arguments, where they are pytest's and not Python's."""
        before: cst.BaseExpression | None = None
        for at, each in enumerate(arguments):
            value = _value(each)
            if isinstance(each, cst.List | cst.Tuple) and runs_pytest:
                self._options([element.value for element in each.elements], runs_pytest=True)
            if value is not None and PurePosixPath(value).name in {"pytest", "py.test"}:
                runs_pytest = True
            elif value == "-m" and at + 1 < len(arguments):
                is_python = before is not None and _is_python(before)
                if runs_pytest and not is_python:
                    self._say(arguments[at + 1], As.EXPRESSION)
                elif not is_python:
                    for marker in self._markers_of(arguments[at + 1], As.EXPRESSION):
                        self.doubts.append((marker, self.line(arguments[at + 1]), "this -m may not be pytest's"))
            elif value is not None and value.startswith("-m") and len(value) > len("-m") and runs_pytest:
                self._say(each, As.EXPRESSION, skip=len("-m=" if value.startswith("-m=") else "-m"))
            before = each

    def _string(self, node: cst.SimpleString | cst.FormattedStringText) -> None:
        """A string may be a command, or be left over in the end."""
        if isinstance(node, cst.SimpleString) and isinstance(value := node.evaluated_value, str):
            self._strings[id(node)] = (node, value)
        start, end = self.span(node)
        command = _COMMAND.search(self._text, start, end)
        if command:
            for option in _IN_COMMAND.finditer(self._text, command.end(), end):
                kind = "quoted" if option["quoted"] is not None else "bare"
                self._replace(option.start(kind), option.end(kind), As.EXPRESSION)

    # How it is said

    def _names_in(self, node: cst.BaseExpression) -> None:
        if isinstance(node, cst.List | cst.Tuple | cst.Set):
            for element in node.elements:
                self._say(element.value, As.NAME)
        else:
            self._say(node, As.NAME, items_of_constant=True)

    def _say(
        self,
        node: cst.BaseExpression,
        mode: As,
        *,
        skip: int = 0,
        is_site: bool = False,
        items_of_constant: bool = False,
    ) -> None:
        """Rename in an expression that gives a marker's name, a line that registers one, or an expression of `-m`."""
        match node:
            case cst.SimpleString():
                self._literal(node, mode, skip)
            case cst.ConcatenatedString():
                self._say(node.left, mode)
                if mode is As.EXPRESSION:
                    self._say(node.right, mode)
            case cst.FormattedString(parts=[cst.FormattedStringText() as first, *_]) if mode is not As.NAME:
                self._replace(*self.span(first), mode)
            case cst.FormattedString(parts=[cst.FormattedStringExpression() as first, *_]) if mode is As.LINE:
                self._say(first.expression, As.NAME)
            case cst.BinaryOperation(left=first) | cst.Call(func=cst.Attribute(value=first)) if mode is As.LINE:
                self._say(first, mode)
            case cst.IfExp():
                self._say(node.body, mode, is_site=is_site)
                self._say(node.orelse, mode, is_site=is_site)
            case cst.Name():
                self._name(node, mode, is_site=is_site, items_of_constant=items_of_constant)
            case _ if is_site and not self._bindings.is_decorator(node):
                self.computed.append(self.line(node))
            case _:
                pass

    def _name(self, node: cst.Name, mode: As, *, is_site: bool, items_of_constant: bool) -> None:
        """A variable: of a loop over strings, or one that always is the same string."""
        strings: list[cst.BaseExpression] = []
        source, place, found = node.value, None, False
        if loop := loop_over(node.value, self._within):
            over, place = loop
            while isinstance(over, cst.Call):  # sorted(NAMES), MARKERS.items()
                over = over.args[0].value if over.args else getattr(over.func, "value", cst.Name("_"))
            if isinstance(over, Literal):
                for each in items(over, place):
                    self._say(each, mode)
                return
            source = over.value if isinstance(over, cst.Name) else ""
        value = self._bindings.constant(source)
        if isinstance(value, Literal) and (loop or items_of_constant):
            strings, found = list(items(value, place)), True
        elif isinstance(value, cst.SimpleString) and not loop:
            strings, found = [value], True
        if found:
            constant = self._constants[source]
            constant.uses.add(id(node) if not loop else id(loop[0]))
            constant.lines.append(self.line(node))
            constant.strings += [(each, mode) for each in strings if (each, mode) not in constant.strings]
        elif is_site and not self._bindings.is_decorator(node):
            self.computed.append(self.line(node))

    def _markers_of(self, node: cst.BaseExpression, mode: As) -> list[str]:
        value = _value(node) or ""
        if mode is As.EXPRESSION:
            return [
                old for old in self._change.renamed if re.search(rf"(?<![\w.\-]){re.escape(old)}(?![\w.\-])", value)
            ]
        name = re.split("[:(]", value)[0].strip()
        return [name] if name in self._change.renamed else []

    def _literal(self, node: cst.SimpleString, mode: As, skip: int) -> None:
        match = _LITERAL.match(node.value)
        if match and "b" not in match["prefix"].lower():
            start, _ = self.span(node)
            self._replace(start + match.start("body") + skip, start + match.end("body"), mode)

    def _replace(self, start: int, end: int, mode: As) -> None:
        """Rename in a stretch of the text, which is the inside of a string."""
        inside = self._text[start:end]
        if mode is As.EXPRESSION:
            after = expressions.renamed(inside, self._change)
        else:
            name = inside if mode is As.NAME else re.split("[:(]", inside)[0].strip()
            if name not in self._change.renamed:
                return
            start += inside.index(name)
            end, inside, after = start + len(name), name, self._change.now(name)
        if after != inside:
            self.replacements.add(Replacement(start=start, end=end, text=after))


class _Constant(msgspec.Struct):
    """A name for strings that are markers, as far as it is used."""

    uses: set[int] = msgspec.field(default_factory=set)
    lines: list[int] = msgspec.field(default_factory=list)
    strings: list[tuple[cst.BaseExpression, As]] = msgspec.field(default_factory=list)


def _headers(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The parts of a statement that stand together, without the blocks below them."""
    match node:
        case cst.SimpleStatementLine() | cst.Decorator():
            yield node
        case cst.If() | cst.While():
            yield node.test
        case cst.For():
            yield node.iter
        case _:
            pass


def _argument(call: cst.Call, place: int, name: str) -> cst.BaseExpression | None:
    for at, argument in enumerate(call.args):
        if argument.keyword is None and argument.star:
            return None
        if (argument.keyword is None and at == place) or (argument.keyword and argument.keyword.value == name):
            return argument.value
    return None


def _value(node: cst.BaseExpression) -> str | None:
    value = getattr(node, "evaluated_value", None)
    return value if isinstance(value, str) else None


def _is_python(node: cst.BaseExpression) -> bool:
    value = _value(node)
    if value is not None:
        return bool(_PYTHON.match(PurePosixPath(value).name))
    return m.matches(node, m.Attribute(attr=m.Name("executable"))) or m.matches(node, m.Name("python"))
