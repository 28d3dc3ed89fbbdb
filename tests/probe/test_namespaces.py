"""What is written by isolated workers is counted and carried out; what must not be covered is known by its paths."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.probe.noxtasks_probe import namespaces

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are isolated on Linux alone")

PATHS = st.lists(st.lists(st.sampled_from(["a", "a b", "b", "aa"]), min_size=1, max_size=3).map("/".join))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[namespaces.World]:
    """A world whose project is in the folder `real`, and whose writings are in `written`."""
    monkeypatch.setenv("COVERAGE_FILE", str(tmp_path / "real/project/.coverage"))
    monkeypatch.setitem(sys.modules, "coverage", None)
    (tmp_path / "real/project").mkdir(parents=True)
    (tmp_path / "written").mkdir()
    descriptors = [os.open(tmp_path / name, os.O_PATH) for name in ("real", "written")]
    place = namespaces._Place(str(tmp_path / "real"), *descriptors)
    yield namespaces.World(str(tmp_path / "real/project"), [place])
    for each in descriptors:
        os.close(each)


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_what_was_written_in_the_project_is_told_but_for_bytecode_and_coverage(
    world: namespaces.World, tmp_path: Path
) -> None:
    written = ("a.txt", "sub/b.txt", "sub/__pycache__/b.pyc", ".coverage.host.1", ".coveragerc")
    write(tmp_path / "written/project", *written)
    write(tmp_path / "written", "beside.txt")
    assert sorted(world.discarded()) == [".coveragerc", "a.txt", "sub/b.txt"]


def test_nothing_was_written(world: namespaces.World) -> None:
    assert world.discarded() == []
    world.carry_out()


def test_data_of_coverage_is_carried_out_and_nothing_else(world: namespaces.World, tmp_path: Path) -> None:
    write(tmp_path / "written/project", ".coverage.host.1", ".coverage", ".coveragerc", "a.txt")
    (tmp_path / "written/project/.coverage.link").symlink_to("a.txt")
    world.carry_out()
    assert [path.name for path in (tmp_path / "real/project").iterdir()] == [".coverage.host.1"]


@given(PATHS)
def test_each_path_is_within_one_of_the_outermost_and_none_of_these_in_another(
    tmp_path_factory: pytest.TempPathFactory, paths: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("tree")
    for path in paths:
        (folder / path).mkdir(parents=True, exist_ok=True)
    there = [str(folder / path) for path in paths]
    outermost = list(namespaces._outermost([*there, str(folder / "missing")]))
    for path in there:
        assert sum(namespaces._is_within(path, each) for each in outermost) == 1
    assert set(outermost) <= set(there)


def test_a_folder_is_not_within_one_whose_name_only_begins_its_own() -> None:
    assert namespaces._is_within("/a/b", "/a")
    assert namespaces._is_within("/a", "/")
    assert not namespaces._is_within("/ab", "/a")


def test_sockets_and_mounts_are_known_by_their_paths(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("s") / "a socket"
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as abstract:
        listening.bind(str(path))
        abstract.bind(f"\0{path} /abstract")
        sockets = list(namespaces._sockets())
    assert str(path) in sockets
    assert not any("abstract" in each for each in sockets)
    assert "/" in namespaces._mount_points()


@pytest.mark.parametrize(
    ("failure", "part"),
    [
        ("ConnectionRefusedError: [Errno 111] Connection refused", "a network of its own"),
        ("socket.gaierror: [Errno -3] Temporary failure in name resolution", "a network of its own"),
        ("OSError: [Errno 75] Value too large for defined data type: 'x'", "another user or group"),
    ],
)
def test_a_failure_that_isolation_may_cause_is_explained(failure: str, part: str) -> None:
    assert part in namespaces.hint(failure)
    assert not namespaces.hint("assert 1 == 2")


def test_what_the_system_refuses_is_told_with_what_to_do(tmp_path: Path) -> None:
    error = OSError(1, "unshare: Operation not permitted")
    told = namespaces._explained(error)
    assert told.startswith("workers cannot be isolated here (unshare: Operation not permitted): ")
    assert told.endswith(", or do without --isolate")
    assert "\n" not in told
