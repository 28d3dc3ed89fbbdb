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
_COMPARED_LIMIT = 16_000  # characters of a message that a fingerprint looks at
_TEXT_LIMIT = 20_000  # characters kept of a long rendering
_SECTION_LIMIT = 4_000  # characters kept of one captured stream
_SECTIONS_LIMIT = 12_000  # characters kept of all of them

_ON = r"[^\s'\":,)\]]*"  # how a path in a message goes on

_VARYING = (
    (re.compile(r"0x[0-9a-fA-F]+"), "<hex>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE), "<uuid>"),
    (re.compile(rf"(?<![^\s'\":,)\]]){_ON}pytest-of-{_ON}"), "<tmp>"),
    (re.compile(rf"(?:/tmp|/private/var|/var/folders|[A-Z]:\\Users){_ON}"), "<tmp>"),
    (re.compile(r"(?<![\w.])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{16,}\b"), "<hex>"),
    (re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"), "<n>"),
)

_INSTALLED = ("site-packages", "dist-packages")

_temporary: set[str] = set()


def temporary(folder: str) -> None:
    """Take `folder` for a temporary one from now on: it, and what lies below it, differs from one run to the next."""
    for path in (folder, os.path.realpath(folder)) if folder else ():
        if len(Path(path).parts) > 1:
            _temporary.add(path.rstrip(os.sep))


for _name_of_it in ("TMPDIR", "TEMP", "TMP"):  # not by gettempdir(), which would settle it before the user's conftest
    temporary(os.environ.get(_name_of_it, ""))


def normalised(message: str, rootdir: str = "") -> str:
    """`message` without what differs between two occurrences of one failure, be they in two copies of the project.

    That is: the temporary folders that are known, `rootdir`, addresses, digests and numbers.
    """
    folders = dict.fromkeys(_temporary, ("<tmp>", rf"(?:[/\\]{_ON})?"))
    if rootdir:
        folders[rootdir] = ("<root>", "")
    for folder in sorted(folders, key=len, reverse=True):  # or that of a project in a temporary folder would be missed
        if folder in message:
            substitute, on = folders[folder]
            message = re.sub(rf"{re.escape(folder)}(?![\w-]){on}", substitute, message)
    for pattern, substitute in _VARYING:
        message = pattern.sub(substitute, message)
    return message


def describe(error: BaseException, phase: str, rootdir: str) -> dict[str, Any]:
    """The facts of one failure as a frame carries them; `phase` is setup, call or teardown."""
    frames = _frames(error.__traceback__, rootdir)
    exception = _name(type(error))
    message = _message(error)
    return {
        "fingerprint": fingerprint(exception, message, [where for where, _ in frames], rootdir),
        "phase": phase,
        "exception": exception,
        "message": message[:_MESSAGE_LIMIT],
        "frames": [f"{path}:{line} in {function}" for (path, function), line in frames],
    }


def from_text(text: str, phase: str) -> dict[str, Any]:
    """The same for a report that no exception comes with (a subtest, a plugin's own report)."""
    message = text.strip().rpartition("\n")[2][:_COMPARED_LIMIT]
    return {
        "fingerprint": fingerprint("", message, []),
        "phase": phase,
        "exception": "",
        "message": message[:_MESSAGE_LIMIT],
        "frames": [],
        "text": rendered(text),
    }


def fingerprint(exception: str, message: str, frames: list[tuple[str, str]], rootdir: str = "") -> str:
    """Sixteen hexadecimal digits of exception, normalised message and (file, function) of the frames."""
    # It is cut after it was normalised: numbers of other lengths would move the cut.
    said = normalised(message, rootdir)[:_MESSAGE_LIMIT]
    whole = "\0".join([exception, said, *(part for frame in frames for part in frame)])
    return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def rendered(text: str, limit: int = _TEXT_LIMIT) -> str:
    """A long rendering cut to a size that an artifact can carry, its end kept: the error stands there."""
    return text if len(text) <= limit else "[…]\n" + text[-limit:]


def captured(sections: list[tuple[str, str]], wanted: str) -> str:
    """What a test wrote and logged, as pytest shows it below the traceback; `wanted` is its `--show-capture`."""
    shown = [
        f"\n{f' {name} ':-^80}\n{rendered(content.rstrip(), _SECTION_LIMIT)}"
        for name, content in sections
        if wanted == "all" or (wanted != "no" and wanted in name)
    ]
    return rendered("".join(shown), _SECTIONS_LIMIT)


def _name(kind: type) -> str:
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        return str(error)[:_COMPARED_LIMIT]
    except Exception as broken:  # the user's __str__ may raise anything
        return f"<str() of it raised {type(broken).__name__}>"


def _frames(traceback: TracebackType | None, rootdir: str) -> list[tuple[tuple[str, str], int]]:
    """The user's own frames, outermost first; where there are none, the innermost of all."""
    every: list[tuple[tuple[str, str], int]] = []
    own: list[tuple[tuple[str, str], int]] = []
    prefix = rootdir + os.sep
    made = tuple(folder + os.sep for folder in _temporary if folder.startswith(prefix))
    while traceback is not None:
        code = traceback.tb_frame.f_code
        path = code.co_filename
        if path.startswith(prefix):
            relative = os.path.basename(path) if path.startswith(made) else path[len(prefix) :]
            frame = ((Path(relative).as_posix(), code.co_name), traceback.tb_lineno)
            if not path.startswith(_PREFIX) and not any(part in relative for part in _INSTALLED):
                own.append(frame)
        every.append(((Path(path).name, code.co_name), traceback.tb_lineno))
        traceback = traceback.tb_next
    return own[-_FRAME_LIMIT:] or every[-1:]


_PREFIX = sys.prefix + os.sep
