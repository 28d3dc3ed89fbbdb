"""Text and its forms: encodings, line ends, times, locales."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from noxtasks.matrix.lint.model import Candidate, Kind
from noxtasks.matrix.lint.paths import is_path
from noxtasks.suite.source import Source

_ENCODING_AT = 3  # arguments of open() after the path
_OWN = re.compile(r"tmp|temp|\boutput|\bout_|\bcwd\b", re.IGNORECASE)
_TEMPORARY = frozenset({"tempfile.NamedTemporaryFile", "tempfile.TemporaryFile", "tempfile.SpooledTemporaryFile"})
_OF_KERNEL = re.compile(r"""(?:Path\()?f?['"]/(?:proc|sys|dev)/""")
_DEVICE = "os.devnull"  # has no text
_WRITES = re.compile(
    r"(?:\A|_)(?:out|\w*(?:format|writ|print|render|emit)t?er|console|stream|builder)\Z", re.IGNORECASE
)
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
    """`open(path)`, `path.read_text()`, `path.write_text(text)`: in text mode, and text that may be more than ASCII.

    A test whose file has nothing but ASCII writes nothing else, and reads it again where it has written.
    """
    if any(keyword.arg in {"encoding", None} for keyword in node.keywords) or any(
        isinstance(each, ast.Starred) for each in node.args
    ):
        return
    found = _opened(source, node)
    if found is None:
        return
    what, place, writes = found
    if source.qualified(place) == _DEVICE:
        return
    if _OF_KERNEL.match(ast.unparse(source.value(place))) or _is_held_against_a_dict(source, node):
        return
    if _is_test(source) and _is_plain(source) and (writes or _is_own(source, place) or _is_compared(source, node)):
        return
    yield Candidate(kind=Kind.ENCODING, node=node, what=what)


def _opened(source: Source, node: ast.Call) -> tuple[str, ast.expr, bool] | None:
    """What opens text without an encoding, the file, and whether it writes; None where nothing does."""
    name = source.qualified(node.func)
    match node:
        case ast.Call(args=[path, *more]) if name in {"open", "io.open"} and len(more) < _ENCODING_AT:
            mode = _mode(node, 1)
            is_text = _is_text(mode) and not (_writes(mode) and _is_unused(source, node))
            return ("open()", path, _writes(mode)) if is_text else None
        case ast.Call(func=func) if name in _TEMPORARY:
            is_text = _is_text(_mode(node, 0), default="w+b")
            return (f"{name.rpartition('.')[2]}()", func, True) if is_text else None
        case ast.Call(func=ast.Attribute(value=path, attr="open")) if is_path(source, path):
            mode = _mode(node, 0)
            return ("Path.open()", path, _writes(mode)) if _is_text(mode) else None
        case ast.Call(func=ast.Attribute(value=path, attr="read_text"), args=[]) if not node.keywords:
            is_resource = _RESOURCES.search(f"{ast.unparse(source.value(path))} {ast.unparse(path)}")
            return None if is_resource else ("read_text()", path, False)
        case ast.Call(func=ast.Attribute(value=path, attr="write_text"), args=[text]) if not _is_ascii(source, text):
            return None if _is_no_path(source, path) else ("write_text()", path, True)
    return None


def _is_no_path(source: Source, node: ast.expr) -> bool:
    """Whether a name says that it writes elsewhere, as `formatter` does, in a file that knows no pathlib."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return bool(_WRITES.search(name)) and not any(
        (isinstance(each, ast.Import) and any(alias.name == "pathlib" for alias in each.names))
        or (isinstance(each, ast.ImportFrom) and each.module == "pathlib")
        for each in source.nodes
    )


def _is_unused(source: Source, node: ast.Call) -> bool:
    """Whether nothing is written: `open(path, "w").close()`, or `with open(path, "w"): pass`."""
    above = source.parents.get(node)
    return (isinstance(above, ast.withitem) and above.optional_vars is None) or (
        isinstance(above, ast.Attribute) and above.attr == "close"
    )


def _is_test(source: Source) -> bool:
    return any(part.startswith(("test", "conftest")) or part.endswith("_test.py") for part in source.path.split("/"))


def _is_plain(source: Source) -> bool:
    """Whether no text in the file is more than ASCII."""
    texts = (node.value for node in source.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return all(text.isascii() for text in texts)


def _is_own(source: Source, path: ast.expr) -> bool:
    """Whether a file is in a temporary folder, or next to one of the test's own."""
    return bool(_OWN.search(f"{ast.unparse(path)} {ast.unparse(source.value(path))}"))


def _is_compared(source: Source, node: ast.Call) -> bool:
    """`path.read_text() == "text"`."""
    return any(isinstance(above, ast.Compare) for above in list(source.ancestors(node))[:2])


def _is_held_against_a_dict(source: Source, node: ast.Call) -> bool:
    """What gives a dict is another's `read_text()`."""
    above = source.parents.get(node)
    return isinstance(above, ast.Compare) and any(isinstance(each, ast.Dict) for each in above.comparators)


def _writes(mode: ast.expr | None) -> bool:
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and any(each in mode.value for each in "wax+")


def _mode(node: ast.Call, at: int) -> ast.expr | None:
    given = next((keyword.value for keyword in node.keywords if keyword.arg == "mode"), None)
    return given if given is not None else node.args[at] if len(node.args) > at else None


def _is_text(mode: ast.expr | None, *, default: str = "r") -> bool:
    if mode is None:
        return "b" not in default
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and "b" not in mode.value


def _is_ascii(source: Source, text: ast.expr) -> bool:  # noqa: PLR0911 - one for each form
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
        case ast.Call(func=func) if source.qualified(func) in {"json.dumps", "yaml.dump", "yaml.safe_dump"}:
            return not any(keyword.arg in {"ensure_ascii", "allow_unicode"} for keyword in text_value.keywords)
        case ast.JoinedStr(values=values):
            return all(str(each.value).isascii() for each in values if isinstance(each, ast.Constant))
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
