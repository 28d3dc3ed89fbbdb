"""Text and its forms: encodings, line ends, times, locales."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from noxtasks.matrix.lint.model import Candidate, Kind
from noxtasks.matrix.lint.paths import is_path
from noxtasks.suite.source import Source

_MODE_AT = 1
_TEMPORARY = frozenset({"tempfile.NamedTemporaryFile", "tempfile.TemporaryFile", "tempfile.SpooledTemporaryFile"})
_OUTPUTS = frozenset({"stdout", "stderr"})
_CODES = re.compile(r"%(?:[-_^][A-Za-z]|#[A-Za-z]|[sPkl])")
_LOCALE = re.compile(r"[a-z]{2,3}_[A-Z]{2}(?:\.[\w-]+)?(?:@\w+)?\Z|[A-Z][a-z]+(?:_[A-Z][A-Za-z ]+)\.\d+\Z")
_RESOURCES = re.compile(r"\bfiles\(|importlib|resources|zipfile|Traversable|contents\(\)")


def candidates(source: Source) -> Iterator[Candidate]:
    """All that this module looks for."""
    for node in source.nodes:
        if isinstance(node, ast.Call):
            yield from _without_encoding(source, node)
            yield from _formatted(source, node)
            yield from _of_locale(source, node)
        elif isinstance(node, ast.FormattedValue):
            yield from _specified(node)
        elif isinstance(node, ast.Compare):
            yield from _line_ends(source, node)


def _without_encoding(source: Source, node: ast.Call) -> Iterator[Candidate]:
    """`open(path)`, `path.read_text()`, `path.write_text(text)`: in text mode, and text that may be more than ASCII."""
    if any(keyword.arg in {"encoding", None} for keyword in node.keywords) or any(
        isinstance(each, ast.Starred) for each in node.args
    ):
        return
    name = source.qualified(node.func)
    match node:
        case ast.Call(args=args) if name in {"open", "io.open"} and len(args) <= 3:  # noqa: PLR2004 - the encoding is fourth
            if args and _is_text(_mode(node, _MODE_AT)):
                yield Candidate(kind=Kind.ENCODING, node=node, what="open()")
        case ast.Call(args=args) if name in _TEMPORARY and _is_text(_mode(node, 0), default="w+b"):
            yield Candidate(kind=Kind.ENCODING, node=node, what=f"{name.rpartition('.')[2]}()")
        case ast.Call(func=ast.Attribute(value=value, attr="open")) if is_path(source, value):
            if _is_text(_mode(node, 0)):
                yield Candidate(kind=Kind.ENCODING, node=node, what="Path.open()")
        case ast.Call(func=ast.Attribute(value=value, attr="read_text"), args=[]) if not node.keywords:
            if not _RESOURCES.search(ast.unparse(source.value(value))) and not _RESOURCES.search(ast.unparse(value)):
                yield Candidate(kind=Kind.ENCODING, node=node, what="read_text()")
        case ast.Call(func=ast.Attribute(attr="write_text"), args=[text]) if not _is_ascii(source, text):
            yield Candidate(kind=Kind.ENCODING, node=node, what="write_text()")


def _mode(node: ast.Call, at: int) -> ast.expr | None:
    given = next((keyword.value for keyword in node.keywords if keyword.arg == "mode"), None)
    return given if given is not None else node.args[at] if len(node.args) > at else None


def _is_text(mode: ast.expr | None, *, default: str = "r") -> bool:
    if mode is None:
        return "b" not in default
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and "b" not in mode.value


def _is_ascii(source: Source, text: ast.expr) -> bool:
    """Whether a text is surely ASCII: a literal, or a literal with the margin taken off."""
    text_value = source.value(text)
    match text_value:
        case ast.Constant(value=str(value)):
            return value.isascii()
        case ast.Call(func=ast.Attribute(value=inner, attr="strip" | "lstrip" | "rstrip" | "format"), args=[]):
            return _is_ascii(source, inner)
        case ast.Call(func=func, args=[inner]) if source.qualified(func) in {"textwrap.dedent", "inspect.cleandoc"}:
            return _is_ascii(source, inner)
        case ast.BinOp(left=left, op=ast.Add() | ast.Mult(), right=right):
            return all(_is_ascii(source, each) or isinstance(each, ast.Constant) for each in (left, right))
        case ast.Call(func=func) if source.qualified(func) == "json.dumps":
            return not any(keyword.arg == "ensure_ascii" for keyword in text_value.keywords)
    return False


def _formatted(source: Source, node: ast.Call) -> Iterator[Candidate]:
    """`moment.strftime("%-d")`."""
    match node.func:
        case ast.Attribute(attr="strftime"):
            for each in node.args:
                value = source.value(each)
                if (
                    isinstance(value, ast.Constant)
                    and isinstance(value.value, str)
                    and (code := _CODES.search(_plain(value.value)))
                ):
                    yield Candidate(kind=Kind.STRFTIME, node=node, what=code[0])


def _specified(node: ast.FormattedValue) -> Iterator[Candidate]:
    """`f"{moment:%-d}"`."""
    if isinstance(node.format_spec, ast.JoinedStr):
        text = "".join(str(each.value) for each in node.format_spec.values if isinstance(each, ast.Constant))
        if "%" in text and (code := re.search(r"%[-#][A-Za-z]", _plain(text))):
            yield Candidate(kind=Kind.STRFTIME, node=node, what=code[0])


def _plain(text: str) -> str:
    return text.replace("%%", "")


def _of_locale(source: Source, node: ast.Call) -> Iterator[Candidate]:
    """`locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")`."""
    match node:
        case ast.Call(args=[_, given]) if source.qualified(node.func) == "locale.setlocale":
            value = source.value(given)
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and _LOCALE.match(value.value):
                yield Candidate(kind=Kind.LOCALE, node=node, what=repr(value.value))


def _line_ends(source: Source, node: ast.Compare) -> Iterator[Candidate]:
    r"""`subprocess.check_output(...) == b"text\n"`."""
    if len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return
    for literal, output in ((node.left, node.comparators[0]), (node.comparators[0], node.left)):
        if not (isinstance(literal, ast.Constant) and isinstance(literal.value, bytes)):
            continue
        if b"\n" in literal.value and b"\r\n" not in literal.value and _is_output(source, output):
            yield Candidate(kind=Kind.NEWLINE, node=node, what=ast.unparse(output))
            return


def _is_output(source: Source, node: ast.AST) -> bool:
    node = source.value(node)
    match node:
        case ast.Call(func=func):
            return source.qualified(func) == "subprocess.check_output"
        case ast.Attribute(value=value, attr=attr) if attr in _OUTPUTS:
            made = source.value(value)
            return isinstance(made, ast.Call) and source.qualified(made.func) == "subprocess.run"
    return False
