"""What looks shared and is not, or is shared and does no harm."""

import fcntl
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("value", ["one", "two"])
def test_environment_is_passed_on(value, monkeypatch):
    monkeypatch.setenv("RACES_VALUE", value)
    code = "import os; print(os.environ['RACES_VALUE'])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == value


@pytest.mark.parametrize("name", ["a", "b"])
def test_working_directory_is_its_own(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("out.txt").write_text(name)
    assert Path("out.txt").read_text() == name
    assert os.listdir() == ["out.txt"]


@pytest.mark.parametrize("number", range(2))
def test_any_port_will_do(number):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        with socket.create_connection(server.getsockname()):
            pass


@pytest.mark.parametrize("number", range(2))
def test_the_worker_has_a_file_of_its_own(number):
    path = HERE / f"scratch-{os.environ.get('PYTEST_XDIST_WORKER', 'master')}.txt"
    path.write_text(str(number))
    assert path.read_text() == str(number)
    path.unlink()


@pytest.mark.parametrize("row", range(2))
def test_data_is_only_read(row):
    assert len((HERE / "data" / "people.csv").read_text().splitlines()[row].split(",")) == 2


@pytest.mark.parametrize("number", range(2))
def test_a_database_in_memory(number):
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (x)")
    database.execute("INSERT INTO t VALUES (?)", (number,))
    assert database.execute("SELECT x FROM t").fetchall() == [(number,)]


@pytest.mark.parametrize("number", range(2))
def test_a_temporary_file_of_a_name_by_chance(number):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x").write_text(str(number))
        assert (Path(folder) / "x").read_text() == str(number)


@pytest.mark.parametrize("number", range(2))
def test_a_folder_that_may_be_there(number):
    (HERE / "cache").mkdir(exist_ok=True)
    assert (HERE / "cache").is_dir()


@pytest.mark.parametrize("number", range(2))
def test_a_log_is_only_appended_to(number):
    with (HERE / "steady.log").open("a") as log:
        log.write(f"{number}\n")
    assert str(number) in (HERE / "steady.log").read_text()


@pytest.mark.parametrize("number", range(2))
def test_a_counter_under_a_lock(number):
    with (HERE / "guarded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = HERE / "guarded.txt"
        before = int(path.read_text()) if path.exists() else 0
        path.write_text(str(before + 1))
        assert int(path.read_text()) == before + 1


@pytest.mark.parametrize("text", ["one", "two"])
def test_a_file_that_is_replaced_whole(text):
    descriptor, name = tempfile.mkstemp(dir=HERE)
    os.write(descriptor, text.encode())
    os.close(descriptor)
    os.replace(name, HERE / "whole.txt")
    assert (HERE / "whole.txt").read_text() in ("one", "two")
