"""Workers are kept apart by the fixtures for that, and share what is made once, however the suite is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from noxtasks.probe.noxtasks_probe import worker_fixtures
from noxtasks.suite.launch import PROBE_FOLDER

FIXTURES = ("-p", "noxtasks_probe.worker_fixtures", "-p", "no:cacheprovider")
WAYS = {
    "plain": ("-m", "pytest", *FIXTURES),
    "xdist": ("-m", "pytest", "-p", "xdist.plugin", "-n", "2", *FIXTURES),
    "ours": ("-m", "noxtasks", "run", "--python", sys.executable, "-n", "2", *FIXTURES),
}


def run(root: Path, way: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(PROBE_FOLDER)}
    command = [sys.executable, *WAYS[way], *arguments]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


def seen_in(root: Path) -> dict[str, list[tuple[object, ...]]]:
    """By worker, what its tests were given."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for path in sorted(root.glob("seen-*.json")):
        told = json.loads(path.read_text())
        found.setdefault(told["worker"], []).append(tuple(told["seen"]))
    return found


@pytest.mark.functional
@pytest.mark.parametrize(
    "way",
    [
        "plain",
        "xdist",
        pytest.param("ours", marks=pytest.mark.skipif(sys.platform != "linux", reason="workers are forked")),
    ],
)
def test_each_worker_has_its_own_and_what_is_made_once_is_shared(project: Callable[[str], Path], way: str) -> None:
    root = project("workers")
    done = run(root, way)
    assert "8 passed" in done.stdout, done.stdout + done.stderr
    by_worker = seen_in(root)
    assert len(by_worker) == (1 if way == "plain" else 2)
    each = [set(seen) for seen in by_worker.values()]
    assert all(len(seen) == 1 for seen in each)
    for folders, ports, databases, makers in [tuple(zip(*(next(iter(seen)) for seen in each), strict=True))]:
        assert len(set(folders)) == len(set(ports)) == len(set(databases)) == len(by_worker)
        assert len(set(makers)) == 1
    assert (root / "made.txt").read_text() == "made\n"


@pytest.mark.functional
@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked")
def test_who_takes_the_place_of_a_worker_that_died_has_its_own_too(tmp_path: Path) -> None:
    (tmp_path / "test_all.py").write_text(
        "import os, pytest\n"
        "@pytest.mark.parametrize('number', range(4))\n"
        "def test_it(worker_tmp, worker_port, worker_database, number):\n"
        "    if number < 2: os._exit(1)\n"
    )
    assert "2 failed, 2 passed" in run(tmp_path, "ours").stdout


@pytest.mark.functional
def test_what_cannot_be_shared_or_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_all.py").write_text(
        "import pytest\n"
        "def test_a(once_for_all_workers): once_for_all_workers('a set', set)\n"
        "def test_b(once_for_all_workers):\n"
        "    with pytest.raises(ZeroDivisionError): once_for_all_workers('b', lambda: 1 / 0)\n"
        "    assert once_for_all_workers('b', lambda: 2) == 2\n"
        "def test_c(worker_database): pass\n"
    )
    done = run(tmp_path, "plain", "-o", "noxtasks_database=mysql://host/name")
    assert "once_for_all_workers('a set'): the result cannot be shared as JSON" in done.stdout
    assert "noxtasks_database = mysql://host/name: expected postgresql://" in done.stdout
    assert "1 failed, 1 passed, 1 error" in done.stdout


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+psycopg://me@host/db?sslmode=require", "postgresql+psycopg://me@host/db?sslmode=require&options="),
        ("postgresql:///db?host=/run/postgresql", "postgresql:///db?host=/run/postgresql&options="),
        ("postgresql://", "postgresql://?options="),
    ],
)
def test_a_schema_is_named_in_the_url(url: str, expected: str) -> None:
    assert worker_fixtures._in_schema(url, "noxtasks_1_gw0") == f"{expected}-csearch_path%3Dnoxtasks_1_gw0"


@pytest.mark.functional
@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked there")
def test_what_is_forked_while_it_is_made_keeps_no_worker_waiting(tmp_path: Path) -> None:
    (tmp_path / "test_all.py").write_text(
        "import os, time\n"
        "def forked():\n"
        "    child = os.fork()\n"
        "    while not child: time.sleep(9)\n"
        "    return child\n"
        "def test_a(once_for_all_workers):\n"
        "    child = once_for_all_workers('server', forked)\n"
        "    try: assert once_for_all_workers('server', forked) == child\n"
        "    finally: os.kill(child, 9)\n"
    )
    assert "1 passed" in run(tmp_path, "plain").stdout


def test_a_lock_is_for_one(tmp_path: Path) -> None:
    with worker_fixtures._locked(tmp_path / "lock", wait=False) as held:
        assert held is not None
        assert worker_fixtures._locked(tmp_path / "lock", wait=False) is None
    again = worker_fixtures._locked(tmp_path / "lock", wait=True)
    assert again is not None
    again.close()
