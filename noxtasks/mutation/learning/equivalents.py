"""Survivors that no test can kill, or that none should have to: suspects, with the reason in words. Pure.

Whether two programs do the same cannot be decided in general. Each rule here knows one shape of change for which it is
so, or of which the effect is text for people only. A suspect counts as a survivor like any other; it is only looked at
last.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import pairwise
from types import CodeType
from typing import Any

import msgspec

from noxtasks.mutation.model import Mutant

_LOGGING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log"})
_LOGGERS = frozenset({"log", "logger", "logging", "_log", "_logger", "logg", "LOG", "LOGGER", "_LOG", "_LOGGER"})
_CODECS = frozenset({"ascii", "latin-1", "latin1", "utf-8", "utf8", "utf-16", "utf-32", "cp1252", "iso-8859-1"})
_HELP = frozenset({"help", "description", "epilog", "metavar", "usage", "title", "short_help"})
_PARSERS = frozenset(
    {
        *("ArgumentParser", "add_argument", "add_argument_group", "add_subparsers", "add_parser", "option", "argument"),
        *("command", "group", "Option", "Argument"),
    }
)
_DEFAULTS: dict[tuple[str, int | str], object] = {
    ("get", 1): None,
    ("encode", 0): "utf-8",
    ("encode", 1): "strict",
    ("decode", 0): "utf-8",
    ("decode", 1): "strict",
    ("enumerate", 1): 0,
    ("sum", 1): 0,
    ("range", 0): 0,
    ("int", 1): 10,
    ("open", 1): "r",
    ("sorted", "reverse"): False,
    ("sorted", "key"): None,
    ("sort", "reverse"): False,
    ("zip", "strict"): False,
    ("print", "end"): "\n",
    ("print", "sep"): " ",
    ("print", "flush"): False,
    ("dumps", "sort_keys"): False,
    ("dumps", "indent"): None,
    ("mkdir", "parents"): False,
    ("mkdir", "exist_ok"): False,
}
"""What a parameter is anyway; by the function's name, and place or name of the argument."""


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    """The smallest part of a function that differs, and all that it stands in, the function first."""

    before: Any
    after: Any
    above: tuple[ast.AST, ...]

    @property
    def function(self) -> ast.AST:
        return self.above[0]

    def within(self) -> Iterator[tuple[ast.AST, ast.AST]]:
        """Each node that the change is in, innermost first, and the one in it that leads to the change."""
        chain = (*self.above, self.before)
        yield from reversed(list(pairwise(chain)))


def suspect(mutant: Mutant, *, is_told: bool = False) -> str:
    """Why `mutant` may do the same as the original, or differ in what is only for people; empty where nothing says so.

    `is_told`: an input is known on which they differ, so that they are not the same.
    """
    try:
        before, after = ast.parse(mutant.before), ast.parse(mutant.after)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    if not is_told and _compiled(before) == _compiled(after):
        return "both are compiled to the same bytecode"
    try:
        change = _change(before, after)
    except RecursionError:
        return ""
    if change is None:
        return ""
    rules = _FOR_PEOPLE if is_told else (*_SAME, *_FOR_PEOPLE)
    return next((reason for rule in rules if (reason := rule(change))), "")


def _compiled(tree: ast.Module) -> object:
    """Its bytecode, texts left out that nothing uses: docstrings. Assertions count; few run without them."""
    try:
        bare = _Bare().visit(ast.parse(ast.unparse(tree)))
        return _content(compile(bare, "<mutant>", "exec", dont_inherit=True, optimize=0))
    except (SyntaxError, ValueError, RecursionError):
        return object()


