"""Reports and records in, whatever lies beside them on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from noxtasks import config, flake
from noxtasks.errors import ExitCode
from noxtasks.history import SessionKind, open_history
from noxtasks.suite.model import Outcome

pytestmark = pytest.mark.functional

CASE = '<testcase classname="test_a" name="t" time="0.1"/>'
SETTINGS = config.Settings(project="shop")
RECORD: list[dict[str, object]] = [
    {"frame": "hello", "version": 1, "time": 1767323045.0},
    {"frame": "start", "test": "test_a.py::t"},
    {"frame": "finish", "test": "test_a.py::t", "outcome": "rerun", "duration_s": 0.1, "reruns": 1},
    {"frame": "end"},
]


def written(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def a_record(path: Path, *frames: dict[str, object]) -> Path:
    return written(path, "".join(json.dumps(frame, separators=(",", ":")) + "\n" for frame in frames))


def test_a_file_that_cannot_be_read_keeps_no_other_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_a.py").touch()
    (tmp_path / "folder").mkdir()
    newer = a_record(tmp_path / "newer.jsonl", {**RECORD[0], "version": 99})
    good = a_record(tmp_path / "good.jsonl", *RECORD)
    report = written(tmp_path / "good.xml", f'<testsuite tests="2">{CASE}{CASE}</testsuite>')
    paths = [newer, tmp_path / "absent.xml", tmp_path / "folder", good, report]
    assert flake.import_files(tmp_path, SETTINGS, paths) is ExitCode.NOT_MEASURED
    said = capsys.readouterr()
    assert said.out == f"{good}: 1 results\n{report}: 1 results\n"
    for name in ("newer.jsonl", "absent.xml", "folder"):
        assert name in said.err
    with open_history(SETTINGS.history_url(tmp_path)) as history:
        (stored, _) = history.sessions("shop", kind=SessionKind.IMPORT)
        (tally,) = history.rates("shop", stored.session.code_version, kind=SessionKind.IMPORT)
    assert (tally.nodeid, tally.outcomes) == ("test_a.py::t", {Outcome.RERUN: 2})


def test_a_file_given_again_counts_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = a_record(tmp_path / "good.jsonl", *RECORD)
    for _ in range(2):
        assert flake.import_files(tmp_path, SETTINGS, [good]) is ExitCode.NOTHING_FOUND
    assert capsys.readouterr().out.splitlines()[1] == f"{good}: 1 results, which the history had already"
