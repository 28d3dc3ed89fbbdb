"""Opening a history: at first use, by many at once, and where it cannot be opened."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from noxtasks.errors import HistoryError
from noxtasks.history import Session, open_history, tables
from noxtasks.history.store import History
from noxtasks.suite.model import Outcome, Run

pytestmark = pytest.mark.functional

WRITER = """
import sys
from datetime import UTC, datetime
from noxtasks.history import Session, SessionKind, open_history
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Result, Run

url, who, start = sys.argv[1:]
sys.stdin.readline()  # until all of them are here
now = datetime(2026, 1, 1, tzinfo=UTC)
with open_history(url) as history:
    session = Session(id=f"writer{who}", project="p", kind=SessionKind.FLAKE, started=now, code_version="c")
    history.begin(session)
    for number in range(5):
        failure = Failure(fingerprint=f"f{number}", phase="call", exception="E", message="m")
        results = tuple(
            Result(nodeid=f"test_{nodeid}", position=position, outcome=Outcome.FAILED, duration_s=0, failure=failure)
            for position, nodeid in enumerate(sorted(range(60), key=lambda i: (i * 7 + int(who)) % 60))
        )
        how = {"seed": 0, "hash_seed": 0, "order": Order.FULL, "engine": EngineKind.FORK}
        run = Run(number=number, **how, started=now, duration_s=0, results=results)
        assert history.record(session.id, run)
    history.end(session.id, ended=now, complete=True)
