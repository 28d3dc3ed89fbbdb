"""What a failure is: its exception, its message and the user's frames, and a fingerprint that equal failures share."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

_MESSAGE_LIMIT = 2000  # characters kept of a message
_FRAME_LIMIT = 12  # innermost frames kept
_TEXT_LIMIT = 20_000  # characters kept of a long rendering

_VARYING = (
    (re.compile(r"0x[0-9a-fA-F]+"), "<hex>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (re.compile(r"(?:/tmp|/private/var|/var/folders|[A-Z]:\\Users)[^\s'\":,)\]]*"), "<tmp>"),
    (re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"), "<n>"),
)

_INSTALLED = ("site-packages", "dist-packages")


def normalised(message: str) -> str:
    """`message` without what differs between two occurrences of one failure: numbers, addresses, temporary paths."""
    for pattern, substitute in _VARYING:
        message = pattern.sub(substitute, message)
    return message


def describe(error: BaseException, phase: str, rootdir: str) -> dict[str, Any]:
    """The facts of one failure as a frame carries them; `phase` is setup, call or teardown."""
    frames = _frames(error.__traceback__, rootdir)
    exception = _name(type(error))
    message = _message(error)
    return {
        "fingerprint": fingerprint(exception, message, [where for where, _ in frames]),
        "phase": phase,
        "exception": exception,
        "message": message,
        "frames": [f"{path}:{line} in {function}" for (path, function), line in frames],
    }


def from_text(text: str, phase: str) -> dict[str, Any]:
    """The same for a report that no exception comes with (a subtest, a plugin's own report)."""
    message = text.strip().rpartition("\n")[2][:_MESSAGE_LIMIT]
    return {
        "fingerprint": fingerprint("", message, []),
        "phase": phase,
        "exception": "",
        "message": message,
        "frames": [],
        "text": text[:_TEXT_LIMIT],
    }


def fingerprint(exception: str, message: str, frames: list[tuple[str, str]]) -> str:
    """Sixteen hexadecimal digits of exception, normalised message and (file, function) of the frames."""
    whole = "\0".join([exception, normalised(message), *(part for frame in frames for part in frame)])
    return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def rendered(text: str) -> str:
    """A long rendering cut to a size that an artifact can carry, its end kept: the error stands there."""
    return text if len(text) <= _TEXT_LIMIT else "[…]\n" + text[-_TEXT_LIMIT:]


def _name(kind: type) -> str:
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        return str(error)[:_MESSAGE_LIMIT]
    except Exception as broken:  # the user's __str__ may raise anything
        return f"<str() of it raised {type(broken).__name__}>"


def _frames(traceback: TracebackType | None, rootdir: str) -> list[tuple[tuple[str, str], int]]:
    """The user's own frames, outermost first; where there are none, the innermost of all."""
    every: list[tuple[tuple[str, str], int]] = []
    own: list[tuple[tuple[str, str], int]] = []
    prefix = rootdir + os.sep
    while traceback is not None:
        code = traceback.tb_frame.f_code
        path = code.co_filename
        if path.startswith(prefix):
            relative = path[len(prefix) :]
            frame = ((Path(relative).as_posix(), code.co_name), traceback.tb_lineno)
            if not path.startswith(_PREFIX) and not any(part in relative for part in _INSTALLED):
                own.append(frame)
        every.append(((Path(path).name, code.co_name), traceback.tb_lineno))
        traceback = traceback.tb_next
    return own[-_FRAME_LIMIT:] or every[-1:]


_PREFIX = sys.prefix + os.sep
