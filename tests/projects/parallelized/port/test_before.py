import socket
import threading

import pytest

PORT = 28741


@pytest.fixture
def server():
    listener = socket.create_server(("127.0.0.1", PORT))

    def greet():
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"hello")

    thread = threading.Thread(target=greet)
    thread.start()
    yield ("127.0.0.1", PORT)
    thread.join()
    listener.close()


def test_it_greets(server):
    with socket.create_connection(server) as client:
        assert client.recv(5) == b"hello"


def test_it_hangs_up(server):
    with socket.create_connection(server) as client:
        assert client.makefile().read() == "hello"
