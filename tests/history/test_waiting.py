"""Runs that wait are in the history as soon as somebody opens it, once, and none is lost."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from noxtasks.errors import HistoryError
from noxtasks.history import Origin, is_new, open_history, waiting
from noxtasks.suite.model import EngineKind, Order, Outcome, Result, Run

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ORIGIN = Origin(project="p", code_version="c")


def left(source: str) -> waiting.Waiting:
    result = Result(nodeid="test_a.py::test", position=0, outcome=Outcome.FAILED, duration_s=0.5)
    run = Run(
        number=0,
        seed=0,
        hash_seed=0,
        order=Order.COLLECTED,
        engine=EngineKind.FRESH,
        started=NOW,
        duration_s=0.5,
        results=(result,),
    )
    return waiting.Waiting(origin=ORIGIN, runs=(run,), source=source, started=NOW, ended=NOW)


def failures(url: str, folder: Path | None) -> int:
    with open_history(url, waiting=folder) as history:
        return sum(tally.failures for tally in history.rates("p", "c"))


def test_what_waits_is_taken_in_once(tmp_path: Path) -> None:
    url, folder = f"sqlite:///{tmp_path / 'h.db'}", tmp_path / "waiting"
    waiting.leave(left("one"), folder)
    waiting.leave(left("two"), folder)
    kept = [path.read_bytes() for path in waiting.files(folder)]
    assert (folder / ".gitignore").read_text() == "*\n"
    assert failures(url, folder) == 2
    assert not waiting.files(folder)
    for number, content in enumerate(kept):
        (folder / f"{number}.run.json").write_bytes(content)
    assert failures(url, folder) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b'{"origin": 1}', b"\xff"])
def test_what_cannot_be_read_is_named_and_kept(tmp_path: Path, content: bytes) -> None:
    url, folder = f"sqlite:///{tmp_path / 'h.db'}", tmp_path / "waiting"
    waiting.leave(left("one"), folder)
    foreign = folder / "z.run.json"
    foreign.write_bytes(content)
    with pytest.raises(HistoryError, match=r"z\.run\.json"):
        open_history(url, waiting=folder)
    assert foreign.exists()
    assert failures(url, None) == 1


def test_runs_that_cannot_be_left_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "waiting").write_text("a file")
    with pytest.raises(HistoryError, match="waiting"):
        waiting.leave(left("one"), tmp_path / "waiting")


@pytest.mark.skipif(sys.platform == "win32", reason="no limit to what a file may hold")
def test_where_the_disk_is_full_nothing_half_written_is_left(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(HistoryError, match="cannot be written"):
            waiting.leave(left("here"), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [each.name for each in tmp_path.iterdir()] == [".gitignore"]


def test_a_history_is_new_until_it_was_opened(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'h.db'}"
    assert is_new(url)
    open_history(url).close()
    assert not is_new(url)
    assert not is_new("postgresql://host/database")
    assert not is_new("sqlite:///:memory:")
