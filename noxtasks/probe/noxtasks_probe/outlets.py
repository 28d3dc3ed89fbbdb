"""What a worker prints past pytest's capture: it is kept until the test's report is told, and printed before that.

If workers wrote to the terminal themselves, they would write into each other's lines, and into pytest's.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, List, Tuple

import pytest

from .frames import Real, out_of_the_way

Said = List[Tuple[int, bytes]]
"""What was written to each descriptor."""


class Outlets:
    """A file for each of the standard streams, or one for both where they are one. Made before the fork."""

    def __init__(self) -> None:
        streams = (1,) if _are_one(1, 2) else (1, 2)
        self._files = {stream: _appended() for stream in streams}

    def close(self) -> None:
        """Let them go."""
        for file in self._files.values():
            os.close(file)

    def place(self, config: pytest.Config) -> None:
        """Have this process, a worker, write to the files what is not captured, and read nothing."""
        manager: Any = config.pluginmanager.get_plugin("capturemanager")
        capturing = getattr(manager, "_global_capturing", None)
        null = os.open(os.devnull, os.O_RDONLY)
        for stream, name in ((0, "in_"), (1, "out"), (2, "err")):
            saved = getattr(getattr(capturing, name, None), "targetfd_save", None)
            file = self._files.get(stream, self._files[1]) if stream else null
            os.dup2(file, stream if saved is None else saved)
        os.close(null)
        if capturing is not None:
            _keep_on(manager, capturing)

    def taken(self) -> Said:
        """What has been written since."""
        flush()
        return [(stream, _taken(file)) for stream, file in self._files.items() if Real.fstat(file).st_size]


def show(said: Said) -> None:
    """Print what a worker has written."""
    flush()
    for stream, text in said:
        left = text
        with suppress(OSError):
            while left:
                left = left[Real.write(stream, left) :]


def flush() -> None:
    """Have nothing wait in the streams."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()  # type: ignore[union-attr]


def _keep_on(manager: Any, capturing: Any) -> None:
    """Capture between the phases of a test, too, but where it is put aside on purpose: to turn it on takes its time."""
    resume = capturing.resume_capturing

    def resume_capturing() -> None:
        if capturing._state == "suspended":
            flush()
            resume()

    @contextmanager
    def item_capture(when: str, item: pytest.Item) -> Iterator[None]:
        manager.resume_global_capture()
        manager.activate_fixture()
        try:
            yield
        finally:
            manager.deactivate_fixture()
            out, err = manager.read_global_capture()
            item.add_report_section(when, "stdout", out)
            item.add_report_section(when, "stderr", err)

    capturing.resume_capturing = resume_capturing
    manager.item_capture = item_capture
    resume_capturing()


def _are_one(stream: int, other: int) -> bool:
    try:
        return os.path.samestat(os.fstat(stream), os.fstat(other))
    except OSError:
        return False


def _appended() -> int:
    with tempfile.TemporaryFile(buffering=0) as file:
        descriptor = out_of_the_way(os.dup(file.fileno()))
    import fcntl

    fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
    return descriptor


def _taken(file: int) -> bytes:
    size = Real.fstat(file).st_size
    text = b""
    while len(text) < size:
        text += Real.read_at(file, size - len(text), len(text))
    Real.truncate(file, 0)
    return text
