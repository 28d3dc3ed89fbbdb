"""Isolated workers run a suite that is not safe in parallel; nothing that they write is there for others, or left."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from noxtasks.probe.noxtasks_probe import namespaces


def refusal() -> str:
    """Why this system gives no namespaces; empty where it does."""
    if sys.platform != "linux":
        return "workers are isolated on Linux alone"
    script = (
        "import sys; from noxtasks.probe.noxtasks_probe import namespaces as it; it.enter(it.Wanted(*sys.argv[1:]), [])"
    )
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", script, folder, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr.rstrip().rpartition("\n")[2]


REFUSAL = refusal()
pytestmark = [pytest.mark.functional, pytest.mark.skipif(bool(REFUSAL), reason=REFUSAL)]

PLAIN = ("-p", "no:randomly", "-p", "no:benchmark", "-p", "no:asyncio", "-p", "no:cacheprovider")


def run(
    root: Path, *arguments: str, preexec: Callable[[], None] | None = None, temp: Path | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "noxtasks", "run", "--python", sys.executable, "-n", "2", *PLAIN, *arguments]
    env = os.environ | ({"TMPDIR": str(temp)} if temp else {})
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False, preexec_fn=preexec)


@pytest.fixture
def root(project: Callable[[str], Path]) -> Path:
    return project("colliding")


def without_capabilities() -> None:
    """Be a root that has no more rights than any other user, but that it may map itself (CAP_SETFCAP)."""
    namespaces._call("prctl", 28, 1, 0, 0, 0)  # PR_SET_SECUREBITS, SECBIT_NOROOT
    namespaces._call(
        "capset", struct.pack("=Ii", namespaces._CAPABILITIES, 0), struct.pack("=6I", *[1 << 31] * 3, 0, 0, 0)
    )
    namespaces._call("prctl", 47, 2, 31, 0, 0)  # PR_CAP_AMBIENT_RAISE: programs that are started have it, too


@pytest.mark.skipif(os.geteuid() != 0, reason="it has no rights to lose")
def test_a_suite_that_is_not_safe_passes_without_rights(root: Path) -> None:
    found = run(root, "--isolate", preexec=without_capabilities)
    assert "36 passed" in found.stdout


def test_a_suite_that_is_not_safe_passes(root: Path, tmp_path: Path) -> None:
    there = {path.name for path in root.iterdir()}
    temp = tmp_path / "temp"
    temp.mkdir()
    found = run(root, "--isolate", temp=temp)
    assert "36 passed" in found.stdout
    assert found.returncode == 0
    assert "wrote or removed 1 file(s) in the project, which is undone: state.txt" in found.stdout
    assert {path.name for path in root.iterdir()} - there <= {".noxtasks", "__pycache__"}
    assert not (temp / "noxtasks-colliding.txt").exists()
    assert run(root, temp=temp).returncode == 1


LEAVING = """
import os, pathlib, time
import pytest
@pytest.mark.parametrize("number", range(8))
def test_stays(number, tmp_path):
    time.sleep(0.05)
    (tmp_path / "kept").write_text("by the user's own wish")
    pathlib.Path(os.environ["TMPDIR"], f"gone-{number}").write_text("")
def test_leaves():
    pathlib.Path("gone").write_text("")
    os._exit(1)
"""


def test_nothing_is_left_of_a_worker_that_died_and_of_any_other(root: Path, tmp_path: Path) -> None:
    (root / "test_leaving.py").write_text(LEAVING)
    temp, mounts = tmp_path / "temp", Path("/proc/self/mounts").read_text()
    temp.mkdir()
    found = run(root, "-S", "parallel.isolate=true", "--basetemp", str(temp / "base"), "test_leaving.py", temp=temp)
    assert "1 failed, 8 passed" in found.stdout
    assert "exit status 1" in found.stdout
    assert [path.name for path in temp.iterdir()] == ["base"]
    assert len(list(temp.glob("base/popen-gw*/test_stays_?_0/kept"))) == 8
    assert not (root / "gone").exists()
    assert Path("/proc/self/mounts").read_text() == mounts


MEASURED = """
import coverage
current = coverage.Coverage(data_suffix=True, include=["*/test_colliding.py"])
current.start()
def pytest_unconfigure():
    current.stop()
    current.save()
"""


def test_data_of_coverage_is_carried_out(root: Path) -> None:
    (root / "conftest.py").write_text(MEASURED)
    found = run(root, "--isolate", "-k", "written")
    assert "24 passed" in found.stdout
    assert "1 file(s)" in found.stdout
    assert len(list(root.glob(".coverage.*"))) == 3  # of two workers, and of the process that collected


REACHING = """
import socket
def test_one(): socket.create_connection(("localhost", 1), timeout=5)
def test_two(): assert socket.gethostbyname("localhost")
"""


def test_a_test_that_reaches_nobody_is_told_why(root: Path) -> None:
    (root / "test_reaching.py").write_text(REACHING)
    found = run(root, "--isolate", "test_reaching.py")
    assert "1 failed, 1 passed" in found.stdout
    assert "An isolated worker has a network of its own" in found.stdout
    assert "An isolated worker" not in run(root, "test_reaching.py").stdout


def no_namespaces() -> None:
    """Enter a user namespace that allows no further one, and give up the right to any other, even as its root."""
    user, group = os.geteuid(), os.getegid()
    namespaces._call("unshare", namespaces._NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    namespaces._call("prctl", 28, 1, 0, 0, 0)  # PR_SET_SECUREBITS, SECBIT_NOROOT
    namespaces._drop_capabilities()


def test_a_system_that_refuses_is_told_and_no_test_runs(root: Path) -> None:
    found = run(root, "--isolate", preexec=no_namespaces)
    assert found.returncode == namespaces.REFUSED
    (line,) = [line for line in found.stdout.splitlines() if "cannot be isolated here" in line]
    assert "unshare: No space left on device" in line
    assert "sudo sysctl -w user.max_user_namespaces=1000" in line
    assert "passed" not in found.stdout
