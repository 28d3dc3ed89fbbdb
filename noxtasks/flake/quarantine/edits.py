"""Changes of the user's files: planned in memory, shown as a diff, written each in one step or not at all."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.evidence import vcs
from noxtasks.probe.noxtasks_probe import entries as probe


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of one file, by its path from the project's root; no content is no file."""

    path: str
    before: bytes
    after: bytes


def content_of(path: Path) -> bytes:
    """What the file holds; nothing where there is none. Raises `ConfigurationError` where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ConfigurationError(f"it cannot be read: {error.strerror}", where=str(path)) from error


def marked_files(root: Path, reports: str) -> Iterator[str]:
    """The Python files of the project that have the mark in their text, but for those of virtual environments."""
    skipped = {root / reports}
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if name not in vcs.SKIPPED_FOLDERS
            and here / name not in skipped
            and not (here / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            if name.endswith(".py") and probe.MARK.encode() in content_of(here / name):
                yield (here / name).relative_to(root).as_posix()


def diff(edits: Sequence[Edit]) -> str:
    """The edits as `diff -u` and git have them."""
    return "".join(_diff(edit) for edit in edits)


def _diff(edit: Edit) -> str:
    before, after = (_lines(content) for content in (edit.before, edit.after))
    old = f"a/{edit.path}" if edit.before else "/dev/null"
    new = f"b/{edit.path}" if edit.after else "/dev/null"
    lines = difflib.unified_diff(before, after, old, new)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(content: bytes) -> list[str]:
    text = content.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    return [f"{line}\n" for line in text.split("\n")[:-1]] + ([last] if (last := text.rpartition("\n")[2]) else [])


def write(root: Path, edits: Sequence[Edit]) -> None:
    """Write each file in one step: what is seen of it, at any moment, is the old content or the new one.

    Raises `ConfigurationError`, before anything is written, where a file has changed since the edits were planned, and
    `NotMeasuredError` where one cannot be written; it names those that were written before.
    """
    for edit in edits:
        if content_of(root / edit.path) != edit.before:
            raise ConfigurationError("it has changed meanwhile", where=edit.path, remedy="Run this again.")
    done: list[str] = []
    for edit in edits:
        try:
            _replace((root / edit.path).resolve(), edit.after)
        except OSError as error:
            remedy = f"Written before it: {', '.join(done)}." if done else "Nothing was changed."
            raise NotMeasuredError(f"it cannot be written: {error.strerror}", where=edit.path, remedy=remedy) from error
        done.append(edit.path)


def _replace(path: Path, content: bytes) -> None:
    """Rename a new file into the place of the old one, with its permissions; links are followed before."""
    if not content:
        path.unlink()
        return
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
