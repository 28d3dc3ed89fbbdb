"""What is left to do in a Python file whose markers are renamed: marks that stand twice, registrations that go."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst
import libcst.matchers as m

from noxtasks.markers.migration.bindings import Bindings, Literal, items, loop_over
from noxtasks.markers.migration.model import Change
from noxtasks.markers.migration.spans import Replacement, Span, comment_above, line_start, without_items
from noxtasks.markers.migration.walking import Walk

_STRING = re.compile(r"[A-Za-z]*(\"\"\"|'''|\"|')")
_REST = re.compile(r"[ \t]*(?P<comment>#[^\r\n]*)?(?P<end>\r\n?|\n|\Z)")


class Tidying(Walk):
    """Collects the replacements in a file whose markers have their new names. `doubts`: marker, line, why."""

    def __init__(self, text: str, bindings: Bindings, change: Change) -> None:
        super().__init__(text, bindings, change)
        self._new = set(change.renamed.values())

    def look(self, node: cst.CSTNode) -> None:
        """Look at a node, before what is in it."""
        match node:
            case cst.FunctionDef() | cst.ClassDef():
                for place in self._twice([each.decorator for each in node.decorators]):
                    self._drop_decorator(node.decorators[place])
            case cst.List() | cst.Tuple():
                self._drop_items(node, self._twice([each.value for each in node.elements]))
            case cst.Module() | cst.IndentedBlock():
                self._unregister(node.body, is_module=isinstance(node, cst.Module))
            case cst.Call():
                self._registration(node)
            case _:
                pass

    def _span(self, node: cst.CSTNode) -> Span:
        start, end = self.span(node)
        for _ in getattr(node, "lpar", ()):  # which the position leaves out
            start = self._text.rindex("(", 0, start)
            end = self._text.index(")", end) + 1
        return Span(start=start, end=end)

    # Marks that stand twice

    def _twice(self, marks: Sequence[cst.BaseExpression]) -> list[int]:
        """Where a mark that was given a new name stands again, with the same arguments or none."""
        seen: set[str] = set()
        again: list[int] = []
        for place, mark in enumerate(marks):
            name = mark.func if isinstance(mark, cst.Call) else mark
            if isinstance(name, cst.Attribute) and name.attr.value in self._new and self._bindings.is_mark(name.value):
                code = re.sub(r"\s+", "", self._span(mark).of(self._text)).removesuffix("()")
                if code in seen:
                    again.append(place)
                seen.add(code)
        return again

    def _drop_decorator(self, node: cst.Decorator) -> None:
        span = self._span(node)
        rest = _REST.match(self._text, span.end)
        if rest is None:
            return
        if rest["comment"]:  # it stays, on a line of its own
            self.replacements.add(Replacement(start=span.start, end=rest.start("comment"), text=""))
        else:
            start = line_start(self._text, span.start)
            self.replacements.add(Replacement(start=start, end=rest.end(), text=""))

    def _drop_items(self, node: Literal, gone: Sequence[int]) -> None:
        if not gone:
            return
        spans = [
            Span(start=self._span(each.key).start, end=self._span(each.value).end)
            if isinstance(each, cst.DictElement)
            else self._span(each.value)
            for each in node.elements
        ]
        after = without_items(self._text, spans, gone, is_tuple=isinstance(node, cst.Tuple))
        same = next((at for at, (one, other) in enumerate(zip(self._text, after, strict=False)) if one != other), 0)
        tail = len(self._text) - len(after)
        end = max(spans[-1].end, *(self._span(node).end,))
        start = min(same, spans[gone[0]].start)
        self.replacements.add(Replacement(start=start, end=end, text=after[start : end - tail]))

    # Registrations

    def _unregister(self, body: Sequence[cst.CSTNode], *, is_module: bool) -> None:
        """Take away the statements of a block that register what is removed; the last one leaves a `pass`."""
        gone = [node for node in body if self._registers_removed(node)]
        for node in gone:
            span = self._span(node)
            rest = _REST.match(self._text, span.end)
            if len(gone) == len(body) and node is gone[-1] and not is_module:
                self.replacements.add(Replacement(start=span.start, end=span.end, text="pass"))
            elif rest is not None:
                line = line_start(self._text, span.start)
                start = comment_above(self._text, line, is_alone=self._is_end_of_group(span.start, rest.end()))
                self.replacements.add(Replacement(start=start, end=rest.end(), text=""))

    def _is_end_of_group(self, start: int, below: int) -> bool:
        """Whether what follows a statement is not just another one of the same kind."""
        indent = start - line_start(self._text, start)
        line = (self._text[below:].splitlines() or [""])[0]
        return not line.strip() or line.lstrip().startswith("#") or len(line) - len(line.lstrip()) < indent

    def _registers_removed(self, node: cst.CSTNode) -> bool:
        if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1:
            return False
        statement = node.body[0]
        if not isinstance(statement, cst.Expr) or not isinstance(statement.value, cst.Call):
            return False
        line = _line_of(statement.value)
        return line is not None and self._name_in(line) in self._change.removed

    def _registration(self, node: cst.Call) -> None:
        """Describe what has no description, and take entries from the list that a loop registers."""
        line = _line_of(node)
        if line is None:
            return
        first = _first(line)
        if isinstance(first, cst.Name):
            self._of_loop(first)
        elif isinstance(line, cst.SimpleString):
            self._describe(line)
        if self._name_in(line) in self._change.removed and not any(
            self._registers_removed(each) for each in self._within
        ):
            self.doubts.append((self._name_in(line), self.line(node), "it is registered within another statement"))

    def _of_loop(self, variable: cst.Name) -> None:
        loop = loop_over(variable.value, self._within)
        if loop is None:
            return
        over, place = loop
        while isinstance(over, cst.Call):
            over = over.args[0].value if over.args else getattr(over.func, "value", cst.Name("_"))
        literal: cst.BaseExpression | None = over
        is_shared = False
        if isinstance(over, cst.Name):
            literal = self._bindings.constant(over.value)
            is_shared = self._bindings.loads[over.value] > len(("made", "looped over"))
        if not isinstance(literal, Literal):
            return
        names = [self._name_in(each) for each in items(literal, place)]
        gone = [at for at, name in enumerate(names) if name in self._change.removed]
        if is_shared or len(names) != len(literal.elements):
            self.doubts += [(names[at], self.line(literal), "the list is used for something else, too") for at in gone]
        elif gone:
            self._drop_items(literal, gone)

    def _describe(self, node: cst.SimpleString) -> None:
        value = str(node.evaluated_value)
        description = " ".join(self._change.described.get(self._name_in(node), "").split())
        quote = _STRING.match(node.value)
        if description and quote and not value.partition(":")[2].strip():
            text = description.encode("unicode_escape").decode("ascii").replace(quote[1][0], f"\\{quote[1][0]}")
            at = self._span(node).end - len(quote[1])
            head = "" if value.rstrip().endswith(":") else ":"
            gap = "" if value.endswith(" ") else " "
            self.replacements.add(Replacement(start=at, end=at, text=f"{head}{gap}{text}"))

    def _name_in(self, node: cst.BaseExpression) -> str:
        """The marker that a registering string names; nothing, where that is computed."""
        first = _first(node)
        if isinstance(first, cst.SimpleString) and isinstance(first.evaluated_value, str):
            value = first.evaluated_value
        elif isinstance(first, cst.FormattedStringText):
            value = first.value
        else:
            return ""
        is_whole = first is node or ":" in value or "(" in value
        return re.split("[:(]", value)[0].strip() if is_whole else ""


def _line_of(call: cst.Call) -> cst.BaseExpression | None:
    """What `addinivalue_line("markers", line)` is given."""
    name = m.Attribute(attr=m.Name("addinivalue_line")) | m.Name("addinivalue_line")
    if not m.matches(call.func, name) or len(call.args) != len(("name", "line")):
        return None
    first, line = (argument.value for argument in call.args)
    return line if isinstance(first, cst.SimpleString) and first.evaluated_value == "markers" else None


def _first(node: cst.CSTNode) -> cst.CSTNode:
    """What the text begins with that an expression makes."""
    match node:
        case cst.ConcatenatedString(left=first) | cst.BinaryOperation(left=first):
            return _first(first)
        case cst.Call(func=cst.Attribute(value=first)):
            return _first(first)
        case cst.FormattedString(parts=[first, *_]):
            return first.expression if isinstance(first, cst.FormattedStringExpression) else first
        case _:
            return node
