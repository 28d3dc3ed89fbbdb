"""See README.md."""

import socket
import tempfile
import threading

import pytest

KEPT = []


def test_leaves_a_file_open(tmp_path):
    KEPT.append((tmp_path / "log").open("w"))


def test_leaves_a_socket_open():
    KEPT.append(socket.socket())


def test_leaves_a_thread_alive():
    threading.Thread(target=threading.Event().wait, daemon=True, name="forgotten").start()


def test_leaves_a_temporary_file():
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(b"left")


@pytest.fixture(scope="module")
def server():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_uses_what_its_module_closes(server, tmp_path):
    with (tmp_path / "own").open("w") as file:
        file.write(str(server.getsockname()))
