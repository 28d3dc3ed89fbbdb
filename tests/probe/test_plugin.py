"""The probe in a user's own pytest: inert without a wire, with one it records and changes nothing."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from noxtasks.suite import process
from noxtasks.suite.launch import PROBE_FOLDER

pytestmark = pytest.mark.functional

SUITE = """
import os, subprocess, sys, warnings
import pytest

OURS = [name for name, value in os.environ.items() if "noxtasks" in (name + value).lower()]
TRIES = []

@pytest.fixture
def breaks_before():
    raise RuntimeError("setup")

@pytest.fixture
def breaks_after():
    yield
    raise RuntimeError("teardown")

def test_passes(): print("said")
def test_fails(): assert [1, 2] == [1, 3]
def test_breaks_before(breaks_before): pass
def test_breaks_after(breaks_after): pass
def test_fails_and_breaks_after(breaks_after): assert 0
@pytest.mark.skip(reason="no")
def test_is_skipped(): pass
@pytest.mark.xfail(reason="known")
def test_is_expected_to_fail(): assert 0
@pytest.mark.xfail(reason="known")
def test_passes_unexpectedly(): pass
@pytest.mark.xfail(strict=True, reason="known")
def test_passes_though_it_must_not(): pass
@pytest.mark.flaky(reruns=2)
def test_again_passes():
    TRIES.append(1)
    assert len(TRIES) > 1
@pytest.mark.flaky(reruns=1)
def test_again_fails(): assert 0
@pytest.mark.parametrize("name", ["new\\nline", "naïve", "quote'", "a b"], ids=repr)
def test_has_a_name(name): pass
def test_warns(): warnings.warn("careful")
def test_sees_none_of_ours():
    theirs = subprocess.check_output([sys.executable, "-c", "import os; print(os.environ)"], text=True)
    assert (OURS, "noxtasks" in theirs.lower(), os.environ.get("PYTHONPATH")) == ([], False, "before")
"""
OUTCOMES = {
    "test_passes": "passed",
    "test_fails": "failed",
    "test_breaks_before": "error",
    "test_breaks_after": "error",
    "test_fails_and_breaks_after": "failed",
    "test_is_skipped": "skipped",
    "test_is_expected_to_fail": "xfailed",
    "test_passes_unexpectedly": "xpassed",
    "test_passes_though_it_must_not": "failed",
    "test_has_a_name['a b']": "passed",
    "test_warns": "passed",
    "test_sees_none_of_ours": "passed",
}
AGAIN = {"test_again_passes": ("rerun", 1), "test_again_fails": ("failed", 1)}
PLUGINS = ("-p", "pytest_rerunfailures", "-p", "xdist.plugin")
VARYING = re.compile(r"\d+\.\d+s|0x[0-9a-f]+|\bgw\d|\[ *\d+%\]")


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "test_all.py").write_text(SUITE, "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = flaky\n")
    return folder


def ran(suite: Path, *args: str, wire: Path | None = None, probe: bool = True) -> process.Completed:
    """Pytest as its user runs it, with nothing of this session in its environment."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NOXTASKS_"))}
    env |= {
        "PYTHONPATH": "before",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
    }
    if probe:
        args = ("-p", "noxtasks_probe", *args)
        env["PYTHONPATH"] += os.pathsep + str(PROBE_FOLDER)
        env["NOXTASKS_PATH_ENTRY"] = str(PROBE_FOLDER)
    if wire is not None:
        env["NOXTASKS_WIRE"] = str(wire)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *PLUGINS, *args]
    return process.run(command, cwd=suite, env=env, timeout_s=60)


def said(done: process.Completed) -> tuple[int, list[str], str]:
    return done.returncode, sorted(VARYING.sub("<varies>", done.stdout).splitlines()), done.stderr


def frames(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("ascii").splitlines()]