class _Bare(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        """A statement that is nothing but a text."""
        return ast.copy_location(ast.Pass(), node) if _is_string(node.value) else node


def _content(code: CodeType) -> object:
    """All of a code object that matters when it runs: not where it stands in the file."""
    constants = tuple(
        _content(each) if isinstance(each, CodeType) else (type(each), repr(each)) for each in code.co_consts
    )
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return code.co_code, constants, names, code.co_argcount, code.co_kwonlyargcount, code.co_flags


def _change(before: ast.Module, after: ast.Module) -> _Change | None:
    """Where two syntax trees begin to differ, as deep as there is one such place."""
    above: list[ast.AST] = []
    one: Any = before
    other: Any = after
    while isinstance(one, ast.AST) and type(one) is type(other):
        pairs = list(_parts(one, other))
        if pairs == [None]:
            break
        differing = [pair for pair in pairs if pair is not None and _dump(pair[0]) != _dump(pair[1])]
        if len(differing) != 1 or not isinstance(differing[0][0], ast.AST):
            break
        above.append(one)
        one, other = differing[0]
    above = [node for node in above if not isinstance(node, ast.Module)]
    return _Change(before=one, after=other, above=tuple(above)) if above else None


def _parts(one: ast.AST, other: ast.AST) -> Iterator[tuple[Any, Any] | None]:
    for name in one._fields:
        first, second = getattr(one, name, None), getattr(other, name, None)
        if isinstance(first, list) and isinstance(second, list):
            if len(first) != len(second):
                yield first, second
            else:
                yield from zip(first, second, strict=True)
        else:
            yield first, second


def _dump(value: Any) -> str:
    if isinstance(value, list):
        return repr([_dump(each) for each in value])
    return ast.dump(value) if isinstance(value, ast.AST) else f"{type(value)} {value!r}"


def _called(node: ast.AST) -> str:
    """The last part of the name of what is called."""
    function = node.func if isinstance(node, ast.Call) else None
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _owner(node: ast.AST) -> str:
    """The last part of the name of what a method is called on: "logger" of `self.logger.info()`."""
    function = node.func if isinstance(node, ast.Call) else None
    value = function.value if isinstance(function, ast.Attribute) else None
    if isinstance(value, ast.Call):  # logging.getLogger(...).info()
        return "logger" if _called(value) in {"getLogger", "get_logger"} else ""
    return value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""


def _is_in_arguments(node: ast.AST, inner: ast.AST) -> bool:
    return isinstance(node, ast.Call) and node.func is not inner


def _calls(change: _Change) -> Iterator[ast.Call]:
    """The calls in whose arguments all of the change is; the changed one itself where its arguments are changed."""
    whole = change.before
    if (
        isinstance(whole, ast.Call)
        and isinstance(change.after, ast.Call)
        and _dump(whole.func) == _dump(change.after.func)
    ):
        yield whole
    yield from (node for node, inner in change.within() if isinstance(node, ast.Call) and _is_in_arguments(node, inner))


def _logs(change: _Change) -> str:
    for call in _calls(change):
        if _called(call) in _LOGGING and _owner(call) in _LOGGERS:
            return "only what is logged is changed"
    return ""


def _warns_or_prints(change: _Change) -> str:
    for call in _calls(change):
        if _called(call) == "warn" and _owner(call) in {"warnings", ""}:
            is_place = getattr(change.above[-1], "arg", "") == "stacklevel" and not _is_none(change.after)
            return "only the text or the place of a warning is changed" if is_place or _is_text(change) else ""
    return ""


def _is_text(change: _Change) -> bool:
    """Whether a literal text has become another, or nothing."""
    return _is_string(change.before) and (_is_string(change.after) or _is_none(change.after))


def _is_string(node: Any) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_none(node: Any) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _error_message(change: _Change) -> str:
    message = _message_name(change)
    if message and _is_only_raised(message, change.function):
        return "only the message of an error is changed"
    if not _is_text(change):
        return ""
    for node, inner in change.within():
        if isinstance(node, ast.Raise) and isinstance(inner, ast.Call):
            return "only the message of an error is changed"
        if isinstance(node, ast.Assert) and inner is node.msg:
            return "only the message of an assertion is changed"
    return ""


def _message_name(change: _Change) -> str:
    """The variable whose text is changed (`message = "no"`), or put out of use (`raise ValueError(message)`)."""
    above = change.above[-1]
    if isinstance(above, ast.Assign) and _is_text(change) and isinstance(above.targets[0], ast.Name):
        return above.targets[0].id
    if isinstance(above, ast.Call) and isinstance(change.before, ast.Name) and _is_none(change.after):
        is_raised = len(change.above) > 1 and isinstance(change.above[-2], ast.Raise)
        return change.before.id if is_raised else ""
    return ""


def _is_only_raised(name: str, function: ast.AST) -> bool:
    """Whether the variable only ever holds literal texts, and is used by nothing but `raise`."""
    raised = {
        id(node)
        for each in ast.walk(function)
        if isinstance(each, ast.Raise) and isinstance(each.exc, ast.Call)
        for node in each.exc.args
    }
    uses = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
    made = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
    ]
    stores = [node for node in uses if isinstance(node.ctx, ast.Store)]
    loads = [node for node in uses if isinstance(node.ctx, ast.Load)]
    are_texts = bool(made) and len(stores) == len(made) and all(_is_string(value) for value in made)
    return are_texts and bool(loads) and all(id(node) in raised for node in loads)


def _help(change: _Change) -> str:
    """A text of a command line's help."""
    if not _is_text(change):
        return ""
    for node, inner in change.within():
        if isinstance(node, ast.keyword) and node.arg in _HELP and inner is change.before:
            call = change.above[change.above.index(node) - 1]
            return "only a text of the command line's help is changed" if _called(call) in _PARSERS else ""
    return ""


def _representation(change: _Change) -> str:
    name = getattr(change.function, "name", "")
    return f"only {name} is changed, which people read" if name in {"__repr__", "__str__"} else ""


def _typing(change: _Change) -> str:
    for node, inner in change.within():
        if isinstance(node, ast.Call) and _called(node) == "cast" and node.args and inner is node.args[0]:
            return "a cast does nothing when the program runs"
        if isinstance(node, ast.AnnAssign) and inner is node.annotation:
            return "an annotation does nothing when the program runs"
        if isinstance(node, ast.If) and _dump(node.test) in _TYPE_CHECKING:
            return "it is only there for type checkers"
    return ""


