"""Whether a place is guarded: it is not reached on systems where it would break, or what it raises there is caught."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from noxtasks.suite.source import Function, Source

_SYSTEMS = (
    r"windows|win32|win64|linux|macos|osx|darwin|posix|unix|freebsd|cygwin|solaris|sunos"
    r"|(?:is|on|not|no|non|if|in|os|only)_?(?:win|mac|nt)"
)
_ASKS = re.compile(
    r"\bsys\.platform|\bos\.name\b|\bplatform\.(?:system|platform|machine|uname|win32_ver|mac_ver)\b|\bsys_platform\b"
    r"|\bTYPE_CHECKING\b"
    r"|\bhasattr\(|\bsys\.getwindowsversion|\bshutil\.which|\bos\.path\.exists|\.exists\(\)|\bos\.sep\b|\bos\.path\.sep\b"
    r"|\bimportlib\.util\.find_spec|\bHAS_?\w+|\bCAN_?\w+|\bhas_\w+|\bsupports_\w+"
)
_NAMED = re.compile(rf"(?:\A|_|\b|non|not|is|on)(?:{_SYSTEMS})(?:\Z|_|\d|\b)", re.IGNORECASE)
_CAMEL = re.compile(r"(?:Windows|Win32|Linux|MacOS|Darwin|Posix|POSIX|Unix|Nt)(?=[A-Z_\d]|\Z)")
_CAUGHT = frozenset(
    {
        *("ImportError", "ModuleNotFoundError", "AttributeError", "OSError", "IOError", "NotImplementedError"),
        *("FileNotFoundError", "PermissionError", "ValueError", "Exception", "BaseException", "Error", "LocaleError"),
        *("SkipTest",),
    }
)
_LACKS = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError"})
_LEAVES = re.compile(r"(?:\w+\.)*(?:skip|skipTest|SkipTest|exit|_exit|fail|xfail|importorskip)\Z")
_DECORATES = re.compile(
    r"skip|xfail|require|need|only|unless|if_|platform|not_on|unix|posix|windows|linux|mac", re.IGNORECASE
)


def says_its_system(name: str) -> bool:
    """Whether a name of a file, a class, a function or a constant says for which system it is."""
    return bool(_NAMED.search(name) or _CAMEL.search(name))


class Guards:
    """The guards of one file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._is_whole = any(says_its_system(PurePosixPath(part).stem) for part in PurePosixPath(source.path).parts)
        self._conditions: dict[ast.AST, bool] = {}
        self._is_marked = self._has_mark()

    def is_guarded(self, node: ast.AST, *, raises: bool) -> bool:
        """Whether a system on which `node` would break does not come to it, or catches it where it `raises` there."""
        if self._is_whole or self._is_marked:
            return True
        below: ast.AST = node
        for above in self._source.ancestors(node):
            if self._guards(above, below) or self._leaves_before(above, below):
                return True
            if raises and _is_caught(above, below):
                return True
            below = above
        return False

    def _guards(self, above: ast.AST, below: ast.AST) -> bool:
        match above:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                return below is not test and self.asks(test)
            case ast.BoolOp(values=values):
                before = values[: values.index(below)] if isinstance(below, ast.expr) else []
                return any(self.asks(value) for value in before)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return says_its_system(above.name) or any(self._decorates(each) for each in above.decorator_list)
            case ast.comprehension(ifs=ifs):
                return any(self.asks(each) for each in ifs)
        return False

    def asks(self, condition: ast.expr) -> bool:
        """Whether a condition asks for the system, or for what it has; names in it are followed once."""
        if condition not in self._conditions:
            self._conditions[condition] = self._asks(condition)
        return self._conditions[condition]

    def _asks(self, condition: ast.expr) -> bool:
        for node in ast.walk(condition):
            if isinstance(node, ast.Name | ast.Attribute):
                name = node.id if isinstance(node, ast.Name) else node.attr
                if says_its_system(name):
                    return True
                if isinstance(node, ast.Name):
                    value = self._source.value(node)
                    if value is not node and _ASKS.search(ast.unparse(value)):
                        return True
        return bool(_ASKS.search(ast.unparse(condition)))

    def _leaves_before(self, above: ast.AST, below: ast.AST) -> bool:
        """Whether a statement before this one, in the same block, leaves it on some systems."""
        for block in _blocks(above):
            if below in block:
                return any(self._may_leave(each) for each in block[: block.index(below)])
        return False

    def _may_leave(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                return self.asks(test) and (_ends(body) or _ends(orelse))
            case ast.Expr(value=ast.Call(func=func)) | ast.Assign(value=ast.Call(func=func)):
                name = self._source.written(func)
                return name.endswith("importorskip") or bool(re.search(r"skip_?(?:if|unless|on)|require", name))
            case ast.Assert(test=test):
                return self.asks(test)
            case ast.Try(body=body, handlers=handlers):
                return any(_ends(handler.body) and _catches(handler.type) for handler in handlers)
        return False

    def _decorates(self, decorator: ast.expr) -> bool:
        text = ast.unparse(decorator)
        if not _DECORATES.search(text):
            return False
        if isinstance(decorator, ast.Call):
            return (
                any(self.asks(each) for each in decorator.args)
                or any(self.asks(each.value) for each in decorator.keywords)
                or any(says_its_system(part) for part in re.findall(r"\w+", text))
            )
        return True  # a mark of the project's own: @needs_fork, @skip_on_windows, @unix_only

    def _has_mark(self) -> bool:
        for statement in self._source.tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id="pytestmark")], value=value):
                    marks = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                    if any(isinstance(mark, ast.Call) and self._decorates(mark) for mark in marks):
                        return True
        return False


def _is_caught(above: ast.AST, below: ast.AST) -> bool:
    """Whether what `below` raises goes no further than `above`, or it is there for where something else is missing."""
    match above:
        case ast.ExceptHandler(type=kind, body=body) if kind is not None and _LACKS & _names(kind):
            return below in body
        case ast.Try(body=body, handlers=handlers):
            return below in body and any(_catches(each.type) and not _raises(each.body) for each in handlers)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            within = items[: items.index(below)] if isinstance(below, ast.withitem) else items
            return any(_expects(item.context_expr) for item in within)
    return False


def _raises(block: list[ast.stmt]) -> bool:
    """Whether a handler ends with what it has caught."""
    return isinstance(block[-1], ast.Raise) and block[-1].exc is None


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block


def _ends(block: Iterable[ast.stmt]) -> bool:
    """Whether a block leaves what it stands in: by return, raise, or a skip."""
    for statement in block:
        match statement:
            case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
                return True
            case ast.Expr(value=ast.Call(func=func)) if _LEAVES.match(ast.unparse(func)):
                return True
    return False


def _catches(kind: ast.expr | None) -> bool:
    return kind is None or bool(_CAUGHT & _names(kind))


def _names(kind: ast.expr) -> set[str]:
    """The names of the exceptions that a handler is for."""
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return {ast.unparse(each).rpartition(".")[2] for each in kinds}


def _expects(context: ast.expr) -> bool:
    """`contextlib.suppress(...)`, or `pytest.raises(...)`."""
    return isinstance(context, ast.Call) and ast.unparse(context.func).rpartition(".")[2] in {"suppress", "raises"}


def enclosing(source: Source, node: ast.AST) -> Function | None:
    """The innermost function that `node` stands in."""
    return next(
        (above for above in source.ancestors(node) if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef)), None
    )
