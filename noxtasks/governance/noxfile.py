"""Adds noxtasks to a noxfile that is there, and leaves the rest of it as it is, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import libcst.matchers as m

from noxtasks.errors import ConfigurationError

_IMPORT = m.SimpleStatementLine(body=[m.ZeroOrMore(), m.Import() | m.ImportFrom(), m.ZeroOrMore()])
_IMPORTS_NOXTASKS = m.Import(
    names=[m.ZeroOrMore(), m.ImportAlias(name=m.Name("noxtasks"), asname=None), m.ZeroOrMore()]
)
_REGISTERS = m.Call(func=m.Attribute(attr=m.Name("register")) | m.Name("register"))
_RUNS_AS_SCRIPT = m.If(test=m.Comparison(left=m.Name("__name__")))


def registered(content: bytes, *, where: str = "noxfile.py") -> bytes:
    """The noxfile with `import noxtasks` and `noxtasks.register()`; as it is, where it registers already.

    The call stands at the end, so that options and sessions of the noxfile come before it, but before a block for
    running the file as a script. Raises `ConfigurationError` where the content is not Python.
    """
    try:
        module = cst.parse_module(content)
    except (cst.ParserSyntaxError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"this cannot be read as Python: {error}", where=where) from error
    imports = m.findall(module, _IMPORTS_NOXTASKS)
    from_imports = m.findall(module, m.ImportFrom(module=m.Name("noxtasks")))
    if (imports or from_imports) and m.findall(module, _REGISTERS):
        return content
    body = list(module.body)
    at = _end(body)
    body[at:at] = [_statement("noxtasks.register()", lines_before=2 if at and not _is_import(body[at - 1]) else 1)]
    if not imports:
        body.insert(_after_imports(body), _statement("import noxtasks", lines_before=0 if _last_import(body) else 1))
    return module.with_changes(body=body).bytes


def _statement(code: str, *, lines_before: int) -> cst.SimpleStatementLine:
    line = cst.ensure_type(cst.parse_statement(code), cst.SimpleStatementLine)
    return line.with_changes(leading_lines=[cst.EmptyLine(indent=False) for _ in range(lines_before)])


def _end(body: Sequence[cst.BaseStatement]) -> int:
    return len(body) - 1 if body and m.matches(body[-1], _RUNS_AS_SCRIPT) else len(body)


def _is_import(statement: cst.BaseStatement) -> bool:
    return m.matches(statement, _IMPORT)


def _last_import(body: Sequence[cst.BaseStatement]) -> int:
    """The number of statements up to the last import at the top level; 0 without any."""
    return max((place + 1 for place, statement in enumerate(body) if _is_import(statement)), default=0)


def _after_imports(body: Sequence[cst.BaseStatement]) -> int:
    docstring = m.SimpleStatementLine(body=[m.Expr(value=m.SimpleString() | m.ConcatenatedString())])
    return _last_import(body) or (1 if body and m.matches(body[0], docstring) else 0)
