"""Changes of the user's files: planned in memory, shown as a diff, carried out all together or not at all.

What is seen of a file, at any moment, is its old content or its new one. A kill between two files leaves the first
changed and the second not; every other end, Ctrl-C too, puts all of them back.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from noxtasks.errors import ConfigurationError, NotMeasuredError

_NEW_FILE = 0o644


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
    """Carry the edits out for good. Raises as `carried_out` does; nothing is changed then."""
    with carried_out(root, edits):
        pass


@contextmanager
def carried_out(root: Path, edits: Sequence[Edit]) -> Iterator[Written]:
    """Stage every file beside its place, then rename them all; an exception in the body puts all of them back.

    Permissions are kept, and links followed. Raises `ConfigurationError` where a file has changed since the edits were
    planned, and `NotMeasuredError` where one cannot be written; nothing is changed then.
    """
    written = Written()
    with ExitStack() as staging:
        try:
            with _explained():
                staged = [(_staged(edit, _place(root, edit), staging), edit) for edit in edits]
            _check_unchanged(root, edits)
            with _explained():
                for temporary, edit in staged:
                    written.put(temporary, _place(root, edit), edit)
            yield written
        except BaseException:
            written.roll_back()
            raise


class Written:
    """Files that were changed, and can be as they were before."""

    def __init__(self) -> None:
        self._done: list[_Change] = []

    def put(self, temporary: Path | None, path: Path, edit: Edit) -> None:
        """Let the staged file take the place of `path`; none removes it."""
        stat = path.stat() if path.exists() else None
        # Noted before it is done: an interrupt in between must find it, and what was not changed is put back in vain.
        self._done.append(_Change(path=path, edit=edit, mode=stat.st_mode if stat else None))
        if temporary is None:
            path.unlink()
        else:
            temporary.replace(path)

    def roll_back(self) -> None:
        """Put every byte back, the last first; an interrupt waits until that is done.

        Raises `NotMeasuredError` with the files that are not as they were, since another has changed them meanwhile or
        they cannot be written.
        """
        interrupt: KeyboardInterrupt | None = None
        problems: list[str] = []
        while self._done:
            try:
                problems += _put_back(self._done[-1])
                self._done.pop()
            except KeyboardInterrupt as error:
                interrupt = error
        if problems:
            raise NotMeasuredError("; ".join(problems), remedy="See what git says of them.") from interrupt
        if interrupt:
            raise interrupt


class _Change(msgspec.Struct, frozen=True, kw_only=True):
    path: Path
    edit: Edit
    mode: int | None  # None where there was no file


def _put_back(change: _Change) -> list[str]:
    """Let one file be as it was; gives why it is not."""
    path, edit = change.path, change.edit
    try:
        present = path.read_bytes() if path.exists() else None
        if present == (None if change.mode is None else edit.before):
            return []
        if (present or b"") != edit.after:
            return [f"{edit.path} was changed meanwhile, and is left so"]
        if change.mode is None:
            path.unlink()
            return []
        with ExitStack() as staging:
            temporary = _filled(path, edit.before, change.mode, staging)
            temporary.replace(path)
    except OSError as error:
        return [f"{edit.path} cannot be put back: {error.strerror}"]
    return []


def _check_unchanged(root: Path, edits: Sequence[Edit]) -> None:
    for edit in edits:
        if content_of(root / edit.path) != edit.before:
            raise ConfigurationError("it has changed meanwhile", where=edit.path, remedy="Run this again.")


def _place(root: Path, edit: Edit) -> Path:
    return (root / edit.path).resolve()


def _staged(edit: Edit, path: Path, staging: ExitStack) -> Path | None:
    """The new content in a file beside `path`; None where the file is to go."""
    if not edit.after:
        return None
    for folder in reversed([folder for folder in path.parents if not folder.exists()]):
        folder.mkdir()
        staging.callback(_remove_if_empty, folder)
    return _filled(path, edit.after, path.stat().st_mode if path.exists() else _NEW_FILE, staging)


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()


def _filled(path: Path, content: bytes, mode: int, staging: ExitStack) -> Path:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:32]}.")
    temporary = Path(name)
    staging.callback(temporary.unlink, missing_ok=True)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.chmod(mode)
    return temporary


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotMeasuredError(
            f"it cannot be written: {error.strerror}", where=str(error.filename), remedy="Nothing was changed."
        ) from error
