"""Histories to try things on: in a SQLite file, and in a PostgreSQL server started for the tests alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from noxtasks.history import Session, SessionKind, open_history
from noxtasks.history.store import History
from noxtasks.suite.model import EngineKind, Order, Outcome, Result, Run

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def _postgres_binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    return found[0].parent if found else Path(on_path).parent if on_path else None


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.name != "posix":
        return None
    import pwd  # noqa: PLC0415 - Windows has none

    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The folder of the socket of a private server: one for each xdist worker, reachable from nowhere else."""
    binaries, user = _postgres_binaries(), _unprivileged()
    if binaries is None or user is None:
        pytest.skip("no PostgreSQL server on this machine")
    import pwd  # noqa: PLC0415 # noxtasks: portable - where there is none, the fixture has ended

    folder = Path(tempfile.mkdtemp(prefix="noxtasks-pg-", dir="/tmp"))  # a socket's path must be short
    shutil.chown(folder, user)
    options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": folder}
    if os.geteuid() == 0:
        options |= {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=200"
    data = str(folder / "data")
    initdb = [str(binaries / "initdb"), "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]
    pg_ctl = [str(binaries / "pg_ctl"), "-D", data, "-w", "-s"]
    try:
        subprocess.run(initdb, check=True, **options)
        subprocess.run([*pg_ctl, "-l", str(folder / "log"), "-o", settings, "start"], check=True, **options)
        yield str(folder)
    finally:
        subprocess.run([*pg_ctl, "-m", "immediate", "stop"], check=False, **options)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """An empty database."""
    name = f"t{uuid4().hex}"
    with psycopg.connect(host=postgres, user="tester", dbname="postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
        yield f"postgresql://tester@/{name}?host={postgres}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that does not exist yet, or is empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'history.db'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def history(url: str) -> Iterator[History]:
    with open_history(url) as opened:
        yield opened


@pytest.fixture
def make_session() -> Callable[..., Session]:
    """A session of project `p` at code version `c1`, unless told otherwise."""

    def make(**fields: Any) -> Session:
        default: dict[str, Any] = {
            "id": uuid4().hex,
            "project": "p",
            "kind": SessionKind.FLAKE,
            "started": MOMENT,
            "code_version": "c1",
        }
        return Session(**default | fields)

    return make


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """A run; its results may be given as outcomes by node id."""

    def make(results: dict[str, Outcome] | tuple[Result, ...] = (), **fields: Any) -> Run:
        if isinstance(results, dict):
            results = tuple(
                Result(nodeid=nodeid, position=position, outcome=outcome, duration_s=0.25)
                for position, (nodeid, outcome) in enumerate(results.items())
            )
        default: dict[str, Any] = {
            "number": 0,
            "seed": 11,
            "hash_seed": 12,
            "order": Order.FULL,
            "engine": EngineKind.FORK,
            "started": MOMENT,
            "duration_s": 1.5,
        }
        return Run(**default | fields, results=results)

    return make
