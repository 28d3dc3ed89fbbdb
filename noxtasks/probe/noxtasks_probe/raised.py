"""An exception as plain facts: its chain of causes, the user's frames, and what its type knows (name, file, line).

Only facts stand here; what they mean for the user is decided outside, where the sentences are written.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from importlib import metadata
from types import TracebackType
from typing import Any

_MESSAGE_LIMIT = 2000  # characters kept of a message
_CHAIN_LIMIT = 8  # exceptions kept of a chain, outermost first
_FRAME_LIMIT = 8  # frames kept, innermost last
_INSTALLED = ("site-packages", "dist-packages")


def relative(path: object, rootdir: str) -> str:
    """`path` from `rootdir` with forward slashes; absolute where it lies outside."""
    text = os.fspath(path) if isinstance(path, os.PathLike) else str(path)
    if text == rootdir:
        return "."
    if text.startswith(rootdir + os.sep):
        text = text[len(rootdir) + 1 :]
    return text.replace(os.sep, "/")


def describe(error: BaseException, rootdir: str) -> dict[str, Any]:
    """`chain`: the exceptions, outermost first; `frames`: the user's of the first that has any, innermost last."""
    errors = _chain(error)
    every = [_frames(one.__traceback__, rootdir) for one, _ in errors]
    return {
        "chain": [_facts(one, link, rootdir) for one, link in errors],
        "frames": next((frames for frames in every if frames), []),
    }


def distributions(rootdir: str) -> dict[str, str]:
    """List what is installed: normalised distribution name to version. Metadata in the source tree does not count."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        place = os.path.abspath(str(distribution.locate_file("")))
        if name and not _is_users(os.path.join(place, ""), rootdir):
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), distribution.version)
    return found


def _chain(error: BaseException) -> list[tuple[BaseException, str]]:
    found: list[tuple[BaseException, str]] = []
    current: BaseException | None = error
    link = ""
    while current is not None and len(found) < _CHAIN_LIMIT and all(current is not one for one, _ in found):
        found.append((current, link))
        if current.__cause__ is not None:
            current, link = current.__cause__, "cause"
        else:
            current, link = (None if current.__suppress_context__ else current.__context__), "context"
    return found


def _facts(error: BaseException, link: str, rootdir: str) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "type": _name(type(error)),
        "bases": [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"],
        "message": _message(error),
        "link": link,
    }
    if isinstance(error, ImportError):
        facts["name"] = error.name or ""
        facts["path"] = relative(error.path, rootdir) if error.path else ""
        facts["name_from"] = getattr(error, "name_from", None) or ""
        facts["parent"] = _parent(error.name or "", rootdir)
    if isinstance(error, SyntaxError):
        facts["filename"] = relative(error.filename, rootdir) if error.filename else ""
        facts["lineno"] = error.lineno or 0
        facts["text"] = (error.text or "").strip()[:200]
    return facts


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        return str(error)[:_MESSAGE_LIMIT]
    except Exception as broken:
        return f"<str() of it raised {type(broken).__name__}>"


def _parent(name: str, rootdir: str) -> dict[str, Any]:
    """Find the part of the dotted `name` that can be imported, the file it is in, and the distribution it is of."""
    top = name.partition(".")[0]
    while name and name not in sys.modules:
        name = name.rpartition(".")[0]
    if name:
        module = sys.modules[name]
        file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), "")
    else:  # its import failed, and took it out of sys.modules again
        spec = importlib.util.find_spec(top) if top else None
        if spec is None:
            return {}
        name, file = top, spec.origin or next(iter(spec.submodule_search_locations or ()), "")
    return {"name": name, "file": relative(file, rootdir), "distribution": _distribution(top)}


def _distribution(top: str) -> str:
    """Name the distribution that provides the top-level name; empty where nothing says so (or before Python 3.10)."""
    owners: dict[str, list[str]] = getattr(metadata, "packages_distributions", dict)()
    return (owners.get(top) or [""])[0]


def _frames(traceback: TracebackType | None, rootdir: str) -> list[dict[str, Any]]:
    found = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if _is_users(code.co_filename, rootdir):
            path = relative(code.co_filename, rootdir)
            found.append({"path": path, "line": traceback.tb_lineno, "function": code.co_name})
        traceback = traceback.tb_next
    return found[-_FRAME_LIMIT:]


def _is_users(filename: str, rootdir: str) -> bool:
    return (
        filename.startswith(rootdir + os.sep)
        and not filename.startswith((sys.prefix + os.sep, _OWN))
        and not any(part in filename[len(rootdir) :] for part in _INSTALLED)
    )


_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
