"""The story: look into the files that may say something of markers, follow what they say, and put it together."""

from __future__ import annotations

import gc
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from noxtasks.markers.model import BUILTIN, Reference, Use
from noxtasks.markers.python.aliases import Aliases
from noxtasks.markers.python.computed import computed
from noxtasks.markers.python.found import Found
from noxtasks.markers.python.marks import marks, renamed
from noxtasks.markers.python.model import Place, PythonReading
from noxtasks.markers.python.names import words
from noxtasks.markers.python.project import Project
from noxtasks.markers.python.prose import prose, unreadable
from noxtasks.markers.python.readers import readers
from noxtasks.markers.python.registrations import registrations
from noxtasks.markers.python.selectors import selectors
from noxtasks.markers.python.shared import shared
from noxtasks.markers.python.source import decoded, names
from noxtasks.markers.python.syntax import Module, line_of
from noxtasks.markers.python.texts import Texts

# a file without any of this says nothing of markers of the project's own
_TELLING = re.compile(
    rb"\bmark\.(?!(?:%s)\b)\w|\bmark\b(?!\.)|MARK_GEN|\bMark\b|MarkDecorator|[a-z_]marker|markexpr|own_markers"
    rb"|keywords|extra_keyword|addinivalue|\binicache|pytestmark|[\"' ]-[mk]|\bgetattr\(\w+\.(?:function|obj|cls)\b"
    rb"|^\s*(?:async )?def pytest_|\b(?:eval|exec)\(|hasattr\(\w+\.(?:function|obj|cls)\b"
    % b"|".join(each.encode() for each in sorted(BUILTIN)),
    re.MULTILINE,
)


def read(files: Mapping[str, bytes], *, folders: Collection[str] = ()) -> PythonReading:
    """What the files say of markers.

    `files`: every Python file by its path from the root, with slashes. `folders`: the paths of the project's folders,
    for names that code takes from them.
    """
    with _without_collector():
        return _read(files, folders)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Syntax trees are many small objects that all stay: looking through them for garbage takes as long as parsing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(files: Mapping[str, bytes], folders: Collection[str]) -> PythonReading:
    project = Project(files)
    texts = Texts(project, folders)
    found = Found()
    aliases = Aliases(project)
    registered: set[tuple[str, int, str]] = set()
    waiting = [path for path in files if _TELLING.search(files[path])]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        module = project.module(path)
        if module is not None:
            try:
                registered |= registrations(module, texts, found)
                _look(module, texts, aliases, found)
                for name in renamed(module, texts.flow):
                    waiting.extend(set(project.paths_with(name)) - seen)
                    seen.update(waiting)
            except RecursionError:  # nested beyond what anybody writes: as good as not parsed
                project.unread.add(path)
        _prose(path, module, found, project)
    shared(registered, project, aliases, found)
    for path in project.unread:
        unreadable(path, decoded(files[path]), found)
    strings = _strings(files, registered, found)
    return PythonReading(
        references=tuple(sorted(found.references, key=_order)),
        registrations=tuple(sorted(found.registrations)),
        selectors=tuple(sorted(found.selectors)),
        sites=tuple(sorted(found.sites, key=lambda each: (each.path, each.line, each.how))),
        strings=strings,
        unread=tuple(sorted(project.unread)),
        unknown_registrations=tuple(sorted(found.unknown_registrations)),
    )


def _order(each: Reference) -> tuple[str, str, int, str, str]:
    return each.marker, each.path, each.line, each.use.value, each.how


def _look(module: Module, texts: Texts, aliases: Aliases, found: Found) -> None:
    for mark in marks(module, texts.flow):
        found.references.update(aliases.references(mark, module))
    computed(module, texts, found)
    readers(module, texts, found)
    selectors(module, texts, found)


def _prose(path: str, module: Module | None, found: Found, project: Project) -> None:
    if module is not None:
        lines = {line_of(each) for each in module.docstrings}
        prose(path, decoded(project.files[path]), lines, found)


def _strings(
    files: Mapping[str, bytes], registered: set[tuple[str, int, str]], found: Found
) -> dict[str, tuple[Place, ...]]:
    result: dict[str, list[Place]] = defaultdict(list)
    for path, data in files.items():
        is_of_tests = b"pytest" in data or b"mark" in data
        for text, line, is_name in names(decoded(data)):
            if is_name and (path, line, text) not in registered:
                result[text].append((path, line))
            elif not is_name and is_of_tests:
                for word in words(text.removeprefix("-m ")):
                    found.reference(word, (path, line), Use.POSSIBLE, "in a string like an expression of -m")
    return {text: tuple(places) for text, places in sorted(result.items())}
