"""Where in the code markers are made, put on nodes and registered, noted while the code runs.

pytest is watched from where no frame of ours comes between its code and that of the user: a failure under
`--strict-markers` and the warning of an unknown marker say what they always say, of the same line. So a marker is noted
in `MarkGenerator.__getattribute__`, which Python asks before `__getattr__`, and in `Mark.__new__`, before `__init__`.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import _pytest
import pluggy
import pytest
from _pytest.mark.structures import Mark, MarkGenerator, NodeKeywords

_Place = tuple[str, str, int]
"""A marker (or the line that registers it), and the file and line where that happens."""

_PYTEST = (os.path.dirname(_pytest.__file__) + os.sep, os.path.dirname(pytest.__file__) + os.sep)
_PLUGGY = os.path.dirname(pluggy.__file__) + os.sep
_COPYING = (dataclasses.__file__, os.sep.join(("", "attr", "_make.py")), os.sep.join(("", "attr", "_funcs.py")))
_ADD_MARKER = pytest.Item.add_marker.__code__


class MarkerPlaces:
    """Notes places from its creation to `restore()`. `take()` gives those that are new since the last time."""

    def __init__(self) -> None:
        self._seen: dict[str, set[_Place]] = {"made": set(), "added": set()}
        self._new: dict[str, list[_Place]] = {"made": [], "added": []}
        self.registered: list[_Place] = []
        """Each call of `addinivalue_line("markers", …)` in its turn, pytest's own too."""
        self._undo: list[Callable[[], None]] = []
        self._watch_generator()
        self._watch_construction()
        self._watch_nodes()
        self._watch_registrations()

    def take(self) -> dict[str, list[_Place]]:
        """Give what was `made` and `added` since the last call, each place once."""
        new, self._new = self._new, {"made": [], "added": []}
        return new

    def restore(self) -> None:
        """Leave pytest as it was."""
        while self._undo:
            self._undo.pop()()

    def _note(self, kind: str, name: Any, frame: FrameType | None) -> None:
        caller = _outside(frame)
        if caller is None or not isinstance(name, str):
            return
        place = (name, caller.f_code.co_filename, caller.f_lineno)
        if place not in self._seen[kind]:
            self._seen[kind].add(place)
            self._new[kind].append((name, _file(caller), caller.f_lineno))

    def _watch_generator(self) -> None:
        note, get = self._note, object.__getattribute__

        def __getattribute__(generator: MarkGenerator, name: str) -> Any:  # noqa: N807
            if not name.startswith("_"):
                note("made", name, sys._getframe(1))
            return get(generator, name)  # raises AttributeError; Python then asks __getattr__

        self._put(MarkGenerator, "__getattribute__", __getattribute__)

    def _watch_construction(self) -> None:
        """Watch for marks that are made without `pytest.mark`, by their class, and by copying and changing another."""
        note = self._note

        def __new__(cls: type[Mark], *args: Any, **kwargs: Any) -> Any:  # noqa: N807
            frame: FrameType | None = sys._getframe(1)
            if not sys._getframe(1).f_code.co_filename.startswith(_PYTEST):
                while frame is not None and frame.f_code.co_filename.endswith(_COPYING):
                    frame = frame.f_back
                note("made", args[0] if args else kwargs.get("name"), frame)
            return object.__new__(cls)

        Mark.__new__ = __new__  # type: ignore[method-assign,assignment]
        self._undo.append(_make_marks_plainly)

    def _watch_nodes(self) -> None:
        """Watch `Node.add_marker` where it writes into the node's keywords, and code that writes there itself."""
        note, original = self._note, NodeKeywords.__setitem__

        def __setitem__(keywords: NodeKeywords, name: str, value: Any) -> None:  # noqa: N807
            original(keywords, name, value)
            frame = sys._getframe(1)
            if frame.f_code is _ADD_MARKER or not frame.f_code.co_filename.startswith(_PYTEST):
                note("added", name, frame)

        self._put(NodeKeywords, "__setitem__", __setitem__)

    def _watch_registrations(self) -> None:
        registered, original = self.registered, pytest.Config.addinivalue_line

        @functools.wraps(original)
        def addinivalue_line(config: pytest.Config, name: str, line: str) -> None:
            __tracebackhide__ = True
            original(config, name, line)
            if name == "markers":
                frame = sys._getframe(1)
                registered.append((line, _file(frame), frame.f_lineno))

        self._put(pytest.Config, "addinivalue_line", addinivalue_line)

    def _put(self, owner: Any, name: str, function: Any) -> None:
        function.__qualname__ = f"{owner.__name__}.{name}"
        own = vars(owner).get(name)
        self._undo.append(
            functools.partial(delattr, owner, name) if own is None else functools.partial(setattr, owner, name, own)
        )
        setattr(owner, name, function)


def _make_marks_plainly() -> None:
    """Put in what does as `object.__new__`: a class that once had one of its own cannot take that back (bpo-5322)."""
    Mark.__new__ = lambda cls, *_, **__: object.__new__(cls)  # type: ignore[method-assign]


def _outside(frame: FrameType | None) -> FrameType | None:
    """Find the first frame that is not pytest's; None where pytest does it of its own accord, called by a hook."""
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(_PYTEST) and not file.startswith("<"):
            return None if file.startswith(_PLUGGY) else frame
        frame = frame.f_back
    return None


def _file(frame: FrameType) -> str:
    """Give the file of the code: what the module says, as pytest's cached code keeps the name of a file that moved."""
    code, module = frame.f_code.co_filename, frame.f_globals.get("__file__")
    if isinstance(module, str) and os.path.basename(module) == os.path.basename(code):
        return os.path.abspath(module)
    return os.path.abspath(code)