_TYPE_CHECKING = frozenset(
    _dump(ast.parse(text, mode="eval").body) for text in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
)


def _codec(change: _Change) -> str:
    if not (_is_string(change.before) and _is_string(change.after)) or isinstance(change.before, ast.JoinedStr):
        return ""
    name, other = change.before.value, getattr(change.after, "value", "")
    if isinstance(other, str) and name.lower() == other.lower() and name.lower() in _CODECS:
        return "the names of encodings have no letter case"
    return ""


def _default(change: _Change) -> str:
    """An argument is left out, or None, that has this value anyway."""
    one, other = change.before, change.after
    if not (isinstance(one, ast.Call) and isinstance(other, ast.Call)) or _dump(one.func) != _dump(other.func):
        return _none_for_none(change)
    name = _called(one)
    if len(one.args) == len(other.args) + 1 and len(one.keywords) == len(other.keywords):
        return _left_out(one, other, name)
    if len(one.keywords) == len(other.keywords) + 1 and len(one.args) == len(other.args):
        left = {each.arg for each in one.keywords} - {each.arg for each in other.keywords}
        for each in one.keywords:
            if each.arg in left and _has_default(name, each.arg or "", each.value):
                return "the argument has that value anyway"
    return ""


def _left_out(one: ast.Call, other: ast.Call, name: str) -> str:
    last = len(one.args) - 1
    dumps = [_dump(each) for each in one.args]
    if dumps[:-1] == [_dump(each) for each in other.args] and _has_default(name, last, one.args[last]):
        return "the argument has that value anyway"
    if name == "range" and len(one.args) == 2 and dumps[1:] == [_dump(each) for each in other.args]:  # noqa: PLR2004
        return "the argument has that value anyway" if _has_default(name, 0, one.args[0]) else ""
    return ""


def _has_default(name: str, place: int | str, value: ast.expr) -> bool:
    missing = object()
    default = _DEFAULTS.get((name, place), missing)
    if not isinstance(value, ast.Constant) or default is missing:
        return False
    said = value.value.lower() if isinstance(value.value, str) and name in {"encode", "decode"} else value.value
    return type(said) is type(default) and said == default


_FLAGS = frozenset({("sorted", "reverse"), ("sort", "reverse"), ("zip", "strict"), ("print", "flush")})


def _none_for_none(change: _Change) -> str:
    """`reverse=None` is as false as `reverse=False`, in functions of the language that only ask for that."""
    if not (isinstance(change.before, ast.Constant) and change.before.value is False and _is_none(change.after)):
        return ""
    for node, _ in change.within():
        if isinstance(node, ast.keyword):
            call = change.above[change.above.index(node) - 1]
            return "None is as false as False there" if (_called(call), node.arg) in _FLAGS else ""
    return ""


def _nothing_added(change: _Change) -> str:
    """`x + 0` and `x - 0`, `x << 0` and `x >> 0`."""
    one, other = change.before, change.after
    pairs = {frozenset({ast.Add, ast.Sub}), frozenset({ast.LShift, ast.RShift})}
    above = change.above[-1]
    if isinstance(one, ast.operator) and isinstance(above, ast.BinOp):
        right: Any = above.right
    elif isinstance(one, ast.operator) and isinstance(above, ast.AugAssign):
        right = above.value
    else:
        return ""
    is_zero = isinstance(right, ast.Constant) and type(right.value) is int and right.value == 0
    return (
        "nothing is added, and nothing taken away" if is_zero and frozenset({type(one), type(other)}) in pairs else ""
    )


def _leaves_a_last_loop(change: _Change) -> str:
    """`return` for `break`, where the function ends with the loop."""
    if not (isinstance(change.before, ast.Break) and isinstance(change.after, ast.Return)):
        return ""
    loop = None
    for node, inner in change.within():
        if isinstance(node, ast.Try | ast.TryStar | ast.With | ast.AsyncWith) and loop is None:
            continue
        if loop is None and isinstance(node, ast.For | ast.While | ast.AsyncFor):
            loop = node
            if node.orelse and inner in node.orelse:
                return ""
            continue
        if loop is not None and not _ends_with(node, inner):
            return ""
    return "the function ends after the loop anyway" if loop is not None else ""


def _ends_with(node: ast.AST, inner: ast.AST) -> bool:
    """Whether nothing of `node` is run after `inner`, a statement in it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.body[-1] is inner
    if isinstance(node, ast.If):
        return inner in (node.body[-1], *node.orelse[-1:])
    return isinstance(node, ast.With | ast.AsyncWith) and node.body[-1] is inner


_Rule = Callable[[_Change], str]
_SAME: tuple[_Rule, ...] = (_typing, _codec, _default, _nothing_added, _leaves_a_last_loop)
_FOR_PEOPLE: tuple[_Rule, ...] = (_logs, _warns_or_prints, _error_message, _help, _representation)
