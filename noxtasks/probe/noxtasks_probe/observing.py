"""What a test has changed of what all tests of a process share: snapshots before and after it, and their difference.

A value is kept as a short text of bounded depth, so that a list that has grown shows, and nothing of the user's is kept
alive. Modules that are not the user's are looked at only for names that have come to stand for something else. A value
is asked for its real type alone: the `__class__` of a lazy object may set up what it stands for, or raise.
"""

from __future__ import annotations

import locale
import logging
import os
import signal
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from typing import Any

_DEPTH = 3
_MOST = 40  # members of one container that are looked at
_TEXT = 200  # characters kept of a value
_CHANGES = 50  # told of one test

_OF_PYTEST = ("sys.last_type", "sys.last_value", "sys.last_traceback", "sys.last_exc", "tempfile._name_sequence")

_names_of: Any = vars(types.ModuleType)["__dict__"].__get__
"""What a module holds by now: a lazy one (of `py`, of `importlib.util.LazyLoader`) loads all when asked itself."""

Snapshot = dict[str, dict[str, str]]
"""Kind of state -> its name -> its value as a text."""

_QUIET = ("_pytest", "pytest", "noxtasks_probe", "pluggy", "threading", "linecache", "tokenize", "re", "logging")
"""Modules that change as tests run, by pytest's own doing or as caches."""


def snapshot(rootdir: str, beside: str) -> Snapshot:
    """The state that tests share, as far as it can be seen; `beside` is the folder of the test."""
    return {
        "module": dict(_modules(rootdir)),
        "environment": dict(os.environ),
        "working directory": {"": _cwd()},
        "sys.path": dict.fromkeys(map(str, sys.path), "present"),
        "logging": dict(_logging()),
        "locale": {"": str(locale.setlocale(locale.LC_ALL))},
        "warnings": {"filters": _text(list(warnings.filters), 1)},
        "signal": {
            f"{number!r}": _text(signal.getsignal(number), 1) for number in signal.Signals if _can_be_asked(number)
        },
        "thread": {thread.name: "alive" for thread in threading.enumerate()},
        "umask": {"": oct(_umask())},
        "file": dict(_files(rootdir, {rootdir, beside, _cwd()})),
        "sys.modules": dict.fromkeys(map(str, list(sys.modules)), "imported"),
    }


def differences(before: Snapshot, after: Snapshot) -> list[dict[str, str]]:
    """What differs: kind, name, value before and after ("" where there was none); the most telling kinds first.

    A module that was imported in between is told as such alone: its names would leave no room for anything else.
    """
    found = []
    imported = tuple(f"{name}." for name in after["sys.modules"].keys() - before["sys.modules"].keys())
    for kind, values in after.items():
        old = before[kind]
        for name in sorted({*old, *values}):
            was, now = old.get(name, ""), values.get(name, "")
            if kind == "module" and name.startswith(imported):
                continue
            if was != now and not (kind == "environment" and name == "PYTEST_CURRENT_TEST"):
                found.append({"kind": kind, "name": name, "before": was[:_TEXT], "after": now[:_TEXT]})
    return found[:_CHANGES]


def _modules(rootdir: str) -> Iterator[tuple[str, str]]:
    prefix = rootdir + os.sep
    for name, module in list(sys.modules.items()):
        if not issubclass(type(module), types.ModuleType) or str(name).partition(".")[0] in _QUIET:
            continue
        values: dict[Any, Any] = _names_of(module)
        file = values.get("__file__")
        own = isinstance(file, str) and file.startswith(prefix) and "site-packages" not in file
        for key, value in list(values.items()):
            if not isinstance(key, str) or key.startswith(("__", "@")) or f"{name}.{key}" in _OF_PYTEST:
                continue
            if not own:
                yield f"{name}.{key}", f"<{type(value).__name__} {id(value):#x}>"
            elif issubclass(type(value), type) and vars(value).get("__module__") == name:
                yield f"{name}.{key}", f"<class {id(value):#x}>"
                for attribute, inner in list(vars(value).items()):
                    if not attribute.startswith("__") and attribute != "_abc_impl":
                        yield f"{name}.{key}.{attribute}", _text(inner, _DEPTH)
            else:
                yield f"{name}.{key}", _text(value, _DEPTH)


def _text(value: Any, depth: int) -> str:
    """`value` in short; objects by their type, identity and fields, never by a `repr` of the user's."""
    try:
        return _told(value, type(value), depth)
    except Exception:  # a class of the user's may raise anything
        return f"<{type(value).__qualname__} {id(value):#x}>"


def _told(value: Any, kind: type, depth: int) -> str:  # noqa: PLR0911 - one line for each kind of value
    if value is None or issubclass(kind, (bool, int, float, complex, str, bytes)):
        return repr(value)[:_TEXT]
    if issubclass(kind, types.ModuleType):
        return f"<module {id(value):#x}>"
    if issubclass(kind, (types.FunctionType, types.BuiltinFunctionType, type)):
        return f"<{getattr(value, '__qualname__', value.__name__)} {id(value):#x}>"
    if depth == 0:
        return f"<{kind.__qualname__}>"
    if issubclass(kind, dict):
        inner = ", ".join(f"{_text(k, 0)}: {_text(v, depth - 1)}" for k, v in list(value.items())[:_MOST])
        return f"{{{inner}}} ({len(value)})"
    if issubclass(kind, (list, tuple)):
        return f"[{', '.join(_text(each, depth - 1) for each in list(value)[:_MOST])}] ({len(value)})"
    if issubclass(kind, (set, frozenset)):
        return f"{{{', '.join(sorted(_text(each, depth - 1) for each in list(value)[:_MOST]))}}} ({len(value)})"
    fields = getattr(value, "__dict__", None)
    if type(fields) is dict:
        return f"<{kind.__qualname__} {id(value):#x} {_text(fields, depth - 1)}>"
    return f"<{kind.__qualname__} {id(value):#x}>"


def _logging() -> Iterator[tuple[str, str]]:
    yield "disabled below", str(logging.root.manager.disable)
    for name, logger in [("root", logging.root), *list(logging.root.manager.loggerDict.items())]:
        if isinstance(logger, logging.Logger):
            handlers = [
                type(handler).__name__ for handler in logger.handlers if "pytest" not in type(handler).__module__
            ]
            yield name, f"level {logger.level}, disabled {logger.disabled}, handlers {handlers}"


def _can_be_asked(number: signal.Signals) -> bool:
    return number not in (getattr(signal, "SIGKILL", None), getattr(signal, "SIGSTOP", None))


def _cwd() -> str:
    try:
        return os.getcwd()
    except OSError as error:
        return f"<{error.strerror}>"


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _files(rootdir: str, folders: set[str]) -> Iterator[tuple[str, str]]:
    for folder in folders:
        try:
            for entry in os.scandir(folder):
                if entry.is_file():
                    status = entry.stat()
                    yield os.path.relpath(entry.path, rootdir), f"{status.st_size} bytes, changed {status.st_mtime_ns}"
        except (OSError, ValueError):  # ValueError: on another drive
            continue
