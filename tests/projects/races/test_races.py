"""Ten things that two tests share without knowing. One after the other, they pass."""

import json
import os
import shutil
import socket
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PORT = 28731  # below those that systems hand out


def serve_once() -> bytes:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", PORT))
        server.listen()
        with socket.create_connection(("127.0.0.1", PORT)) as client:
            served, _ = server.accept()
            with served:
                served.sendall(b"hello")
            return client.recv(5)


def test_serves_over_ipv4():
    assert serve_once() == b"hello"


class TestServer:
    def test_greets_again(self):
        assert serve_once() + serve_once() == b"hellohello"


def test_writes_a_report():
    (HERE / "report.txt").write_text("total: 3")
    assert (HERE / "report.txt").read_text() == "total: 3"


def test_writes_another_report():
    (HERE / "report.txt").write_text("total: 14")
    assert (HERE / "report.txt").read_text().endswith(" 14")


@pytest.mark.parametrize("name", ["ada", "alan"])
def test_exports_a_user(name):
    path = Path(tempfile.gettempdir()) / "races-export.json"
    with open(path, "w") as file:
        json.dump({"user": name}, file)
    assert json.loads(path.read_text())["user"] == name
    path.unlink()


def orders(*, amounts):
    with closing(sqlite3.connect(HERE / "shop.db")) as database:
        database.execute("CREATE TABLE IF NOT EXISTS orders (amount INTEGER)")
        database.execute("DELETE FROM orders")
        database.commit()
        for amount in amounts:
            database.execute("INSERT INTO orders VALUES (?)", (amount,))
            database.commit()
        return database.execute("SELECT sum(amount) FROM orders").fetchone()[0]


def test_sums_orders():
    assert orders(amounts=[1, 2, 3]) == 6


def test_sums_one_order():
    assert orders(amounts=[40]) == 40


def take_lock():
    descriptor = os.open(HERE / "job.lock", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    os.write(descriptor, str(os.getpid()).encode())
    os.close(descriptor)


def test_job_is_started_once():
    take_lock()
    with pytest.raises(FileExistsError):
        take_lock()
    (HERE / "job.lock").unlink()


def test_job_can_be_started_after_its_end():
    for _ in range(2):
        take_lock()
        (HERE / "job.lock").unlink()


COUNTER = HERE / "counter.txt"


def next_number() -> int:
    number = int(COUNTER.read_text()) + 1 if COUNTER.exists() else 1
    COUNTER.write_text(str(number))
    return number


def test_numbers_go_up_by_one():
    first = next_number()
    assert next_number() == first + 1


def test_three_numbers_are_in_a_row():
    first = next_number()
    assert [next_number(), next_number()] == [first + 1, first + 2]


INBOX = HERE / "inbox"


def deliver(name):
    INBOX.mkdir(exist_ok=True)
    before = len(os.listdir(INBOX))
    (INBOX / name).write_text("Subject: hello")
    after = len(os.listdir(INBOX))
    (INBOX / name).unlink()
    return after - before


def test_a_letter_arrives():
    assert deliver("letter.eml") == 1


def test_a_bill_arrives():
    assert deliver("bill.eml") == 1


@pytest.fixture(scope="session")
def workspace():
    folder = HERE / "workspace"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_builds_a_page(workspace):
    (workspace / "page.html").write_text("<p>page</p>")
    assert (workspace / "page.html").read_text() == "<p>page</p>"


def test_builds_an_image(workspace):
    (workspace / "image.svg").write_text("<svg/>")
    assert (workspace / "image.svg").read_text() == "<svg/>"


CONFIG = HERE / "data" / "config.json"


def test_rate_can_be_changed():
    before = CONFIG.read_text()
    with CONFIG.open("w") as file:
        json.dump({"rate": 10, "currency": "EUR"}, file)
    assert json.loads(CONFIG.read_text())["rate"] == 10
    CONFIG.write_text(before)


def test_rate_is_read():
    assert json.loads(CONFIG.read_text())["rate"] == 20


def listen_at(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        path.unlink()


def test_control_socket_opens(monkeypatch):
    monkeypatch.chdir(HERE)
    listen_at(Path("control.sock"))


def test_control_socket_opens_again(monkeypatch):
    monkeypatch.chdir(HERE)
    listen_at(Path("control.sock"))
    listen_at(Path("control.sock"))
