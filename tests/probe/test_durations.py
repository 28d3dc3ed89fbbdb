"""What tests took is kept beside what is known of others, and a file that is broken is none."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from noxtasks.probe.noxtasks_probe import durations


@pytest.mark.parametrize("is_there", [True, False])
def test_what_is_kept_is_read_again_and_git_does_not_see_it(tmp_path: Path, is_there: bool) -> None:
    path = durations.path_in(tmp_path)
    if is_there:  # where a run was killed, with what it has left
        path.parent.mkdir()
    durations.keep(path, {"a": 1.0, "b": 0.25})
    durations.keep(path, {"b": 0.123456})
    assert durations.read(path) == {"a": 1.0, "b": 0.1235}
    assert sorted(each.name for each in path.parent.iterdir()) == [".gitignore", "durations.json"]


@pytest.mark.parametrize("content", [None, "", "[", "[1]", '{"a": "b", "c": -1}'])
def test_what_cannot_be_read_is_nothing(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "durations.json"
    if content is not None:
        path.write_text(content)
    assert durations.read(path) == {}


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / ".noxtasks").write_text("a file")
    durations.keep(durations.path_in(tmp_path), {"a": 1.0})
    assert (tmp_path / ".noxtasks").read_text() == "a file"


def test_the_phases_of_a_test_are_added_up() -> None:
    watch = durations.Watch()
    for nodeid, duration in (("a", 1.0), ("b", 2.0), ("a", 0.5), ("a", -3.0)):
        watch.pytest_runtest_logreport(SimpleNamespace(nodeid=nodeid, duration=duration))
    assert watch.took_s == {"a": 1.5, "b": 2.0}
