"""What a forked worker and the process that it came from say to each other: pickled frames over a socket.

Both are copies of one process, so that what the one pickles the other knows, down to the classes of the user's tests.
"""

from __future__ import annotations

import pickle
import socket
import struct
from contextlib import suppress
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .frames import out_of_the_way

_LENGTH = struct.Struct("!I")
_PART = 1 << 16


class Frame(NamedTuple):
    """One thing said."""

    kind: str
    fields: Dict[str, Any]


class Channel:
    """One end."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._received = b""

    @classmethod
    def pair(cls) -> Tuple[Channel, Channel]:
        """Both ends."""
        one, other = socket.socketpair()
        return cls(one), cls(other)

    def fileno(self) -> int:
        """For `select`."""
        return self._end.fileno()

    def move(self) -> None:
        """Take a high descriptor, where tests that close or expect low ones do not meet it."""
        self._end = socket.socket(fileno=out_of_the_way(self._end.detach()))

    def close(self) -> None:
        """Let it go."""
        self._end.close()

    def send(self, kind: str, **fields: Any) -> None:
        """Say one thing. Raises `OSError` where nobody hears it any more."""
        data = pickle.dumps(Frame(kind, fields), pickle.HIGHEST_PROTOCOL)
        self._end.sendall(_LENGTH.pack(len(data)) + data)

    def receive(self) -> Frame:
        """The next thing said, waited for. Raises `EOFError` where none will come."""
        while True:
            for frame in self._whole(1):
                return frame
            part = self._end.recv(_PART)
            if not part:
                raise EOFError
            self._received += part

    def heard(self) -> Optional[List[Frame]]:
        """All that has been said since, once `select` has found something; None where no more will come."""
        part = b""
        with suppress(ConnectionError):
            part = self._end.recv(_PART)
        self._received += part
        return self._whole() if part else None

    def rest(self) -> List[Frame]:
        """What was said by an end that is gone, and not received."""
        self._end.setblocking(False)
        with suppress(OSError):
            while True:
                part = self._end.recv(_PART)
                if not part:
                    break
                self._received += part
        return self._whole()

    def _whole(self, most: int = 1 << 30) -> List[Frame]:
        frames: List[Frame] = []
        start = 0
        while len(frames) < most and len(self._received) >= start + _LENGTH.size:
            end = start + _LENGTH.size + _LENGTH.unpack_from(self._received, start)[0]
            if len(self._received) < end:
                break
            frames.append(pickle.loads(memoryview(self._received)[start + _LENGTH.size : end]))  # noqa: S301 - our own copy
            start = end
        self._received = self._received[start:]
        return frames
