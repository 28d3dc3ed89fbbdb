"""What this process uses of the project's own files, by Python's audit events (PEP 578): read, imported, listed.

Code that pytest and Python read in order to run it is told as imported; what they look at for themselves (a folder in
which to find modules or tests, the source for a traceback, their own configuration and caches) is not told. Nor is what
has no event: whether a file is there, and what compiled code opens by itself.

A child process does as it likes unseen; that one was started is all that is told of it.
"""

from __future__ import annotations

import os
import re
import sys
from types import FrameType
from typing import Any, Optional

_LISTING = frozenset({"os.listdir", "os.scandir"})
_CHILDREN = frozenset(
    {
        *("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"),
        *("os.startfile", "_winapi.CreateProcess"),
    }
)
_SPAWNING = frozenset({"multiprocessing.popen_spawn_posix", "multiprocessing.popen_forkserver"})
"""What multiprocessing imports to start processes; it tells of none."""

_WATCHED = frozenset({"open", "sqlite3.connect", "import", *_LISTING, *_CHILDREN})
_BETWEEN = frozenset(
    {
        *(
            "codecs",
            "contextlib",
            "fileinput",
            "fnmatch",
            "functools",
            "genericpath",
            "glob",
            "gzip",
            "io",
            "_io",
            "os",
        ),
        *("importlib.metadata", "importlib.metadata._functools", "pathlib", "pathlib._abc", "pathlib._local"),
        *("posixpath", "shutil", "subprocess", "tempfile", "tokenize", "zipfile"),
    }
)
"""Modules that open, list or start on behalf of whoever calls them."""

_IMPORTING = re.compile(r"importlib\._bootstrap(_external)?|_frozen_importlib(_external)?|_pytest\.assertion\.rewrite")
_FOR_ITSELF = re.compile(
    r"(_pytest|pluggy|mutmut|noxtasks_probe|pytest_benchmark)(\..*)?"
    r"|linecache|platform|ctypes\.util|uuid"  # which ask the system
)
_CACHED = re.compile(r"(?P<folder>.*)__pycache__/(?P<name>[^/]+?)\.(cpython|pypy|graalpy)[^/]*\.pyc(\.\d+)?")


class TouchWatch:
    """Notes what is used of the files below the folder `root` from now on; once made, it cannot be taken out again."""

    def __init__(self, root: str) -> None:
        self._roots = tuple({os.path.join(place, "") for place in (os.path.abspath(root), os.path.realpath(root))})
        self.forget()
        sys.addaudithook(self._hear)

    def forget(self) -> None:
        """What was used until now is told, or the parent's."""
        self._read: set[str] = set()
        self._imported: set[str] = set()
        self._listed: set[str] = set()
        self._children = False

    def told(self) -> dict[str, Any]:
        """What was used since, with paths from the root, with slashes. JSON-able."""
        return {
            "read": sorted(self._read),
            "imported": sorted(self._imported),
            "listed": sorted(self._listed),
            "children": self._children,
        }

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _WATCHED:
            return
        try:
            self._note(event, arguments)
        except Exception:  # what is raised here would be raised where the file is opened
            self._children = True  # as if all files were read

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "import":
            self._children |= arguments[0] in _SPAWNING
        elif event in _CHILDREN:
            self._children |= not _FOR_ITSELF.fullmatch(self._caller(sys._getframe(2)))
        else:
            path = self._inside(arguments[0])
            if path is not None:
                self._sort(event, path, self._caller(sys._getframe(2)))

    def _sort(self, event: str, path: str, caller: str) -> None:
        if _IMPORTING.fullmatch(caller):
            if event == "open":
                cached = _CACHED.fullmatch(path)
                self._imported.add(f"{cached['folder']}{cached['name']}.py" if cached else path)
        elif not _FOR_ITSELF.fullmatch(caller):
            (self._listed if event in _LISTING else self._read).add(path)

    def _inside(self, place: Any) -> Optional[str]:
        """The path from the root; None for what lies elsewhere, or is a descriptor."""
        if isinstance(place, int):
            return None
        absolute = os.path.abspath(os.fsdecode(place) if place is not None else os.curdir)
        for root in self._roots:
            if absolute.startswith(root):
                return absolute[len(root) :].replace(os.sep, "/")
            if absolute == root[:-1]:
                return "."
        return None

    def _caller(self, frame: Optional[FrameType]) -> str:
        """The module on whose behalf this happens; nameless where it is the project's own, whatever that is called."""
        while frame is not None:
            name = frame.f_globals.get("__name__") or ""
            if name not in _BETWEEN:
                return "" if frame.f_code.co_filename.startswith(self._roots) else name
            frame = frame.f_back
        return ""
