"""Frames reach the file before the test goes on, out of the way of what tests do to descriptors, clocks and modules."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.probe.noxtasks_probe import forking, frames
from noxtasks.suite import process, wire
from noxtasks.suite.launch import PROBE_FOLDER


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@given(st.dictionaries(st.text("abc", min_size=1), st.text(st.characters()) | st.integers() | st.none()))
def test_a_frame_is_one_line_of_ascii(fields: dict[str, Any]) -> None:
    reading, writing = os.pipe()
    sent = frames.Wire(writing)
    sent.send("start", **fields)
    sent.close()
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    assert data.isascii()
    assert data.index(b"\n") == len(data) - 1
    assert json.loads(data) == {"frame": "start", **{name: valid(value) for name, value in fields.items()}}


def valid(value: Any) -> Any:
    """A text as UTF-8 can hold it. What `json` reads as a pair of surrogates is one character."""
    paired = json.loads(json.dumps(value))
    return paired.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value


@given(st.text(st.characters(categories=["Cs"]) | st.sampled_from('\\u"d8c0\n\U0001f600a')), st.integers())
def test_whatever_text_is_sent_the_other_end_can_read_and_keep(text: str, index: int) -> None:
    reading, writing = os.pipe()
    sent = frames.Wire(writing)
    sent.send("start", test=text, index=index)
    sent.close()
    with os.fdopen(reading, "rb") as stream:
        frame = wire.decode(stream.read())
    assert isinstance(frame, wire.Start)
    assert (frame.test, frame.index) == (valid(text), index)
    assert frame.test.encode("utf-8").decode("utf-8") == frame.test


def test_a_value_that_json_does_not_know_is_told_by_its_text(tmp_path: Path) -> None:
    sent = frames.Wire.to_file(str(tmp_path / "wire"))
    sent.send("facts", facts={"where": tmp_path})
    sent.close()
    assert lines(tmp_path / "wire")[0]["facts"] == {"where": str(tmp_path)}


def test_frames_are_appended_to_what_is_there(tmp_path: Path) -> None:
    for index in range(3):
        sent = frames.Wire.to_file(str(tmp_path / "wire"))
        sent.send("start", index=index)
        sent.close()
    assert [frame["index"] for frame in lines(tmp_path / "wire")] == [0, 1, 2]


def test_both_ends_agree_on_their_numbers() -> None:
    assert (frames.VERSION, frames.WIRE_LOST, forking.BROKEN) == (wire.VERSION, wire.WIRE_LOST, wire.BROKEN)


def in_a_process(folder: Path, code: str) -> process.Completed:
    start = "import os, sys, json, time\nfrom noxtasks_probe.frames import Wire\nwire = Wire.to_file(sys.argv[1])\n"
    return process.run(
        [sys.executable, "-c", start + code, str(folder / "wire")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROBE_FOLDER)},
    )


@pytest.mark.functional
def test_neither_low_descriptors_nor_patched_modules_reach_a_wire(tmp_path: Path) -> None:
    code = (
        "os.closerange(3, 200)\njson.dumps = json.JSONEncoder = os.write = os.getpid = time.time = None\n"
        "wire.send('start', index=1)\n"
    )
    assert in_a_process(tmp_path, code).returncode == 0
    assert lines(tmp_path / "wire") == [{"frame": "start", "index": 1}]


@pytest.mark.functional
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_process_that_a_test_forks_off_says_nothing(tmp_path: Path) -> None:
    code = "pid = os.fork()\nwire.send('start', index=1)\nif pid: os.waitpid(pid, 0)\n"
    assert in_a_process(tmp_path, code).returncode == 0
    assert lines(tmp_path / "wire") == [{"frame": "start", "index": 1}]


@pytest.mark.functional
def test_a_process_that_has_lost_its_wire_ends_and_says_so(tmp_path: Path) -> None:
    code = "os.closerange(3, 4096)\nwire.send('start')\nprint('goes on')\n"
    done = in_a_process(tmp_path, code)
    assert (done.returncode, done.stdout) == (wire.WIRE_LOST, "")


@pytest.mark.functional
def test_the_descriptor_is_not_inherited_by_the_tests_own_children(tmp_path: Path) -> None:
    code = "import subprocess\nsubprocess.run(['ls', '/proc/self/fd'], close_fds=False)\n"
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    descriptors = [int(fd) for fd in in_a_process(tmp_path, code).stdout.split()]
    assert descriptors
    assert max(descriptors) < 100
