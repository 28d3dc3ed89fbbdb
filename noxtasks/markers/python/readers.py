"""Code that looks for markers on tests: pytest's own ways to ask, and comparisons of names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from noxtasks.markers.model import Use
from noxtasks.markers.python.containers import Origin
from noxtasks.markers.python.found import Found
from noxtasks.markers.python.lookups import bare, in_cases, keys, members, values
from noxtasks.markers.python.marks import is_mark
from noxtasks.markers.python.model import Place
from noxtasks.markers.python.names import HOLE
from noxtasks.markers.python.syntax import Module, keyword, last_name, line_of
from noxtasks.markers.python.texts import Texts

_ASKING = ("get_closest_marker", "get_marker", "iter_markers", "iter_markers_with_node")
_TESTED = {"function", "obj", "cls", "_obj", "module"}
_KEYWORDS = {"keywords", "listextrakeywords", "extra_keyword_matches", "_nodekeywords"}
_EXPRESSIONS = {"markexpr", "keyword"}
_MARKED = re.compile(r"(?:^|_)mark(?:er|ers|s)?(?:$|[_\d])")
_TELLING = re.compile(r"mark|keyword|names|tags|labels")
_MARKISH = {"iter_markers", "own_markers", "iter_markers_with_node", "pytestmark"}


def readers(module: Module, texts: Texts, found: Found) -> None:
    """Notes every place that asks for a marker by its name."""
    reader = _Readers(module, texts, found)
    for name in _ASKING:
        reader.asked(name)
    for compare in module.compares:
        reader.compared(compare)
    reader.looked_up()
    reader.dispatched()
    reader.converted()
    reader.attributes()
    reader.combined()


class _Readers:
    def __init__(self, module: Module, texts: Texts, found: Found) -> None:
        self.module = module
        self.texts = texts
        self.found = found
        words = {*module.calls, *module.attributes}
        self.has_marks = bool(words & (_MARKISH | {*_ASKING})) or any("marker" in each for each in module.names)
        self.has_marks = self.has_marks or any(each.startswith("pytest_") for each in module.functions)
        self.has_options = bool(words & {"getoption", "getvalue", "markexpr"})

    def asked(self, name: str) -> None:
        """`get_closest_marker("slow")` and its like, called or handed on."""
        for call in self.module.calls.get(name, []):
            given = call.args[0] if call.args else keyword(call, "name")
            if given is not None and not (isinstance(given, ast.Constant) and given.value is None):
                names = self.texts.of(given.value if isinstance(given, ast.Starred) else given, self.module)
                is_any = self._is_name_of_mark(given)  # of every mark that there is
                self._note(call, self._known(names) if is_any else names, name)
        for attribute in self.module.attributes.get(name, []):
            self._handed_on(attribute, name)

    def _handed_on(self, attribute: ast.Attribute, name: str) -> None:
        """`get = item.get_closest_marker`, `map(item.get_closest_marker, NAMES)`."""
        above = self.module.parents.get(attribute)
        if isinstance(above, ast.Call) and above.func is attribute:
            return
        if isinstance(above, ast.Assign) and all(isinstance(each, ast.Name) for each in above.targets):
            for target in above.targets:
                for call in self.module.calls.get(last_name(target), []):
                    if call.args:
                        self._note(call, self.texts.of(call.args[0], self.module), name)
        elif isinstance(above, ast.Call) and last_name(above.func) in ("map", "filter") and len(above.args) > 1:
            self._note(above, self.texts.elements(above.args[1], self.module), name)
        elif isinstance(above, ast.Call) and above.args and above.args[0] is attribute and len(above.args) > 1:
            self._note(above, self.texts.of(above.args[1], self.module), name)  # partial
        elif isinstance(above, (ast.Call, ast.Return, ast.keyword)) and isinstance(attribute.ctx, ast.Load):
            self._note(attribute, (HOLE,), name)

    def compared(self, compare: ast.Compare) -> None:
        """`mark.name == "slow"`, `"slow" in item.keywords`, `"slow" in names`."""
        sides = [compare.left, *compare.comparators]
        for operator, left, right in zip(compare.ops, sides, sides[1:], strict=False):
            if isinstance(operator, (ast.In, ast.NotIn)):
                self._membership(compare, left, right)
            elif isinstance(operator, (ast.Eq, ast.NotEq)):
                for one, other in ((left, right), (right, left)):
                    if self._is_name_of_mark(one) and not self._is_name_of_mark(other):
                        texts = in_cases(one, self.texts.of(other, self.module))
                        self._note(compare, texts, "comparison of names")
                    elif self._is_expression(one):
                        self._words(compare, self.texts.of(other, self.module))
                    elif self._is_set_of_names(one):
                        self._note(compare, self._known(self.texts.elements(other, self.module)), "comparison of names")

    def _membership(self, compare: ast.Compare, left: ast.expr, right: ast.expr) -> None:
        if self._is_name_of_mark(left):
            texts: Iterable[str] = self.texts.elements(right, self.module)
            if isinstance(right, ast.Constant):
                texts = self.texts.placed(right, self.module)
            elif isinstance(right, ast.Attribute) and right.attr == "__members__":
                texts = members(right.value, self.module, self.texts)
            if not self._is_about_marks(right):
                self._note(compare, in_cases(left, texts), "comparison of names")
        elif self._is_keywords(right):
            names = self.texts.of(left, self.module)
            self._note(compare, names if self._is_of_an_item(right) else self._known(names), "keywords")
        elif self._is_set_of_names(right):
            self._note(compare, self.texts.of(left, self.module), "names of markers")
        elif self._is_expression(right):
            self._words(compare, self._known(self.texts.of(left, self.module)))
        elif self._is_about_marks(right) and not is_mark(left, self.module, self.texts.flow):
            self._note(compare, self._known(self.texts.of(left, self.module)), "names of markers")

    def dispatched(self) -> None:
        """`HANDLERS[mark.name]`, `HANDLERS.get(mark.name)`, `getattr(KINDS, mark.name)`, `match mark.name`."""
        for each in self.module.subscripts:
            if isinstance(each.ctx, ast.Load) and self._is_name_of_mark(each.slice):
                self._note(each, keys(each.value, each.slice, self.module, self.texts), "key of a table")
        for call in (*self.module.calls.get("get", []), *self.module.calls.get("pop", [])):
            if isinstance(call.func, ast.Attribute) and call.args and self._is_name_of_mark(call.args[0]):
                self._note(call, keys(call.func.value, call.args[0], self.module, self.texts), "key of a table")
        for call in (*self.module.calls.get("getattr", []), *self.module.calls.get("hasattr", [])):
            if len(call.args) > 1 and self._is_name_of_mark(call.args[1]):
                attributes = members(call.args[0], self.module, self.texts)
                self._note(call, in_cases(call.args[1], attributes), "name of an attribute")
        for match in self.module.matches:
            if self._is_name_of_mark(match.subject):
                constants = [each for case in match.cases for each in ast.walk(case.pattern)]
                names = [each.value for each in constants if isinstance(each, ast.Constant)]
                self._note(match, [each for each in names if isinstance(each, str)], "match")

    def converted(self) -> None:
        """`Kind(mark.name)`: a member by its value."""
        for name in self.module.attributes.get("name", []):
            above = self.module.parents.get(name)
            if isinstance(above, ast.Call) and above.args == [name] and self._is_name_of_mark(name):
                self._note(above, values(above.func, self.module, self.texts), "value of an enumeration")

    def looked_up(self) -> None:  # noqa: C901 - one for each kind
        """`item.keywords["slow"]`, `item.keywords.get("slow")`, `mark.name.startswith("req_")`."""
        for each in self.module.subscripts:
            if isinstance(each.ctx, ast.Load) and self._is_keywords(each.value):
                names = self.texts.of(each.slice, self.module)
                self._note(each, names if self._is_of_an_item(each.value) else self._known(names), "keywords")
        for name in ("get", "__contains__", "has_key", "intersection", "isdisjoint", "issubset", "issuperset"):
            for call in self.module.calls.get(name, []):
                if isinstance(call.func, ast.Attribute) and call.args:
                    self._method(call, call.func.value, name)
        for call in self.module.calls.get("startswith", []):
            if isinstance(call.func, ast.Attribute) and call.args and self._is_name_of_mark(call.func.value):
                parts = [*self.texts.of(call.args[0], self.module)]
                if isinstance(call.args[0], ast.Tuple):
                    parts = [*self.texts.elements(call.args[0], self.module)]
                self._note(call, [f"{each}{HOLE}" for each in parts], "startswith")
        for call in self.module.calls.get("endswith", []):
            if isinstance(call.func, ast.Attribute) and call.args and self._is_name_of_mark(call.func.value):
                self._note(call, [f"{HOLE}{each}" for each in self.texts.of(call.args[0], self.module)], "endswith")

    def _method(self, call: ast.Call, holder: ast.expr, name: str) -> None:
        if name in ("get", "__contains__", "has_key"):
            if self._is_keywords(holder):
                names = self.texts.of(call.args[0], self.module)
                self._note(call, names if self._is_of_an_item(holder) else self._known(names), "keywords")
            elif self._is_set_of_names(holder):
                self._note(call, self.texts.of(call.args[0], self.module), "names of markers")
            return
        for one, other in ((holder, call.args[0]), (call.args[0], holder)):
            if self._is_set_of_names(one) or self._is_keywords(one):
                self._note(call, self._known(self.texts.elements(other, self.module)), name)

    def attributes(self) -> None:
        """`getattr(item.function, "slow")`: as marks were read before pytest 4, and attributes are read still."""
        for name in ("getattr", "hasattr"):
            for call in self.module.calls.get(name, []):
                if len(call.args) > 1 and isinstance(call.args[0], ast.Attribute) and call.args[0].attr in _TESTED:
                    self._note(call, self._known(self.texts.of(call.args[1], self.module)), f"{name} of a test")
        for attributes in self.module.attributes.values():
            for each in attributes:
                if isinstance(each.value, ast.Attribute) and each.value.attr in ("function", "obj"):
                    self._note(each, (each.attr,), "attribute of a test")

    def combined(self) -> None:
        """`names & {"slow"}` where names are those of a test's markers."""
        for each in self.module.binaries:
            if isinstance(each.op, (ast.BitAnd, ast.Sub)):
                for one, other in ((each.left, each.right), (each.right, each.left)):
                    if self._is_set_of_names(one) or self._is_keywords(one):
                        names = self.texts.elements(other, self.module)
                        self._note(each, self._known(names), "names of markers")

    def _note(self, node: ast.AST, texts: Iterable[str], how: str) -> None:
        place: Place = (self.module.path, line_of(node))
        self.found.names(texts, place, Use.READ, how, evaluated=self.texts)

    def _known(self, texts: Iterable[str]) -> list[str]:
        return [each for each in texts if each != HOLE]

    def _words(self, node: ast.AST, texts: Iterable[str]) -> None:
        for text in self._known(texts):
            for word in text.replace("(", " ").replace(")", " ").split():
                if word not in ("and", "or", "not"):
                    self._note(node, (word,), "expression of -m")

    def _is_name_of_mark(self, node: ast.expr) -> bool:
        """`mark.name` of a mark, in any case."""
        node = bare(node)
        if not isinstance(node, ast.Attribute) or node.attr not in ("name", "markname"):
            return False
        if _MARKED.search(last_name(node.value).lower()):
            return True
        if isinstance(node.value, ast.Name):
            bound = self.module.lookup(node.value.id, node.value)
            if any(_MARKED.search(last_name(each.node).lower()) for each in (bound[1] if bound is not None else ())):
                return True  # for each in marks
            return self.has_marks and any(each.is_mark for each in self._origins(node.value))
        return is_mark(node.value, self.module, self.texts.flow)

    def _is_keywords(self, node: ast.expr) -> bool:
        match node:
            case ast.Attribute(attr=attr):
                return attr in _KEYWORDS
            case ast.Call(func=ast.Attribute(attr=attr, value=value)):
                return attr in _KEYWORDS or (attr in ("keys", "copy") and self._is_keywords(value))
            case ast.Call(func=ast.Name(id="list" | "set" | "dict" | "tuple"), args=[inner]):
                return self._is_keywords(inner)
            case ast.Name(id=name) if "keyword" in name or "mark" in name:
                return any(isinstance(o.node, ast.Attribute) and o.node.attr in _KEYWORDS for o in self._origins(node))
        return False

    def _is_of_an_item(self, node: ast.expr) -> bool:
        """Whether the keywords are those of a test, not of a call in somebody's syntax tree."""
        if not self.module.words:
            return False
        text = ast.unparse(node).lower()
        return any(each in text for each in ("item", "request", "func", "report", "test", "listextra", "nodekeywords"))

    def _is_set_of_names(self, node: ast.expr) -> bool:
        """Whether the value holds the names of a test's markers."""
        if not self.has_marks and "pytest" not in self.module.words:
            return False
        for origin in self._followed(node):
            match origin.node:
                case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                    element = origin.node.key if isinstance(origin.node, ast.DictComp) else origin.node.elt
                    generator = origin.node.generators[0].iter
                    is_name = isinstance(element, ast.Attribute) and element.attr == "name"
                    if is_name and (self._is_about_marks(generator) or "mark" in ast.unparse(generator)):
                        return True
                case ast.Call(func=ast.Name(id="map"), args=[_, inner]) if self._is_about_marks(inner):
                    return True
        return False

    def _followed(self, node: ast.expr) -> list[Origin]:
        """The same, to the end where the name of the value tells that it is worth it."""
        telling = _TELLING if self.has_marks else _MARKED
        if isinstance(node, ast.Name) and telling.search(node.id.lower()):
            return self.texts.flow.origins(node, self.module)
        called = [each for each in self._origins(node) if isinstance(each.node, ast.Call) and each.module is not None]
        found = [*self._origins(node)]
        for each in called:
            if (
                isinstance(each.node, ast.Call)
                and telling.search(last_name(each.node.func).lower())
                and each.module is not None
            ):
                found.extend(self.texts.flow.origins(each.node, each.module))
        return found

    def _is_about_marks(self, node: ast.expr) -> bool:
        return last_name(node) in _MARKISH or (self.has_marks and any(each.is_mark for each in self._origins(node)))

    def _is_expression(self, node: ast.expr) -> bool:
        """Whether it is what `-m` was given."""
        if not self.has_options:
            return False
        for each in [node, *(origin.node for origin in self._origins(node))]:
            match each:
                case ast.Attribute(attr=attr) if attr in _EXPRESSIONS and "option" in ast.unparse(each.value):
                    return True
                case ast.Call(args=[ast.Constant(value="-m" | "markexpr" | "-k" | "keyword"), *_]):
                    if last_name(each.func) in ("getoption", "getvalue", "getini"):
                        return True
        return False

    def _origins(self, node: ast.expr) -> list[Origin]:
        return self.texts.flow.peeked(node, self.module)
