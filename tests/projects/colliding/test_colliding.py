"""What many suites do that nobody has meant to run side by side."""

import os
import socket
import tempfile
import threading
import time
from pathlib import Path

import pytest

PORT = 18737
IN_PROJECT = Path(__file__).with_name("state.txt")
IN_TEMP = Path(tempfile.gettempdir(), "noxtasks-colliding.txt")
TIMES = pytest.mark.parametrize("number", range(12))


@pytest.fixture(scope="session")
def server():
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", PORT))
    listening.listen()
    threading.Thread(target=answer, args=(listening,), daemon=True).start()
    return PORT


def answer(listening):
    while True:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(str(os.getpid()).encode())


@TIMES
def test_the_server_is_the_one_that_was_started(server, number):
    with socket.create_connection(("localhost", server), timeout=5) as connection:
        assert int(connection.recv(100)) == os.getpid()
    time.sleep(0.02)


@TIMES
@pytest.mark.parametrize("path", [IN_PROJECT, IN_TEMP], ids=["project", "temp"])
def test_what_was_written_is_there(path, number):
    path.write_text(str(os.getpid()))
    time.sleep(0.02)
    assert path.read_text() == str(os.getpid())
