"""Paths: held against text, fixed, with names that Windows refuses, renamed, and removed while they are open."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise

from noxtasks.matrix.lint.guards import enclosing
from noxtasks.matrix.lint.model import Candidate, Kind
from noxtasks.suite.source import Source

_NATIVE = frozenset(
    f"os.path.{name}" for name in ("join", "abspath", "realpath", "normpath", "relpath", "dirname", "expanduser")
) | {"os.getcwd", "os.fspath", "tempfile.mkdtemp", "tempfile.gettempdir", "tempfile.mktemp"}
"""Functions whose result has the system's own separators."""

_PATHS = frozenset({"pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath"})
_PATH_FIXTURES = frozenset({"tmp_path", "tmpdir", "tmp_path_factory"})
_PATH_METHODS = frozenset(
    {"resolve", "absolute", "relative_to", "joinpath", "with_suffix", "with_name", "with_stem", "expanduser", "mktemp"}
)
_TEXT_METHODS = frozenset(
    {"endswith", "startswith", "split", "rsplit", "partition", "rpartition", "count", "index", "find"}
)
_COMPARISONS = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
_WITH_SLASH = re.compile(r"(?<![:/<])/(?!/)[\w.*-]|[\w.*-]/(?!/)")
_FIXED = re.compile(
    r"/(?:tmp|dev/(?:null|zero|stdin|stdout|stderr|u?random|tty|shm)|var/tmp|etc|proc|sys|usr|bin|opt|home)(?:/|\Z)"
)
_TOUCHES = frozenset(
    {
        *(
            f"os.{name}"
            for name in ("listdir", "scandir", "mkdir", "makedirs", "remove", "unlink", "rmdir", "chdir", "walk")
        ),
        *(f"os.{name}" for name in ("open", "stat", "rename", "replace", "utime", "truncate", "chmod")),
        *(f"shutil.{name}" for name in ("copy", "copy2", "copyfile", "copytree", "move", "rmtree")),
        *("open", "io.open", "tempfile.mkdtemp", "tempfile.mkstemp", "tempfile.TemporaryDirectory"),
        *("tempfile.NamedTemporaryFile", "sqlite3.connect"),
    }
)
_OPENS = frozenset(
    {"open", "io.open", "os.open", "os.remove", "os.unlink", "os.rename", "os.replace", "sqlite3.connect"}
) | {f"shutil.{name}" for name in ("copy", "copy2", "copyfile", "move")}
_PATH_TOUCHES = frozenset(
    {
        "open",
        "mkdir",
        "touch",
        "write_text",
        "write_bytes",
        "read_text",
        "read_bytes",
        "unlink",
        "rmdir",
        "iterdir",
        "stat",
    }
)
_REFUSED = re.compile(r'[<>:"|?*]|[ .]\Z')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.\w+)?\Z", re.IGNORECASE)
_MAKES = frozenset({"open", "mkdir", "touch", "write_text", "write_bytes"})
_TEMPORARY_NAME = re.compile(
    r"(?:\b|_)(?:tmp|temp|temporary|partial)(?:_|\b|file|name|path)|\btemp(?:File|Path)|_new\b|\bnew_(?:file|path)",
    re.IGNORECASE,
)
_OF_FOLDERS = re.compile(r"\b(?:self\.)?_?(?:tmp_?path|tmp_?dir|temp_?dir|tmp_?folder|temp_?folder)\b", re.IGNORECASE)
_TEMPORARY_END = re.compile(r"""['"][^'"]*(?:\.tmp|\.temp|\.new|\.part|\.partial|~)['"]""")
_REMOVES = frozenset({"os.remove", "os.unlink", "shutil.rmtree", "os.rename", "os.replace", "shutil.move"})


def candidates(source: Source) -> Iterator[Candidate]:
    """All that this module looks for."""
    for node in source.nodes:
        if isinstance(node, ast.Compare):
            yield from _compared(source, node)
        elif isinstance(node, ast.Call):
            yield from _taken_apart(source, node)
            yield from _fixed(source, node)
            yield from _renamed(source, node)
            yield from _badly_named(source, node)
        elif isinstance(node, ast.With | ast.AsyncWith):
            yield from _open(source, node)


