"""Node ids from the names in a JUnit file.

pytest writes `pkg/sub/test_a.py::TestC::test_p[a/b]` as classname `pkg.sub.test_a.TestC` and name `test_p[a/b]`. Where
the path ends and the classes begin is lost, unless the `file` attribute (xunit1 only) tells it. The surest way first:

1. the `file` attribute, where it agrees with the classname (not for a test inherited from another module);
2. a file of the project, the longest path that exists;
3. a test that the history knows, when exactly one has such a name;
4. a guess by pytest's own naming rules: the last part named `test_*` or `*_test` is the module, or else what stands
   before the parts that begin with a capital letter. A classname that fits none of these is kept as it is.

What cannot be told: folders with a dot in their name (without 1 or 3), two tests that differ only in where a dot or a
slash stands, and characters that XML cannot hold, which pytest has replaced by `#x1B` and the like.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_MODULE = re.compile(r"test_.+|.+_test")
_CLASS = re.compile(r"_*[A-Z]")
_TEXT_PARTS = 2  # "doc.txt" is two parts of a classname


class NodeIds:
    """Rebuilds node ids for one project: `known` are those of its history, `is_file` tells what paths exist in it."""

    def __init__(self, known: Iterable[str], is_file: Callable[[str], bool]) -> None:
        self._is_file = is_file
        self._known: dict[tuple[str, str], set[str]] = defaultdict(set)
        for nodeid in known:
            self._known[_mangled(nodeid)].add(nodeid)
        self._splits: dict[str, tuple[str, tuple[str, ...]] | None] = {}

    def rebuilt(self, classname: str, name: str, file: str | None = None) -> str:
        """Return the node id of a test case; `classname` is not empty."""
        if file and (classes := _below(file.replace("\\", "/"), classname)) is not None:
            return "::".join([file.replace("\\", "/"), *classes, name])
        if classname not in self._splits:
            self._splits[classname] = self._existing(classname)
        split = self._splits[classname]
        known = self._known.get((classname, name), set())
        if split is None and len(known) == 1:
            return next(iter(known))
        path, classes = split or _guessed(classname, name)
        return "::".join([path, *classes, name])

    def module(self, dotted: str) -> str:
        """Return the path of a module that has no outcome of any test."""
        if dotted not in self._splits:
            self._splits[dotted] = self._existing(dotted)
        path, classes = self._splits[dotted] or (dotted.replace(".", "/") + ".py", ())
        return path if not classes else dotted

    def _existing(self, classname: str) -> tuple[str, tuple[str, ...]] | None:
        parts = classname.split(".")
        for end in range(len(parts), 1, -1):
            stem = "/".join(parts[: end - 1])
            for path in ("/".join(parts[:end]) + ".py", f"{stem}.{parts[end - 1]}"):
                if self._is_file(path):
                    return path, tuple(parts[end:])
        single = f"{parts[0]}.py"
        return (single, tuple(parts[1:])) if self._is_file(single) else None


def _mangled(nodeid: str) -> tuple[str, str]:
    """Return classname and name as pytest's junitxml plugin makes them from a node id (`mangle_test_address`)."""
    path, bracket, parameters = nodeid.partition("[")
    names = path.split("::")
    names[0] = names[0].replace("/", ".").removesuffix(".py")
    names[-1] += bracket + parameters
    return ".".join(names[:-1]), names[-1]


def _below(file: str, classname: str) -> Sequence[str] | None:
    """Return the classes between a file and a test; None where the file does not lead the classname."""
    dotted = file.removesuffix(".py").replace("/", ".")
    if classname == dotted:
        return ()
    if classname.startswith(dotted + "."):
        return classname[len(dotted) + 1 :].split(".")
    return None


def _guessed(classname: str, name: str) -> tuple[str, tuple[str, ...]]:
    parts = classname.split(".")
    if len(parts) >= _TEXT_PARTS and name == ".".join(parts[-_TEXT_PARTS:]):  # a doctest in a text file
        return "/".join([*parts[:-_TEXT_PARTS], name]), ()
    modules = [at for at, part in enumerate(parts) if _MODULE.fullmatch(part)]
    if modules:
        end = modules[-1] + 1
    else:
        end = len(parts)
        while end > 0 and _CLASS.match(parts[end - 1]):
            end -= 1
    if end == 0 or not all(part.isidentifier() for part in parts[:end]):
        return classname, ()
    return "/".join(parts[:end]) + ".py", tuple(parts[end:])