def recorded(path: Path) -> dict[str, str]:
    finished = [frame for frame in frames(path) if frame["frame"] == "finish"]
    assert len({frame["test"] for frame in finished}) == len(finished)
    return {frame["test"].partition("::")[2]: frame["outcome"] for frame in finished}


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_it_changes_nothing_of_what_pytest_says_and_does_and_records_every_outcome(
    suite: Path, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    args = ("-rA", "-vv", *workers)
    without = ran(suite, *args, probe=False)
    assert without.returncode == 1
    if not workers:
        assert said(ran(suite, *args)) == said(without)
    wire = tmp_path / "record.jsonl"
    assert said(ran(suite, *args, wire=wire)) == said(without)
    assert files(suite) == {"test_all.py", "pytest.ini"}
    told = recorded(wire)
    assert {name: told[name] for name in OUTCOMES} == OUTCOMES
    assert len(told) == len(OUTCOMES) + len(AGAIN) + 3
    again = [frame for frame in frames(wire) if frame["frame"] == "finish" and "::test_again_" in frame["test"]]
    assert {frame["test"].partition("::")[2]: (frame["outcome"], frame["reruns"]) for frame in again} == AGAIN
    kinds = [frame["frame"] for frame in frames(wire)]
    assert (kinds[0], kinds[-1]) == ("hello", "end")
    assert kinds.count("start") == kinds.count("finish")


def test_failures_are_told_with_their_frames(suite: Path, tmp_path: Path) -> None:
    wire = tmp_path / "record.jsonl"
    ran(suite, "-k", "test_fails", wire=wire)
    failure = next(f["failure"] for f in frames(wire) if f.get("test", "").endswith("::test_fails") and "failure" in f)
    assert (failure["exception"], failure["phase"]) == ("AssertionError", "call")
    assert failure["frames"][0].startswith("test_all.py:")
    assert "assert [1, 2] == [1, 3]" in failure["text"]


@pytest.mark.parametrize(
    ("args", "code"),
    [(("-k", "nothing"), 5), (("-k", "test_warns"), 0), (("--no-such-option",), 4), (("absent",), 4)],
    ids=["no tests", "passed", "usage", "not found"],
)
def test_exit_codes_are_pytests_own(suite: Path, tmp_path: Path, args: tuple[str, ...], code: int) -> None:
    done = ran(suite, *args, wire=tmp_path / "record.jsonl")
    assert done.returncode == code


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_test_that_is_run_again_and_again_is_one_test(suite: Path, tmp_path: Path, workers: tuple[str, ...]) -> None:
    (suite / "test_all.py").write_text(
        "import pytest\n"
        "@pytest.fixture\n"
        "def breaks():\n    yield\n    assert 0\n"
        "def test_is_broken(): assert 0\n"
        "def test_breaks_after(breaks): pass\n"
        "def test_is_broken_and_breaks_after(breaks): assert 0\n"
        "def test_is_sound(): pass\n"
    )
    wire = tmp_path / "record.jsonl"
    ran(suite, "--reruns", "2", *workers, wire=wire)
    assert recorded(wire) == {
        "test_is_broken": "failed",
        "test_breaks_after": "error",
        "test_is_broken_and_breaks_after": "failed",
        "test_is_sound": "passed",
    }
    kinds = [frame["frame"] for frame in frames(wire)]
    assert kinds.count("start") == kinds.count("finish") == 4


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="pytest has subtests since 9")
def test_subtests_that_are_skipped_hide_no_pass(suite: Path, tmp_path: Path) -> None:
    (suite / "test_all.py").write_text(
        "import unittest, pytest\n"
        "class TestCase(unittest.TestCase):\n"
        "    def test_own(self):\n"
        "        with self.subTest(): self.skipTest('no')\n"
        "        with self.subTest(): pass\n"
        "def test_fixture(subtests):\n"
        "    with subtests.test(): pytest.skip('no')\n"
        "    with subtests.test(): pass\n"
    )
    wire = tmp_path / "record.jsonl"
    ran(suite, wire=wire)
    assert recorded(wire) == {"TestCase::test_own": "passed", "test_fixture": "passed"}


def test_a_second_session_is_appended_to_the_record_of_the_first(suite: Path, tmp_path: Path) -> None:
    wire = tmp_path / "record.jsonl"
    for _ in range(2):
        ran(suite, "-k", "test_warns", wire=wire)
    assert [frame["frame"] for frame in frames(wire)] == ["hello", "start", "finish", "end"] * 2


def test_a_test_that_ends_its_process_is_seen_to_have_begun(suite: Path, tmp_path: Path) -> None:
    (suite / "test_all.py").write_text("import os\ndef test_a(): pass\ndef test_b(): os._exit(9)\n")
    wire = tmp_path / "record.jsonl"
    done = ran(suite, wire=wire)
    assert done.returncode == 9
    assert [frame["frame"] for frame in frames(wire)] == ["hello", "start", "finish", "start"]
    assert frames(wire)[-1]["test"] == "test_all.py::test_b"