def is_native(source: Source, node: ast.AST, depth: int = 3) -> bool:
    """Whether an expression is surely text with the system's own separators."""
    node = source.value(node)
    match node:
        case ast.Call(func=func, args=args):
            name = source.qualified(func)
            if name in _NATIVE:
                return (
                    name != "os.path.dirname" or depth <= 0 or is_native(source, args[0], depth - 1) if args else True
                )
            return name == "str" and len(args) == 1 and is_path(source, args[0])
        case ast.Attribute(attr="strpath"):
            return True
        case ast.Name(id="__file__"):
            return True
    return False


def is_path(source: Source, node: ast.AST, depth: int = 4) -> bool:  # noqa: PLR0911 - one for each form
    """Whether an expression is surely a path object."""
    if depth == 0:
        return False
    match node:
        case ast.Name(id=name) if name in _PATH_FIXTURES:
            return source.bound(node) in ([None], [])
    node = source.value(node)
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _PATH_METHODS:
            return is_path(source, value, depth - 1)
        case ast.Call(func=func):
            name = source.qualified(func)
            return name in _PATHS or name in {"pathlib.Path.cwd", "pathlib.Path.home"}
        case ast.BinOp(left=left, op=ast.Div()):
            return is_path(source, left, depth - 1)
        case ast.Attribute(value=value, attr="parent"):
            return is_path(source, value, depth - 1)
    return False


def _compared(source: Source, node: ast.Compare) -> Iterator[Candidate]:
    """`os.path.join("a", "b") == "a/b"`, `"a/b" in str(path)`."""
    sides = [node.left, *node.comparators]
    for (left, right), op in zip(pairwise(sides), node.ops, strict=True):
        if not isinstance(op, _COMPARISONS):
            continue
        pairs = ((left, right),) if isinstance(op, ast.In | ast.NotIn) else ((left, right), (right, left))
        for literal, path in pairs:
            if _has_slash(literal) and is_native(source, path):
                yield Candidate(kind=Kind.SEPARATOR, node=node, what=ast.unparse(path))
                break


def _taken_apart(source: Source, node: ast.Call) -> Iterator[Candidate]:
    """`str(path).split("/")`, `os.environ["PATH"].split(":")`."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=attr), args=[first, *_]) if attr in _TEXT_METHODS:
            literals = first.elts if isinstance(first, ast.Tuple) else [first]
            if any(_has_slash(each) or _is(each, "/") for each in literals) and is_native(source, value):
                yield Candidate(kind=Kind.SEPARATOR, node=node, what=f"{ast.unparse(value)}.{attr}()")
            elif (
                attr.endswith("split")
                and _is(first, ":")
                and "PATH" in ast.unparse(value)
                and "environ" in ast.unparse(value)
            ):
                yield Candidate(kind=Kind.SEPARATOR, node=node, what=f"{ast.unparse(value)}.{attr}(':')")


def _has_slash(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_WITH_SLASH.search(node.value))


def _is(node: ast.AST, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _fixed(source: Source, node: ast.Call) -> Iterator[Candidate]:
    """`open("/tmp/x", "w")`, `Path("/tmp/x").mkdir()`, `subprocess.run(..., cwd="/tmp")`."""
    given: list[ast.AST] = []
    if source.qualified(node.func) in _TOUCHES:
        given += node.args[:2]
        given += [keyword.value for keyword in node.keywords if keyword.arg in {"dir", "path", "src", "dst", "file"}]
    match node.func:
        case ast.Attribute(value=ast.Call(func=func, args=[first, *_]), attr=attr) if attr in _PATH_TOUCHES:
            if source.qualified(func) in _PATHS:
                given.append(first)
    if source.qualified(node.func).startswith("subprocess."):
        given += [keyword.value for keyword in node.keywords if keyword.arg == "cwd"]
    for each in given:
        value = source.value(each)
        if isinstance(value, ast.JoinedStr) and value.values:
            value = value.values[0]
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and _FIXED.match(value.value):
            yield Candidate(kind=Kind.FIXED_PATH, node=node, what=repr(value.value))
            return


def _renamed(source: Source, node: ast.Call) -> Iterator[Candidate]:
    """`os.rename(path + ".tmp", path)`: what is done to replace a file at once."""
    match node:
        case ast.Call(args=[first, second]) if source.qualified(node.func) == "os.rename":
            pass
        case ast.Call(func=ast.Attribute(value=first, attr="rename"), args=[second]) if is_path(source, first):
            pass
        case _:
            return
    name, target = (_OF_FOLDERS.sub("", ast.unparse(each)) for each in (first, second))
    value = ast.unparse(source.value(first))
    is_temporary = _TEMPORARY_NAME.search(name) or _TEMPORARY_END.search(value)
    if is_temporary and not _TEMPORARY_NAME.search(target):
        yield Candidate(kind=Kind.RENAME, node=node, what=ast.unparse(node.func))


def _badly_named(source: Source, node: ast.Call) -> Iterator[Candidate]:
    """`(tmp_path / "a:b").write_text(...)`, `open(os.path.join(folder, "a?b"), "w")`."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _MAKES and is_path(source, value):
            made = source.value(value)
            parts = [made.right] if isinstance(made, ast.BinOp) else []
        case ast.Call(func=ast.Name(id="open"), args=[first, mode, *_]) if _writes(mode):
            made = source.value(first)
            is_join = isinstance(made, ast.Call) and source.qualified(made.func) == "os.path.join"
            parts = list(made.args[1:]) if isinstance(made, ast.Call) and is_join else []
        case _:
            return
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            names = [name for name in part.value.split("/") if name not in {"", ".", ".."}]
            if any(_REFUSED.search(name) or _RESERVED.match(name) for name in names):
                yield Candidate(kind=Kind.FILE_NAME, node=node, what=repr(part.value))


