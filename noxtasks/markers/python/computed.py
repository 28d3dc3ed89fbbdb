"""Code that gives tests markers by a name that it has in a variable, or makes up."""

from __future__ import annotations

import ast
import re

from noxtasks.markers.model import Use
from noxtasks.markers.python.containers import Origin
from noxtasks.markers.python.flow import Flow
from noxtasks.markers.python.found import Found
from noxtasks.markers.python.marks import Certainty as Is
from noxtasks.markers.python.marks import asked, generates, is_mark, made
from noxtasks.markers.python.names import HOLE
from noxtasks.markers.python.syntax import Module, keyword, last_name, line_of
from noxtasks.markers.python.texts import Texts

_ADDERS = ("add_marker", "applymarker")
_TEST = re.compile(r"item|node|request|test|func|collector|obj|^it$|^i$|^fn$|^x$|^cls$|^mod(ule)?$", re.IGNORECASE)
_IN_CODE = re.compile(rf"\bmark\.([\w{HOLE}]+)")
_HARMLESS = {"hasattr", "isinstance", "setattr", "dir", "id", "type", "print", "repr"}


def computed(module: Module, texts: Texts, found: Found) -> None:
    """Notes every application by a computed name, or by a constant that is a text."""
    _Computed(module, texts, found).note()


class _Computed:
    def __init__(self, module: Module, texts: Texts, found: Found) -> None:
        self.module = module
        self.texts = texts
        self.found = found

    def note(self) -> None:
        """Notes them all."""
        for name in _ADDERS:
            for call in self.module.calls.get(name, []):
                given = call.args[0] if call.args else keyword(call, "marker")
                if given is not None and _is_test(call, self.module, self.texts):
                    self._added(call, given, name)
        for call in (*self.module.calls.get("getattr", []), *self.module.calls.get("__getattr__", [])):
            wanted = asked(call, self.module, self.texts.flow)
            if wanted is not None and not isinstance(wanted, ast.Constant):
                self._note(call, wanted, f"getattr(pytest.mark, {_spelled(wanted)})")
        for call, wanted in made(self.module):
            if not isinstance(wanted, ast.Constant):
                self._note(call, wanted, f"Mark({_spelled(wanted)})")
        self._evaluated()
        self._keywords()
        self._handed_on()

    def _note(self, call: ast.AST, wanted: ast.expr, how: str) -> None:
        self.texts.is_from_paths = False
        names = self.texts.of(wanted, self.module)
        self.found.names(names, (self.module.path, line_of(call)), Use.DYNAMIC, how, evaluated=self.texts)

    def _added(self, call: ast.Call, given: ast.expr, name: str) -> None:
        here = (self.module.path, line_of(call))
        flow = self.texts.flow
        if is_mark(given, self.module, flow):
            return
        self.texts.is_from_paths = False
        origins = [
            each
            for each in flow.origins(given, self.module)
            if not each.is_mark
            and not _gives_mark(each, flow)
            and not isinstance(each.node, (ast.FunctionDef, ast.ClassDef))
        ]
        names = self.texts.of_origins(origins, given, self.module)
        if isinstance(given, ast.Constant):
            for each in names:
                self.found.reference(each, here, Use.APPLIED, name)
        else:
            self.found.names(names, here, Use.DYNAMIC, f"{name}({_spelled(given)})", evaluated=self.texts)

    def _evaluated(self) -> None:
        """`eval("pytest.mark." + name)`."""
        for name in ("eval", "exec"):
            for call in self.module.calls.get(name, []):
                if call.args:
                    self.texts.is_from_paths = False
                    code = self.texts.of(call.args[0], self.module)
                    marks = {match[1] for text in code for match in _IN_CODE.finditer(text)}
                    self.found.names(marks, (self.module.path, line_of(call)), Use.DYNAMIC, name, evaluated=self.texts)

    def _keywords(self) -> None:
        """`item.keywords["slow"] = …` and `item.extra_keyword_matches.add("slow")`."""
        for each in self.module.subscripts:
            if isinstance(each.ctx, ast.Store) and last_name(each.value) == "keywords":
                self._keyword(each, each.slice, "keywords[…] =")
        for name in ("add", "update"):
            for call in self.module.calls.get(name, []):
                if (
                    isinstance(call.func, ast.Attribute)
                    and last_name(call.func.value) == "extra_keyword_matches"
                    and call.args
                ):
                    names = (
                        self.texts.of(call.args[0], self.module)
                        if name == "add"
                        else self.texts.elements(call.args[0], self.module)
                    )
                    for text in names:
                        if HOLE not in text:
                            self.found.reference(
                                text, (self.module.path, line_of(call)), Use.APPLIED, "extra_keyword_matches"
                            )

    def _keyword(self, node: ast.AST, wanted: ast.expr, how: str) -> None:
        for text in self.texts.of(wanted, self.module):
            if HOLE not in text:
                self.found.reference(text, (self.module.path, line_of(node)), Use.APPLIED, how)

    def _handed_on(self) -> None:
        """`pytest.mark` itself, given to something that may take any marker from it."""
        for attribute in self.module.attributes.get("mark", []):
            above = self.module.parents.get(attribute)
            if isinstance(above, ast.Attribute) or not isinstance(attribute.ctx, ast.Load):
                continue
            is_argument = isinstance(above, ast.Call) and above.func is not attribute
            if (
                not is_argument
                or not isinstance(above, ast.Call)
                or asked(above, self.module, self.texts.flow) is not None
            ):
                continue
            if last_name(above.func) in _HARMLESS or generates(attribute, self.module, self.texts.flow) is not Is.YES:
                continue
            name = above.args[1] if len(above.args) > 1 and last_name(above.func) in ("getattr", "delattr") else None
            if name is None:
                self.found.site(
                    (self.module.path, line_of(above)), Use.DYNAMIC, f"{_spelled(above.func)}(pytest.mark)", (HOLE,)
                )


def _gives_mark(origin: Origin, flow: Flow) -> bool:
    """Whether it is a mark, or a call of one that stands under some name."""
    node, module = origin.node, origin.module
    if node is None or module is None:
        return False
    if is_mark(node, module, flow):
        return True
    called = flow.origins(node.func, module) if isinstance(node, ast.Call) else []
    return bool(called) and all(
        each.node is not None and each.module is not None and is_mark(each.node, each.module, flow) for each in called
    )


def _is_test(call: ast.Call, module: Module, texts: Texts) -> bool:
    """Whether what gets the marker may be a test of pytest's: other things have methods of that name, too."""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    if receiver is None or _TEST.search(last_name(receiver if not isinstance(receiver, ast.Call) else receiver.func)):
        return True
    return not texts.project.paths_with("def add_marker(") and "pytest" in module.words


def _spelled(node: ast.AST) -> str:
    try:
        text = ast.unparse(node)
    except (RecursionError, ValueError):
        return "…"
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - enough to recognise it by
