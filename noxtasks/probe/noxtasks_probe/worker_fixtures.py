"""Fixtures that keep tests apart when several workers run them: a plugin that does nothing unless a test asks for one.

- `worker_tmp`: a folder that belongs to this worker for the whole session.
- `worker_port`: a free TCP port of this worker's own.
- `worker_database`: the URL of an empty database of this worker's own: a SQLite file, or, where the ini file says
  `noxtasks_database = postgresql://…`, a schema in that database, which is dropped at the end.
- `once_for_all_workers(name, make)`: what `make()` returns, which one worker calls and all have, by way of JSON.

They work under pytest-xdist and `noxtasks run`, and in plain pytest, where there is one worker. Where a project has
fixtures of these names, those are taken. Python 3.9+ and pytest 7+; the standard library and pytest alone, and psycopg
(3 or 2) for PostgreSQL.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import socket
import sys
import tempfile
import time
import urllib.parse
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest

if TYPE_CHECKING:
    from types import ModuleType

_PORTS = range(20_000, 30_000)
"""Below those that systems give to whoever asks for any (Linux from 32768, others from 49152)."""

_ATTEMPTS = 500
_LOOK_S = 0.05


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting."""
    parser.addini("noxtasks_database", "the PostgreSQL database in which worker_database makes schemas", default="")


@pytest.fixture(scope="session")
def worker_tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that belongs to this worker for the whole session."""
    return tmp_path_factory.mktemp("worker")  # numbered: one that died may have had the same name


@pytest.fixture(scope="session")
def worker_port() -> Iterator[int]:
    """A free TCP port that no other worker gets, of this run or of another on this machine, while the session lasts."""
    folder = Path(tempfile.gettempdir()) / f"noxtasks-ports-{os.getuid() if hasattr(os, 'getuid') else ''}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for port in random.SystemRandom().sample(_PORTS, _ATTEMPTS):
        file = _locked(folder / str(port), wait=False)
        if file is None:
            continue
        with file:
            if _is_free(port):
                yield port
                return
    pytest.fail(f"worker_port: none of {_ATTEMPTS} ports from {_PORTS.start} to {_PORTS.stop} is free", pytrace=False)


@pytest.fixture(scope="session")
def worker_database(request: pytest.FixtureRequest, worker_tmp: Path) -> Iterator[str]:
    """The URL of an empty database that belongs to this worker for the whole session."""
    url = str(request.config.getini("noxtasks_database"))
    if not url:
        yield f"sqlite:///{(worker_tmp / 'worker.db').as_posix()}"
        return
    if not url.startswith("postgresql"):
        pytest.fail(f"noxtasks_database = {url}: expected postgresql://user@host/database", pytrace=False)
    identity: Any = getattr(request.config, "workerinput", {"workerid": "main", "testrunuid": ""})
    run = identity["testrunuid"] or f"{os.getpid()}-{time.time_ns()}"
    digest = hashlib.sha256(run.encode()).hexdigest()[:12]
    schema = re.sub(r"\W", "_", f"noxtasks_{digest}_{identity['workerid']}")
    with _schema(url, schema):
        yield _in_schema(url, schema)


@pytest.fixture(scope="session")
def once_for_all_workers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, Callable[[], Any]], Any]:
    """A function `once(name, make)`: the first worker to come calls `make`, and each gets what it returned.

    That has to be what JSON can hold, and is given as JSON gives it: tuples are lists. Where `make` raises, its worker
    has the error, and the next one tries again.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if hasattr(request.config, "workerinput") else own

    def once(name: str, make: Callable[[], Any]) -> Any:
        path = shared / f"once-{hashlib.sha256(name.encode()).hexdigest()[:16]}.json"
        with _locked(path.with_suffix(".lock"), wait=True) as lock:
            try:
                if not path.exists():
                    _keep(path, name, make())
            finally:
                _unlock(lock.fileno())
        return json.loads(path.read_text("utf-8"))

    return once


def _keep(path: Path, name: str, result: Any) -> None:
    try:
        text = json.dumps(result)
    except (TypeError, ValueError) as error:
        raise TypeError(f"once_for_all_workers({name!r}): the result cannot be shared as JSON: {error}") from None
    whole = path.with_suffix(".part")
    whole.write_text(text, "utf-8")
    whole.replace(path)


def _locked(path: Path, *, wait: bool) -> Any:
    """A file that no other process has locked; the lock goes when it is closed. None where it is taken."""
    file = path.open("ab")
    while not _lock(file.fileno()):
        if not wait:
            file.close()
            return None
        time.sleep(_LOOK_S)
    return file


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlock(descriptor: int) -> None:
    """For all who have the file open: what was forked meanwhile would hold the lock as long as it lives."""
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _is_free(port: int) -> bool:
    with socket.socket() as found:
        try:
            found.bind(("", port))
        except OSError:
            return False
    return True


@contextmanager
def _schema(url: str, schema: str) -> Iterator[None]:
    driver = _driver()
    address = re.sub(r"^postgresql\+\w+", "postgresql", url)
    _execute(driver, address, f"DROP SCHEMA IF EXISTS {schema} CASCADE")  # of one that died, and had the same name
    _execute(driver, address, f"CREATE SCHEMA {schema}")
    try:
        yield
    finally:
        _execute(driver, address, f"DROP SCHEMA {schema} CASCADE")


def _execute(driver: ModuleType, address: str, statement: str) -> None:
    connection = driver.connect(address)
    try:
        connection.cursor().execute(statement)
        connection.commit()
    finally:
        connection.close()


def _driver() -> ModuleType:
    for name in ("psycopg", "psycopg2"):
        try:
            return __import__(name)
        except ImportError:
            continue
    pytest.fail("worker_database: PostgreSQL takes psycopg: python -m pip install 'psycopg[binary]'", pytrace=False)


def _in_schema(url: str, schema: str) -> str:
    parts = urllib.parse.urlsplit(url)
    option = urllib.parse.urlencode({"options": f"-csearch_path={schema}"}, quote_via=urllib.parse.quote)
    query = "&".join(each for each in (parts.query, option) if each)
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{query}"  # geturl() leaves out // where there is no host
