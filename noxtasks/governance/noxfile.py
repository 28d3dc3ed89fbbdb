"""Adds noxtasks to a noxfile that is there, and leaves the rest of it as it is."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Sequence

import libcst as cst
import libcst.matchers as m

from noxtasks.errors import ConfigurationError

NAME = "noxfile.py"

_PREFIX = "qa-"  # of our sessions, where the noxfile has one of such a name
_NEW = """import noxtasks

noxtasks.register()
"""

_IMPORT = m.SimpleStatementLine(body=[m.ZeroOrMore(), m.Import() | m.ImportFrom(), m.ZeroOrMore()])
_OURS = m.Import(names=[m.ZeroOrMore(), m.ImportAlias(name=m.Name("noxtasks"), asname=None), m.ZeroOrMore()])
_FROM_OURS = m.ImportFrom(module=m.Name("noxtasks"))
_DOCSTRING = m.SimpleStatementLine(body=[m.Expr(value=m.SimpleString() | m.ConcatenatedString())])
_REGISTERS = m.Call(func=m.Attribute(attr=m.Name("register")) | m.Name("register"))
_PREFIXED = m.Arg(keyword=m.Name("prefix"), value=m.SimpleString())
_SESSION = m.Attribute(attr=m.Name("session")) | m.Name("session")
_NAMED = m.Arg(keyword=m.Name("name"), value=m.SimpleString())
_RUNS_AS_SCRIPT = m.If(test=m.Comparison(left=m.Name("__name__")))


def registered(present: str | None, names: Collection[str] = ()) -> str:
    """A noxfile that registers the sessions; as it is, where it does so already.

    The call stands at the end, so that the noxfile's own options and sessions come before it and are respected, but
    before a block for running the file as a script. Where it has a session of one of our `names`, all of ours have a
    prefix. Raises `ConfigurationError` where `present` is not Python.
    """
    if present is None or not present.strip():
        return _NEW
    module = _parsed(present)
    imports = m.findall(module, _OURS)
    if (imports or m.findall(module, _FROM_OURS)) and m.findall(module, _REGISTERS):
        return present
    body = list(module.body)
    at = len(body) - 1 if m.matches(body[-1], _RUNS_AS_SCRIPT) else len(body)
    after_code = at > _after_imports(body)
    call = f'noxtasks.register(prefix="{_PREFIX}")' if _sessions(module) & set(names) else "noxtasks.register()"
    body[at:at] = [_statement(call, blank_lines=2 if after_code else 1)]
    if not imports:
        place = _after_imports(body)
        body.insert(
            place, _statement("import noxtasks", blank_lines=1 if place and not _is_import(body[place - 1]) else 0)
        )
    return module.with_changes(body=body).code


def prefix(registered: str) -> str:
    """What the names of our sessions begin with in a noxfile that registers them."""
    for call in m.findall(_parsed(registered), _REGISTERS):
        for argument in cst.ensure_type(call, cst.Call).args:
            if m.matches(argument, _PREFIXED):
                return str(cst.ensure_type(argument.value, cst.SimpleString).evaluated_value)
    return ""


def sessions(present: str, ours: Collection[str]) -> tuple[str, ...]:
    """The names of all sessions of a noxfile: its own, and `ours` with their prefix, where it registers them.

    Raises `ConfigurationError` where it is not Python.
    """
    own = _sessions(_parsed(present))
    return (*sorted(own), *(f"{before}{name}" for before in [prefix(present)] if before for name in ours))


def _parsed(text: str) -> cst.Module:
    """The module, where Python itself can parse it: libcst ends the process where code is nested very deeply."""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(text)
        return cst.parse_module(text)
    except (RecursionError, MemoryError):
        raise ConfigurationError("it is nested too deeply", where=NAME, remedy="Mend it first.") from None
    except (SyntaxError, ValueError) as error:
        line = f"line {error.lineno}: {error.msg}" if isinstance(error, SyntaxError) else str(error)
        raise ConfigurationError(f"it is not Python: {line}", where=NAME, remedy="Mend it first.") from error
    except cst.ParserSyntaxError as error:
        raise ConfigurationError(
            f"it is not Python: line {error.raw_line}: {error.message}", where=NAME, remedy="Mend it first."
        ) from error


def _sessions(module: cst.Module) -> set[str]:
    """The names of the noxfile's own sessions."""
    found: set[str] = set()
    for node in m.findall(module, m.FunctionDef()):
        function = cst.ensure_type(node, cst.FunctionDef)
        for each in function.decorators:
            if m.matches(each.decorator, _SESSION):
                found.add(function.name.value)
            elif isinstance(each.decorator, cst.Call) and m.matches(each.decorator.func, _SESSION):
                said = [argument.value for argument in each.decorator.args if m.matches(argument, _NAMED)]
                names = [str(value.evaluated_value) for value in said if isinstance(value, cst.SimpleString)]
                found.update(names or [function.name.value])
    return found


def _statement(code: str, *, blank_lines: int) -> cst.SimpleStatementLine:
    line = cst.ensure_type(cst.parse_statement(code), cst.SimpleStatementLine)
    return line.with_changes(leading_lines=[cst.EmptyLine(indent=False) for _ in range(blank_lines)])


def _is_import(statement: cst.CSTNode) -> bool:
    return m.matches(statement, _IMPORT)


def _after_imports(body: Sequence[cst.CSTNode]) -> int:
    """The place after the last import at the top level; without any, the place after the docstring."""
    last = max((place for place, statement in enumerate(body) if _is_import(statement)), default=-1)
    return last + 1 if last >= 0 else int(m.matches(body[0], _DOCSTRING))
