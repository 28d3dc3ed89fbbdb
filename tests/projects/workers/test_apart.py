import json
import os
import socket
import sqlite3
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def made(once_for_all_workers):
    def make():
        with open("made.txt", "a") as file:
            file.write("made\n")
        return {"pid": os.getpid(), "pair": (1, 2)}

    return once_for_all_workers("the data", make)


@pytest.mark.parametrize("number", range(8))
def test_is_alone(worker_tmp, worker_port, worker_database, made, number):
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", worker_port))
    (worker_tmp / f"{number}").touch()
    if worker_database.startswith("sqlite:///"):
        with sqlite3.connect(worker_database[len("sqlite:///"):]) as connection:
            connection.execute("create table if not exists t (x)")
    assert made["pair"] == [1, 2]
    time.sleep(0.02)  # so that each worker gets some
    seen = [str(worker_tmp), worker_port, worker_database, made["pid"]]
    Path(f"seen-{number}.json").write_text(json.dumps({"worker": os.environ.get("PYTEST_XDIST_WORKER", ""), "seen": seen}))
