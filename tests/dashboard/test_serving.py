"""The page over HTTP, asked by real clients."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from noxtasks.dashboard import page, serving
from noxtasks.errors import ConfigurationError, ExitCode

from . import samples
from .conftest import Forge

SCORE = {"figure": None, "interval": None, "tried": 0}
AUDIT = {"findings": [], "differing": [], "score": SCORE, "files": 1, "tests": 1, "runs": 2}
NAME = "determinism.audit.json"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    status: int
    data: bytes
    headers: dict[str, str]


@pytest.fixture
def reports(tmp_path: Path, forge: Forge) -> Path:
    forge(NAME, AUDIT)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "ladder.html").write_text("<p>the ladder")
    return tmp_path


@pytest.fixture
def served(reports: Path) -> Iterator[ThreadingHTTPServer]:
    with serving.server(reports, project="shop", interpreters=("3.12",), port=0) as opened:
        thread = threading.Thread(target=opened.serve_forever)
        thread.start()
        yield opened
        opened.shutdown()
        thread.join()


def ask(port: int, path: str, *, method: str = "GET", host: str | None = None) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(method, path, skip_host=True)
        connection.putheader("Host", f"127.0.0.1:{port}" if host is None else host)
        connection.endheaders()
        reply = connection.getresponse()
        headers = {name.lower(): value for name, value in reply.getheaders()}
        return Reply(status=reply.status, data=reply.read(), headers=headers)
    finally:
        connection.close()


def test_the_page_and_the_pages_of_objectives_are_served(served: ThreadingHTTPServer) -> None:
    for path in ("/", "/index.html", "/?x=1"):
        assert b"no findings in 1 file" in ask(served.server_port, path).data
    assert ask(served.server_port, "/ladder.html").data == b"<p>the ladder"
    assert ask(served.server_port, "/3.12/").status == 200
    head = ask(served.server_port, "/", method="HEAD")
    assert (head.status, head.data, head.headers["x-content-type-options"]) == (200, b"", "nosniff")


@pytest.mark.parametrize(
    "path",
    [
        "/secret.txt",
        "/../reports/secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "//secret.txt",
        "/3.12/../secret.txt",
        "/SHA256SUMS",
        "/events.jsonl",
        "/mutation.html",
        "/3.13/index.html",
        "/3.12",
        "/index.html/",
        "index.html",
        "http://127.0.0.1/",
        "*",
        "/\x00",
    ],
)
def test_nothing_else_is(served: ThreadingHTTPServer, path: str) -> None:
    with socket.create_connection(("127.0.0.1", served.server_port), timeout=30) as client:
        client.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{served.server_port}\r\n\r\n".encode())
        reply = client.makefile("rb").read()
    assert b"secret\n" not in reply
    assert reply.split()[1] in {b"404", b"400"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{}", "127.0.0.1", "127.0.0.1:1", "", "0.0.0.0:{}"])
def test_who_asks_for_another_host_gets_nothing(served: ThreadingHTTPServer, host: str) -> None:
    for path in ("/", "/version"):
        assert ask(served.server_port, path, host=host.format(served.server_port)).status == 403


def test_other_methods_are_refused(served: ThreadingHTTPServer) -> None:
    assert ask(served.server_port, "/", method="POST").status == 501


def test_it_can_be_reached_from_this_machine_alone(served: ThreadingHTTPServer) -> None:
    assert served.server_address[0] == "127.0.0.1"
    assert ask(served.server_port, "/", host=f"localhost:{served.server_port}").status == 200


def test_the_version_changes_when_an_artifact_does_and_the_page_with_it(
    served: ThreadingHTTPServer, forge: Forge
) -> None:
    before = ask(served.server_port, "/version").data
    assert ask(served.server_port, "/version").data == before
    forge(NAME, {**AUDIT, "files": 2})
    assert ask(served.server_port, "/version").data != before
    assert b"no findings in 2 files" in ask(served.server_port, "/").data


def test_the_page_of_an_artifact_that_is_broken_meanwhile_is_served_all_the_same(
    served: ThreadingHTTPServer, reports: Path
) -> None:
    (reports / NAME).write_text("{")
    (reports / "SHA256SUMS").touch()
    os.utime(reports / "SHA256SUMS", ns=(1, 1))
    assert b"its content is not what SHA256SUMS says" in ask(served.server_port, "/").data


def test_an_artifact_that_is_altered_or_goes_makes_another_version_though_nothing_lists_it(
    served: ThreadingHTTPServer, reports: Path
) -> None:
    def shown() -> bytes:
        return ask(served.server_port, "/").data

    whole = (reports / NAME).read_bytes()
    version = ask(served.server_port, "/version").data
    assert b"no findings in 1 file" in shown()
    (reports / NAME).write_bytes(whole[:100])
    assert ask(served.server_port, "/version").data != version
    assert b"its content is not what SHA256SUMS says" in shown()
    (reports / NAME).unlink()
    assert f"there is no {NAME}".encode() in shown()
    (reports / NAME).write_bytes(whole)
    assert b"no findings in 1 file" in shown()


def test_reports_that_go_and_come_back_are_followed(served: ThreadingHTTPServer, reports: Path, forge: Forge) -> None:
    shutil.rmtree(reports)
    assert b"Nothing is measured yet." in ask(served.server_port, "/").data
    assert not reports.exists()
    forge(NAME, {**AUDIT, "files": 3})
    assert b"no findings in 3 files" in ask(served.server_port, "/").data


def test_of_many_changes_at_once_the_last_is_shown(served: ThreadingHTTPServer, forge: Forge) -> None:
    for number in range(30):
        forge(NAME, {**AUDIT, "files": 10 + number})
        assert f"no findings in {10 + number} files".encode() in ask(served.server_port, "/").data


def test_a_client_that_goes_away_is_no_error_and_one_that_says_nothing_holds_nobody_up(
    served: ThreadingHTTPServer, capfd: pytest.CaptureFixture[str]
) -> None:
    request = f"GET / HTTP/1.0\r\nHost: 127.0.0.1:{served.server_port}\r\n\r\n".encode()
    at_once = struct.pack("ii", 1, 0)
    with contextlib.ExitStack() as silent:
        for _ in range(20):
            silent.enter_context(socket.create_connection(("127.0.0.1", served.server_port)))
            with socket.create_connection(("127.0.0.1", served.server_port)) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
                client.sendall(request)
        assert ask(served.server_port, "/").status == 200
    assert capfd.readouterr().err == ""


def test_only_the_page_that_is_served_may_ask_for_a_newer_one() -> None:
    plain = page.render(samples.page())
    asking = serving.asking(plain, "abc")
    assert b"connect-src" not in plain
    assert b"refresh.js" not in plain
    policy = asking.partition(b"Content-Security-Policy")[2].partition(b">")[0]
    assert b"connect-src 'self'; script-src 'self' " in policy
    assert asking.count(b'<script src="/refresh.js" data-version="abc" defer></script></body>') == 1


def test_a_port_that_is_taken_is_a_clear_error(served: ThreadingHTTPServer, reports: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        serving.server(reports, project="shop", port=served.server_port)
    assert f"port {served.server_port} cannot be had" in str(caught.value)
    assert "--port 0" in caught.value.remedy


@pytest.mark.functional
@pytest.mark.skipif(os.name != "posix", reason="it is interrupted by a signal")
def test_the_command_serves_until_it_is_interrupted(reports: Path) -> None:
    command = [sys.executable, "-P", "-m", "noxtasks", "dashboard", "-S", "reports=.", "--serve", "--port", "0"]
    restored = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.default_int_handler)}
    with subprocess.Popen(command, cwd=reports, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **restored) as process:  # type: ignore[call-overload] # a keyword by its name
        assert process.stdout is not None
        lines = [process.stdout.readline().decode(), process.stdout.readline().decode()]
        address = lines[1].split()[1]
        port = int(address.rstrip("/").rpartition(":")[2])
        assert b"no findings in 1 file" in ask(port, "/").data
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert (process.returncode, output, errors) == (ExitCode.INTERRUPTED, b"stopped\n", b"")


@pytest.mark.functional
def test_a_browser_shows_what_is_written_next(served: ThreadingHTTPServer, forge: Forge) -> None:
    pytest.importorskip("playwright", reason="no browser can be driven here: playwright is not installed")
    from .browser import launched  # noqa: PLC0415

    with launched() as browser:
        opened = browser.new_page()
        troubles: list[str] = []
        opened.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        opened.goto(f"http://127.0.0.1:{served.server_port}/")
        opened.wait_for_selector("text=no findings in 1 file", state="attached")
        forge(NAME, {**AUDIT, "files": 7})
        opened.wait_for_selector("text=no findings in 7 files", state="attached", timeout=60_000)
        opened.close()
    assert troubles == []


@pytest.mark.functional
def test_a_page_that_is_loaded_anew_is_left_as_it_stood(served: ThreadingHTTPServer, forge: Forge) -> None:
    pytest.importorskip("playwright", reason="no browser can be driven here: playwright is not installed")
    from .browser import launched  # noqa: PLC0415

    finding = {"kind": "clock", "what": "now", "code": "", "why": "", "advice": "", "path": "a.py", "line": 1}
    audit = {**AUDIT, "findings": [finding] * 60}
    with launched() as browser:
        opened = browser.new_page(viewport={"width": 400, "height": 300})
        forge(NAME, audit)
        opened.goto(f"http://127.0.0.1:{served.server_port}/")
        opened.wait_for_selector("html[data-ready]", state="attached")
        opened.locator("form[data-list=findings] input").focus()
        opened.evaluate("scrollTo(0, 700)")
        forge(NAME, {**audit, "files": 7})
        opened.wait_for_selector("text=60 findings in 7 files", state="attached", timeout=60_000)
        opened.wait_for_selector("html[data-ready]", state="attached")
        opened.wait_for_selector("form[data-list=findings] input:focus")
        assert opened.evaluate("scrollY") == 700
        opened.close()
