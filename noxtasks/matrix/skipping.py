"""Whether a test was skipped because of the platform, by the reason that it gives, or by the condition in its file.

A reason that names a system, an interpreter or a version is enough. Where it names none ("not here"), the file is
read: `skipif`, `skipIf`, `skipUnless`, and `if CONDITION: pytest.skip(REASON)`, with the same reason and a condition
that asks for the platform.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_WORDS = re.compile(
    r"\b(?:windows|win32|win64|win|linux|mac|macos|mac ?os(?: ?x)?|osx|os ?x|darwin|posix|unix|unices|\w*bsd|cygwin"
    r"|msys2?|mingw|android|ios|wsl|solaris|aix|emscripten|wasm|musl|glibc"
    r"|platforms?|operating systems?|sys\.platform|os\.name|fork|forks|epoll|kqueue|inotify|fcntl|procfs|af_unix"
    r"|unix[ -]sockets?|case[- ](?:in)?sensitive|(?:32|64)[- ]?bit|x86(?:_64)?|amd64|arm64|aarch64|big[- ]endian"
    r"|cpython|pypy|graalpy|jython|free[- ]?thread(?:ed|ing)|gil|py(?:thon)? ?[23](?:\.?\d+)?\+?|python ?[<>=]+ ?\d"
    r"|python versions?|sys\.version_info|version_info)\b",
    re.IGNORECASE,
)
_CONDITIONS = re.compile(
    r"sys\.platform|os\.name\b|os\.sep\b|platform\.\w+\(|sys\.version_info|sys\.implementation|sys\.maxsize"
    r"|hasattr\((?:os|signal|socket|select|time|sys)\b|(?i:\b_?(?:is_?|on_?|has_?)?(?:windows|win(?:32)?|linux|mac(?:os)?"
    r"|osx|darwin|posix|pypy|cpython|py3\d*)\b)"
)
_SKIPS = frozenset({"skip", "skipTest", "SkipTest", "skipif", "skipIf", "skipUnless"})
_LARGEST_FILE = 4 << 20  # bytes


def is_named(reason: str) -> bool:
    """Whether the reason names the platform."""
    return bool(_WORDS.search(reason))


class Conditions:
    """What the files below a folder ask for before they skip."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._reasons: dict[str, frozenset[str]] = {}

    def are_of_platform(self, path: str, reason: str) -> bool:
        """Whether a test of the file at `path`, skipped for `reason`, was skipped because of the platform."""
        if is_named(reason):
            return True
        if path not in self._reasons:
            self._reasons[path] = frozenset(_reasons_by_platform(self._root / path))
        return reason in self._reasons[path]


def _reasons_by_platform(path: Path) -> Iterator[str]:
    """The reasons for which a file skips because of the platform; none where it cannot be read."""
    try:
        if path.suffix != ".py" or path.stat().st_size > _LARGEST_FILE:
            return
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    names = dict(_assigned(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=func, args=[condition, *_]) if _name(func) in _SKIPS - {"skip", "skipTest", "SkipTest"}:
                if _asks(condition, names):
                    yield from _texts(node)
            case ast.If(test=condition) if _asks(condition, names):
                for inner in (below for statement in node.body for below in ast.walk(statement)):
                    if isinstance(inner, ast.Call) and _name(inner.func) in _SKIPS:
                        yield from _texts(inner)


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _asks(condition: ast.expr, names: dict[str, ast.expr]) -> bool:
    """Whether a condition, with the names in it followed once, asks for the platform."""
    written = [
        condition,
        *(names[each.id] for each in ast.walk(condition) if isinstance(each, ast.Name) and each.id in names),
    ]
    return any(_CONDITIONS.search(ast.unparse(each)) for each in written)


def _texts(call: ast.Call) -> Iterator[str]:
    for value in (*call.args, *(keyword.value for keyword in call.keywords)):
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
