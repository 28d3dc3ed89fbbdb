"""Code that gives tests markers by a name that it has in a variable, or makes up."""

from __future__ import annotations

import ast
import re

from noxtasks.markers.model import Use
from noxtasks.markers.python.flow import Flow, Origin
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
    for name in _ADDERS:
        for call in module.calls.get(name, []):
            given = call.args[0] if call.args else keyword(call, "marker")
            if given is not None and _is_test(call, module, texts):
                _added(call, given, name, module, texts, found)
    for call in (*module.calls.get("getattr", []), *module.calls.get("__getattr__", [])):
        wanted = asked(call, module, texts.flow)
        if wanted is not None and not isinstance(wanted, ast.Constant):
            _note(call, wanted, f"getattr(pytest.mark, {_spelled(wanted)})", module, texts, found)
    for call, wanted in made(module):
        if not isinstance(wanted, ast.Constant):
            _note(call, wanted, f"Mark({_spelled(wanted)})", module, texts, found)
    _evaluated(module, texts, found)
    _keywords(module, texts, found)
    _handed_on(module, texts, found)


def _note(call: ast.AST, wanted: ast.expr, how: str, module: Module, texts: Texts, found: Found) -> None:
    texts.is_from_paths = False
    names = texts.of(wanted, module)
    found.names(names, (module.path, line_of(call)), Use.DYNAMIC, how, evaluated=texts)


def _added(call: ast.Call, given: ast.expr, name: str, module: Module, texts: Texts, found: Found) -> None:
    here = (module.path, line_of(call))
    flow = texts.flow
    if is_mark(given, module, flow):
        return
    texts.is_from_paths = False
    origins = [
        each
        for each in flow.origins(given, module)
        if not each.is_mark
        and not _gives_mark(each, flow)
        and not isinstance(each.node, (ast.alias, ast.FunctionDef, ast.ClassDef))
    ]
    names = texts.of_origins(origins, given, module)
    if isinstance(given, ast.Constant):
        for each in names:
            found.reference(each, here, Use.APPLIED, name)
    else:
        found.names(names, here, Use.DYNAMIC, f"{name}({_spelled(given)})", evaluated=texts)


def _evaluated(module: Module, texts: Texts, found: Found) -> None:
    """`eval("pytest.mark." + name)`."""
    for name in ("eval", "exec"):
        for call in module.calls.get(name, []):
            if call.args:
                texts.is_from_paths = False
                code = texts.of(call.args[0], module)
                marks = {match[1] for text in code for match in _IN_CODE.finditer(text)}
                found.names(marks, (module.path, line_of(call)), Use.DYNAMIC, name, evaluated=texts)


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


def _keywords(module: Module, texts: Texts, found: Found) -> None:
    """`item.keywords["slow"] = …` and `item.extra_keyword_matches.add("slow")`."""
    for each in module.subscripts:
        if isinstance(each.ctx, ast.Store) and last_name(each.value) == "keywords":
            _keyword(each, each.slice, "keywords[…] =", module, texts, found)
    for name in ("add", "update"):
        for call in module.calls.get(name, []):
            if (
                isinstance(call.func, ast.Attribute)
                and last_name(call.func.value) == "extra_keyword_matches"
                and call.args
            ):
                names = texts.of(call.args[0], module) if name == "add" else texts.elements(call.args[0], module)
                for text in names:
                    if HOLE not in text:
                        found.reference(text, (module.path, line_of(call)), Use.APPLIED, "extra_keyword_matches")


def _keyword(node: ast.AST, wanted: ast.expr, how: str, module: Module, texts: Texts, found: Found) -> None:
    for text in texts.of(wanted, module):
        if HOLE not in text:
            found.reference(text, (module.path, line_of(node)), Use.APPLIED, how)


def _handed_on(module: Module, texts: Texts, found: Found) -> None:
    """`pytest.mark` itself, given to something that may take any marker from it."""
    for attribute in module.attributes.get("mark", []):
        above = module.parents.get(attribute)
        if isinstance(above, ast.Attribute) or not isinstance(attribute.ctx, ast.Load):
            continue
        is_argument = isinstance(above, ast.Call) and above.func is not attribute
        if not is_argument or not isinstance(above, ast.Call) or asked(above, module, texts.flow) is not None:
            continue
        if last_name(above.func) in _HARMLESS or generates(attribute, module, texts.flow) is not Is.YES:
            continue
        name = above.args[1] if len(above.args) > 1 and last_name(above.func) in ("getattr", "delattr") else None
        if name is None:
            found.site((module.path, line_of(above)), Use.DYNAMIC, f"{_spelled(above.func)}(pytest.mark)", (HOLE,))


def _spelled(node: ast.AST) -> str:
    try:
        text = ast.unparse(node)
    except (RecursionError, ValueError):
        return "…"
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - enough to recognise it by