"""


def the_statement(url: str, statement: str) -> None:
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.mark.functional
def test_eight_processes_that_all_create_it_and_write_at_once_lose_nothing(url: str) -> None:
    command = [sys.executable, "-c", WRITER, url]
    writers = [
        subprocess.Popen([*command, str(who), ""], stdin=subprocess.PIPE, stderr=subprocess.PIPE) for who in range(8)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    said = [writer.communicate()[1].decode() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8, said
    with open_history(url) as history:
        tallies = history.rates("p", "c")
        assert [tally.runs for tally in tallies] == [40] * 60
        assert all(cause.count == 8 for tally in tallies for cause in tally.causes)
        assert len(history.sessions("p")) == 8


def test_threads_share_one_history(
    history: History, make_session: Callable[..., Session], make_run: Callable[..., Run]
) -> None:
    session = make_session()
    history.begin(session)
    together = threading.Barrier(8)

    def write(number: int) -> None:
        together.wait()
        history.record(session.id, make_run({f"t{i % 9}{number % 2}": Outcome.PASSED for i in range(9)}, number=number))
        assert history.rates("p", "c1")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [tally.runs for tally in history.rates("p", "c1")] == [4] * 18
    assert history.session(session.id).run_numbers == tuple(range(8))


def test_a_history_opened_again_remembers(url: str, make_session: Callable[..., Session]) -> None:
    session = make_session()
    with open_history(url) as history:
        history.begin(session)
    with open_history(url) as history:
        assert history.session(session.id).session == session


@pytest.mark.parametrize(
    ("by", "statement", "remedy"),
    [
        (1, "UPDATE schema_version SET version = version + 1", "or a newer one"),
        (-1, "UPDATE schema_version SET version = version - 1", "Move it away"),
    ],
)
def test_a_history_of_another_version_is_left_alone(url: str, by: int, statement: str, remedy: str) -> None:
    open_history(url).close()
    the_statement(url, statement)
    said = f"its schema has version {tables.SCHEMA_VERSION + by}, and this noxtasks knows version"
    with pytest.raises(HistoryError, match=said) as caught:
        open_history(url)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE orders (id INTEGER)"],
        ["CREATE TABLE schema_version (version INTEGER)"],
        ["CREATE TABLE schema_version (application TEXT, version INTEGER)"],
    ],
)
def test_a_database_of_something_else_is_left_alone(url: str, tmp_path: Path, statements: list[str]) -> None:
    (tmp_path / "new").mkdir()
    for statement in statements:
        the_statement(url, statement)
    with pytest.raises(HistoryError, match="holds something else than a history"):
        open_history(url)


def test_its_folder_is_made_and_kept_out_of_git(tmp_path: Path) -> None:
    open_history(f"sqlite:///{tmp_path}/project/.noxtasks/history.db").close()
    assert (tmp_path / "project/.noxtasks/.gitignore").read_text() == "*\n"
    open_history(f"sqlite:///{tmp_path}/other/history.db").close()
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["history.db"]


def test_a_relative_path_is_meant_from_the_folder_in_which_it_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_session: Callable[..., Session]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with open_history() as history:
        monkeypatch.chdir("elsewhere")
        history.begin(make_session())
        assert history.where == str(tmp_path / ".noxtasks/history.db")
    assert not (tmp_path / "elsewhere/.noxtasks").exists()


def test_a_damaged_file_is_named_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(HistoryError, match="not a database") as caught:
        open_history(f"sqlite:///{path}")
    assert caught.value.where == str(path)
    assert "Move it away" in caught.value.remedy
    assert path.read_bytes().startswith(b"this is no database")


def test_a_file_damaged_in_the_middle_is_an_error_and_no_traceback(
    tmp_path: Path, make_session: Callable[..., Session], make_run: Callable[..., Run]
) -> None:
    path = tmp_path / "history.db"
    session = make_session()
    with open_history(f"sqlite:///{path}") as history:
        history.begin(session)
        history.record(session.id, make_run({f"test_{i}": Outcome.PASSED for i in range(3000)}))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 4)
        file.write(b"\xff" * (size // 2))
    with open_history(f"sqlite:///{path}") as history, pytest.raises(HistoryError, match="malformed") as caught:
        history.run(session.id, 0)
    assert "damaged" in caught.value.remedy


def test_a_history_that_another_process_holds_too_long_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_session: Callable[..., Session]
) -> None:
    monkeypatch.setattr("noxtasks.history.database.BUSY_TIMEOUT_S", 0)
    path = tmp_path / "history.db"
    with open_history(f"sqlite:///{path}") as history:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(HistoryError, match="locked") as caught:
            history.begin(make_session())
        assert "Another process holds it" in caught.value.remedy
        other.execute("ROLLBACK")
        other.close()
        history.begin(make_session())


def test_a_history_that_is_read_only_can_be_read_and_says_so_when_written(
    tmp_path: Path, make_session: Callable[..., Session]
) -> None:
    path = tmp_path / "history.db"
    open_history(f"sqlite:///{path}").close()
    with open_history(f"sqlite:///file:{path}?mode=ro&uri=true") as history:
        assert history.sessions("p") == []
        with pytest.raises(HistoryError, match="readonly") as caught:
            history.begin(make_session())
    assert "writable" in caught.value.remedy


def test_a_path_that_cannot_be_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HistoryError, match="folder cannot be created") as caught:
        open_history(f"sqlite:///{tmp_path}/file/history.db")
    assert caught.value.where == str(tmp_path / "file/history.db")
    with pytest.raises(HistoryError, match="unable to open database file") as caught:
        open_history(f"sqlite:///{tmp_path}")
    assert caught.value.where == str(tmp_path)


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="only POSIX holds back, and root may write anywhere"
)
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(HistoryError, match="unable to open database file"):
        open_history(f"sqlite:///{tmp_path}/history.db")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "cannot be read"),
        ("history.db", "cannot be read"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("mysql://u@h/d", "cannot be kept in mysql"),
        ("postgresql+psycopg2://u@h/d", "cannot be kept in postgresql"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused_with_one_that_works(url: str, said: str) -> None:
    with pytest.raises(HistoryError, match=said) as caught:
        open_history(url)
    assert "sqlite:///" in caught.value.remedy


@pytest.mark.parametrize(
    "url", ["postgres://u:secret@{host}/d", "postgresql://u:secret@/d?host=/nowhere", "mysql://u:secret@h/d"]
)
def test_no_error_shows_the_password(url: str) -> None:
    with pytest.raises(HistoryError) as caught:
        open_history(url.format(host="127.0.0.1:1"))
    assert "secret" not in str(caught.value)
    assert caught.value.where
    assert caught.value.remedy


def test_a_database_or_a_user_that_the_server_lacks_is_told(postgres: str) -> None:
    with pytest.raises(HistoryError, match='database "nope" does not exist') as caught:
        open_history(f"postgresql://tester@/nope?host={postgres}")
    assert "Create the database" in caught.value.remedy


def test_a_database_that_cannot_hold_every_character_is_refused(postgres: str) -> None:
    with psycopg.connect(host=postgres, user="tester", dbname="postgres", autocommit=True) as server:
        server.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        with pytest.raises(HistoryError, match="encoded in LATIN1"):
            open_history(f"postgresql://tester@/latin?host={postgres}")
        server.execute("DROP DATABASE latin WITH (FORCE)")


@pytest.mark.functional
def test_nothing_but_opening_pays_for_the_database_library() -> None:
    check = "import sys, noxtasks.history; assert not {'sqlalchemy', 'junitparser', 'psycopg'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)
