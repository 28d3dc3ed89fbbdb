"""The page on this machine's own address, made anew in the browser whenever an artifact is written.

The server speaks to this machine alone, and knows a closed list of names: no path is ever put together from what a
client has sent. A request that names another host comes from a page elsewhere whose name has been made to lead here
(DNS rebinding), and is refused.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

from noxtasks.dashboard import gathering, refreshing
from noxtasks.errors import ConfigurationError

ADDRESS = "127.0.0.1"
PORT = 8765

_HTTP = "80"  # the port that a browser does not name

_HOSTS = (ADDRESS, "localhost")
_SHOWN = (*refreshing.WRITTEN, *gathering.names(), gathering.WHO)
_VERSION = "/version"
_SCRIPT = "/refresh.js"
_TAG = f'<script src="{_SCRIPT}" data-version="{{}}" defer></script>'
_POLICY = ((rb"(?<=script-src )", b"'self' "), (rb"(?=script-src )", b"connect-src 'self'; "))
_OCCUPIED = {errno.EADDRINUSE, errno.EACCES}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent for a path."""

    status: HTTPStatus
    kind: str = "text/plain; charset=utf-8"
    data: bytes = b""


class Folder:
    """The pages of a folder of reports. Safe for several threads."""

    def __init__(self, reports: Path, *, project: str, interpreters: Sequence[str] = ()) -> None:
        self._reports = reports
        self._project = project
        self._interpreters = tuple(interpreters)
        self._lock = Lock()
        self._made: dict[str, tuple[refreshing.State, bytes]] = {}
        pages = sorted({each.page for each in gathering.OBJECTIVES if each.page})
        folders = {"": reports, **{f"{name}/": reports / name for name in interpreters}}
        self._files = {f"/{prefix}{page}": folder / page for prefix, folder in folders.items() for page in pages}
        self._indexes = {f"/{prefix}{refreshing.PAGE}": prefix for prefix in folders}

    def answer(self, path: str) -> Answer:
        """What is at `path`, which begins with a slash."""
        path = path.partition("?")[0]
        path = f"{path}{refreshing.PAGE}" if f"{path}{refreshing.PAGE}" in self._indexes else path
        if path == _VERSION:
            return Answer(status=HTTPStatus.OK, data=_version(self._state()).encode())
        if path == _SCRIPT:
            return Answer(status=HTTPStatus.OK, kind="text/javascript; charset=utf-8", data=_asking())
        if path in self._indexes:
            return _html(self._index(self._indexes[path]))
        return _file(self._files[path]) if path in self._files else Answer(status=HTTPStatus.NOT_FOUND, data=b"?\n")

    def _state(self) -> refreshing.State:
        """Of the artifacts themselves, too: who alters one lists it nowhere."""
        return refreshing.state(self._reports, self._interpreters, names=_SHOWN)

    def _index(self, prefix: str) -> bytes:
        with self._lock:
            state = self._state()
            known = self._made.get(prefix)
            if known is None or known[0] != state:
                folder = self._reports / prefix if prefix else self._reports
                interpreters = () if prefix else self._interpreters
                data = refreshing.rendered(folder, project=self._project, interpreters=interpreters)
                known = self._made[prefix] = (state, asking(data, _version(state)))
            return known[1]


def _version(state: refreshing.State) -> str:
    return hashlib.sha256(repr(state).encode()).hexdigest()


def asking(page: bytes, version: str) -> bytes:
    """The page with a script that asks whether there is another version of it, and is allowed to."""
    for before, added in _POLICY:
        page = re.sub(before, added, page, count=1)
    head, end, tail = page.rpartition(b"</body>")
    return head + _TAG.format(version).encode() + end + tail


def _asking() -> bytes:
    return resources.files(__package__).joinpath("script", "refresh.js").read_bytes()


def _html(data: bytes) -> Answer:
    return Answer(status=HTTPStatus.OK, kind="text/html; charset=utf-8", data=data)


def _file(path: Path) -> Answer:
    try:
        return _html(path.read_bytes()) if not path.is_symlink() else Answer(status=HTTPStatus.NOT_FOUND, data=b"?\n")
    except OSError:
        return Answer(status=HTTPStatus.NOT_FOUND, data=b"?\n")


def server(reports: Path, *, project: str, interpreters: Sequence[str] = (), port: int = PORT) -> ThreadingHTTPServer:
    """A server of the folder's pages; port 0 is any that is free. Raises `ConfigurationError` for one that is taken."""
    folder = Folder(reports, project=project, interpreters=interpreters)
    try:
        return _Server((ADDRESS, port), _handler(folder.answer))
    except OSError as error:
        if error.errno not in _OCCUPIED:
            raise
        remedy = "Name another one, or 0 for any that is free: --port 0"
        raise ConfigurationError(
            f"port {port} cannot be had ({error.strerror})", where="--port", remedy=remedy
        ) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere two servers could have one port
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of a defect of ours. None is a client that goes away before its answer, as a page loaded anew does."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def _handler(answer: Callable[[str], Answer]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server: ThreadingHTTPServer

        server_version = "noxtasks"
        sys_version = ""
        timeout = 30.0

        def do_GET(self) -> None:
            self._send(self._found(), has_body=True)

        def do_HEAD(self) -> None:
            self._send(self._found(), has_body=False)

        def _found(self) -> Answer:
            host, _, port = (self.headers.get("Host") or "").partition(":")
            if host.lower() not in _HOSTS or (port or _HTTP) != str(self.server.server_port):
                return Answer(status=HTTPStatus.FORBIDDEN, data=b"This server answers to its own address alone.\n")
            return answer(self.path)

        def _send(self, found: Answer, *, has_body: bool) -> None:
            self.send_response(found.status)
            self.send_header("Content-Type", found.kind)
            self.send_header("Content-Length", str(len(found.data)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("X-Frame-Options", "DENY")
            self.send_header("Cross-Origin-Resource-Policy", "same-origin")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            if has_body:
                self.wfile.write(found.data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing: the page asks every second."""

    return Handler


def serve(reports: Path, *, project: str, interpreters: Sequence[str] = (), port: int = PORT) -> None:
    """Show the folder's page until interrupted."""
    with server(reports, project=project, interpreters=interpreters, port=port) as opened:
        print(f"serving http://{ADDRESS}:{opened.server_address[1]}/ until Ctrl-C", flush=True)
        try:
            opened.serve_forever()
        except KeyboardInterrupt:
            print("stopped")