def _writes(mode: ast.AST) -> bool:
    return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and any(each in mode.value for each in "wax")


def _open(source: Source, node: ast.With | ast.AsyncWith) -> Iterator[Candidate]:
    """What is removed, moved or opened again within the `with` that has it open."""
    for item in node.items:
        match item.context_expr, item.optional_vars:
            case ast.Call(func=func) as call, ast.Name(id=name) if (
                source.qualified(func) == "tempfile.NamedTemporaryFile"
            ):
                if not any(
                    keyword.arg in {"delete", "delete_on_close"} or keyword.arg is None for keyword in call.keywords
                ):
                    yield from _opened_again(source, node, name)
            case ast.Call(func=ast.Name(id="open"), args=[path, *_]), _:
                yield from _removed(source, node, path)
            case ast.Call(func=ast.Attribute(value=path, attr="open")), _ if is_path(source, path):
                yield from _removed(source, node, path)


def _opened_again(source: Source, node: ast.With | ast.AsyncWith, name: str) -> Iterator[Candidate]:
    """A NamedTemporaryFile whose name is opened while it is itself: `open(f.name)`, `Path(f.name).read_text()`."""
    for below in (inner for statement in node.body for inner in ast.walk(statement)):
        match below:
            case ast.Call(func=func, args=[ast.Attribute(value=ast.Name(id=found), attr="name"), *_]) if found == name:
                if source.qualified(func) in _OPENS or _touches_path(source, below):
                    yield Candidate(kind=Kind.OPEN_FILE, node=below, what=f"{ast.unparse(func)}({name}.name)")
                    return


def _touches_path(source: Source, made: ast.Call) -> bool:
    """`Path(f.name).read_text()`."""
    above = source.parents.get(made)
    is_touched = isinstance(above, ast.Attribute) and above.attr in _PATH_TOUCHES
    return is_touched and source.qualified(made.func) in _PATHS


def _removed(source: Source, node: ast.With | ast.AsyncWith, path: ast.expr) -> Iterator[Candidate]:
    written = ast.unparse(path)
    for below in (inner for statement in node.body for inner in ast.walk(statement)):
        match below:
            case ast.Call(func=func, args=[first, *_]) if source.qualified(func) in _REMOVES:
                if ast.unparse(first) == written and enclosing(source, below) is enclosing(source, node):
                    yield Candidate(kind=Kind.OPEN_FILE, node=below, what=f"{ast.unparse(func)}({written})")
            case ast.Call(func=ast.Attribute(value=value, attr="unlink" | "rename" | "replace")):
                if ast.unparse(value) == written and is_path(source, value):
                    yield Candidate(kind=Kind.OPEN_FILE, node=below, what=ast.unparse(below.func))
