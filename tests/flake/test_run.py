"""`flake` from end to end, as a user calls it: the verdict on a suite whose truth is known, and every way to fail."""

from __future__ import annotations

import json
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from noxtasks import config, flake
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError, NoxtasksError
from noxtasks.evidence import artifacts, events
from noxtasks.flake import emit, timeline
from noxtasks.history import SessionKind, open_history

from ..told import untold

pytestmark = pytest.mark.functional

SEED = 3  # with it, the first two processes differ in what `test_follows_the_hash_seed` sees
ARTIFACTS = (emit.HEALTH, emit.REPORT, emit.DELTA, timeline.NAME)


@pytest.fixture(autouse=True)
def lean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Processes that start fast, and a temporary folder that has to be empty in the end."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    yield
    assert list(temporary.iterdir()) == []


def settings(**values: Any) -> config.Settings:
    return config.Settings(flake=config.FlakeSettings(**{"jobs": 1, "seed": SEED, "explain": False, **values}))


def result(root: Path, name: str = emit.REPORT) -> Any:
    return artifacts.read(root / "reports", name).result


def expect_sound_evidence(root: Path, *names: str) -> None:
    assert artifacts.verify(root / "reports") == []
    assert {path.name for path in (root / "reports").glob("*.json")} == set(names)
    if emit.REPORT in names:
        assert events.verify(root / "reports") == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_verdict_on_a_flaky_suite_is_the_truth(
    jobs: int, project: Callable[[str], Path], python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = project("flaky")
    truth = json.loads((root / "truth.json").read_text())
    before = {path.name for path in root.iterdir()}
    code = flake.run(root, settings(runs=30, jobs=jobs), python=python)
    assert code is ExitCode.FOUND
    assert {path.name for path in root.iterdir()} == before | {"reports", ".noxtasks"}
    expect_sound_evidence(root, *ARTIFACTS)

    found = result(root)
    confirmations = {test["test"]: test["confirmation"] for test in found["flaky"]}
    assert set(found["only_beside_others"]) <= (set(truth["only_beside_others"]) if jobs > 1 else set())
    for test in truth["only_beside_others"]:  # when two runs meet in it first, if at all, depends on the machine
        assert confirmations.pop(test, "") != "reproduced"
    assert confirmations.keys() == set(truth["flaky"])
    assert {test["test"] for test in found["broken"]} == set(truth["broken"])
    assert (found["runs"], found["engine"], found["only_in_forks"]) == (30, "fork", [])
    assert set(confirmations.values()) <= {"reproduced", "not tried"}
    assert found["flaky"][0]["confirmation"] == "reproduced"
    assert found["claim"]["verdict"] == "fail"
    assert (found["bounds"]["low"] >= 0.05, found["fewest_runs"]) == (True, 30)
    expect_the_history_to_hold_what_the_report_says(root, found)
    *_, event = events.read(root / "reports")
    assert event.metrics["flaky_tests"] == len(found["flaky"])
    printed = capsys.readouterr().out
    assert f"30 runs of {found['tests']} tests" in printed
    assert all(test["reproduce"] in printed for test in found["flaky"] + found["broken"])


def expect_the_history_to_hold_what_the_report_says(root: Path, found: Any) -> None:
    with open_history(config.Settings().history_url(root)) as history:
        (stored,) = history.sessions(root.name, kind=SessionKind.FLAKE)
        assert (stored.complete, stored.session.base_seed) == (True, SEED)
        assert stored.run_numbers == tuple(range(30))
        tallies = {tally.nodeid: tally for tally in history.session_rates(stored.session.id)}
        for test in found["flaky"] + found["broken"]:
            assert (tallies[test["test"]].failures, tallies[test["test"]].runs) == (test["failures"], test["runs"])
        run = history.run(stored.session.id, 0).run
    assert [each.nodeid.partition("::")[2] for each in run.results][:2] == ["test_sets_the_state", VICTIM]
    assert run.complete


VICTIM = "test_victim_of_the_polluter"
STEADY = "def test_steady(): pass\n"
UNSTEADY = "import random\ndef test_{}(): assert random.random() < 0.3\n"


def a_suite(folder: Path, **files: str) -> Path:
    root = folder / "suite"
    root.mkdir(exist_ok=True)
    (root / "pytest.ini").write_text(files.pop("ini", "[pytest]\n"), "utf-8")
    for name, content in files.items():
        (root / f"{name}.py").write_text(content, "utf-8")
    return root


def test_the_next_session_tells_what_is_new_and_what_has_recovered(
    tmp_path: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_suite(tmp_path, test_old=UNSTEADY.format("old"), test_steady=STEADY)
    assert flake.run(root, settings(runs=10), python=python) is ExitCode.FOUND
    first = result(root, emit.DELTA)
    assert first["before"] is None
    assert [each["test"] for each in first["appeared"]] == ["test_old.py::test_old"]
    assert "new since" not in capsys.readouterr().out

    a_suite(tmp_path, test_old=STEADY.replace("steady", "old"), test_new=UNSTEADY.format("new"))
    assert flake.run(root, settings(runs=10), python=python) is ExitCode.FOUND
    second = result(root, emit.DELTA)
    assert second["before"]["runs"] == second["after"]["runs"] == 10
    assert [each["test"] for each in second["appeared"]] == ["test_new.py::test_new"]
    assert [each["test"] for each in second["recovered"]] == ["test_old.py::test_old"]
    printed = capsys.readouterr().out
    assert "new since the last comparable session: test_new.py::test_new" in printed
    assert "recovered: test_old.py::test_old" in printed

    a_suite(tmp_path, test_new=STEADY)
    assert flake.run(root, settings(runs=5), python=python) is ExitCode.NOTHING_FOUND
    expect_sound_evidence(root, *ARTIFACTS)
    assert [each.type.value for each in events.read(root / "reports")] == [
        "artifacts_written",
        "flake_reduction_delta_emitted",
    ] * 3
    assert untold(root / "reports") == set()
    told = result(root, timeline.NAME)
    assert [each["runs"] for each in told["sessions"]] == [10, 10, 5]
    outcomes = dict(zip(told["tests"], told["outcomes"], strict=True))
    assert outcomes["test_new.py::test_new"][:2] == " ~"
    assert outcomes["test_old.py::test_old"][:2] == "~."


UNSTABLE = """
import random, uuid, pytest
def test_steady(): pass
@pytest.mark.parametrize("value", [uuid.uuid4().hex])
def test_differs(value): assert random.random() < 0.5
def test_draws(): assert random.random() < 0.5
"""


@pytest.mark.parametrize("engine", ["fork", "fresh"])
def test_ids_that_differ_in_each_collection_are_a_finding_and_promise_no_repeat(
    engine: str, tmp_path: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_suite(tmp_path, test_a=UNSTABLE)
    assert flake.run(root, settings(runs=20, engine=engine), python=python) is ExitCode.FOUND
    found = result(root)
    assert {name.partition("[")[0] for name in found["unstable_ids"]} == {"test_a.py::test_differs"}
    assert found["only_beside_others"] == []
    for test in found["flaky"] + found["broken"]:
        assert (test["reproduce"] == "") == (test["test"] in found["unstable_ids"])
    printed = capsys.readouterr().out
    assert "ids are not there in each collection" in printed
    assert "test_differs[" not in "".join(line for line in printed.splitlines() if "$ noxtasks" in line)

    (draws,) = [test for test in found["flaky"] if test["test"] == "test_a.py::test_draws"]
    run_id = draws["reproduce"].split()[3]
    assert flake.replay(root, settings(), python=None, run_id=run_id, test=draws["test"]) is ExitCode.FOUND
    assert flake.replay(root, settings(), python=None, run_id=run_id, test=None) is ExitCode.FOUND
    assert "left out: 1 tests whose ids are not there in each collection" in capsys.readouterr().out
    with open_history(config.Settings().history_url(root)) as history:
        differing = next(name for name in history.find_run(run_id).nodeids if "test_differs" in name)
    with pytest.raises(NotMeasuredError, match="not the same in each collection"):
        flake.replay(root, settings(), python=None, run_id=run_id, test=differing)


NEEDS_A_VARIABLE = "import os\ndef test_variable(): assert 'NEEDED' in os.environ\n"


def test_a_session_without_its_settings_is_not_mixed_with_one_that_has_them(
    tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_suite(tmp_path, test_a=NEEDS_A_VARIABLE, test_steady=STEADY)
    assert flake.run(root, settings(runs=5), python=python) is ExitCode.FOUND
    assert [test["test"] for test in result(root)["broken"]] == ["test_a.py::test_variable"]

    monkeypatch.setenv("NEEDED", "1")
    assert flake.run(root, settings(runs=5), python=python) is ExitCode.NOTHING_FOUND
    told = result(root)
    assert (told["flaky"], told["broken"], told["quiet"]) == ([], [], [])
    (apart,) = told["disagreements"]
    assert (apart["test"], apart["before"]["failures"], apart["now"]["failures"]) == ("test_a.py::test_variable", 5, 0)
    assert "test_a.py::test_variable 5/5 -> 0/5" in capsys.readouterr().out

    monkeypatch.delenv("NEEDED")
    assert flake.run(root, settings(runs=5), python=python, pytest_args=("-p", "no:doctest")) is ExitCode.FOUND
    told = result(root)
    assert [(test["failures"], test["runs"]) for test in told["broken"]] == [(5, 5)]
    assert told["disagreements"] == []
    assert result(root, emit.DELTA)["before"] is None


def test_a_rerun_in_an_imported_report_is_told_beside_the_verdict(tmp_path: Path, python: Path) -> None:
    root = a_suite(tmp_path, test_steady=STEADY)
    case = '<testcase classname="test_steady" name="test_steady" time="0.1"/>'
    report = tmp_path / "junit.xml"
    report.write_text(f'<testsuites><testsuite name="pytest" tests="2">{case}{case}</testsuite></testsuites>')
    flake.import_files(root, config.Settings(), [report])
    assert flake.run(root, settings(runs=5), python=python) is ExitCode.NOTHING_FOUND
    (told,) = result(root)["imported"]
    assert (told["test"], told["outcomes"]) == ("test_steady.py::test_steady", {"rerun": 1})


IN_TURNS = """
import pathlib, uuid, pytest
@pytest.mark.parametrize("value", [uuid.uuid4().hex])
def test_differs(value):
    turns = pathlib.Path("turns")
    before = turns.read_text() if turns.exists() else ""
    turns.write_text(before + "x")
    assert len(before) % 2
"""


def test_ids_are_held_against_a_second_collection_where_one_process_made_all_runs(tmp_path: Path, python: Path) -> None:
    root = a_suite(tmp_path, test_a=IN_TURNS)
    assert flake.run(root, settings(runs=3), python=python) is ExitCode.FOUND
    (test,) = result(root)["flaky"]
    assert test["reproduce"] == ""
    assert test["test"] in result(root)["unstable_ids"]


def test_a_selection_is_what_is_run_and_nothing_else(tmp_path: Path, python: Path) -> None:
    root = a_suite(tmp_path, test_a=STEADY, test_b="def test_b(): assert 0\n")
    code = flake.run(root, settings(runs=5), python=python, pytest_args=("-k", "steady"), tests=("test_a.py",))
    assert code is ExitCode.NOTHING_FOUND
    assert result(root)["tests"] == 1


def test_broken_modules_are_a_finding_and_the_others_are_run(
    tmp_path: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_suite(tmp_path, test_a=STEADY, test_b="import no_such_module\n", test_c="def test(:\n")
    assert flake.run(root, settings(runs=5), python=python) is ExitCode.FOUND
    assert result(root)["tests"] == 1
    printed = capsys.readouterr().out
    assert "no_such_module" in printed
    assert "test_c.py" in printed


def refused(root: Path, python: Path, expected: type[NoxtasksError], *args: str) -> NoxtasksError:
    """The error of a suite of which nothing can be run; all that is written then is the health of its collection."""
    with pytest.raises(expected) as caught:
        flake.run(root, settings(runs=5), python=python, pytest_args=args)
    assert caught.value.remedy
    expect_sound_evidence(root, emit.HEALTH)
    with open_history(config.Settings().history_url(root)) as history:
        assert history.sessions(root.name) == []
    return caught.value


HOPELESS: dict[str, tuple[dict[str, str], tuple[str, ...], type[NoxtasksError], str]] = {
    "empty": ({}, (), NotMeasuredError, "no test"),
    "nothing chosen": ({"test_a": STEADY}, ("-k", "nothing"), NotMeasuredError, "nothing"),
    "only broken": ({"test_a": "import absent_1\n", "test_b": "import absent_2\n"}, (), NotMeasuredError, "absent_2"),
    "broken conftest": ({"test_a": STEADY, "conftest": "import absent_3\n"}, (), NotMeasuredError, "absent_3"),
    "addopts": ({"test_a": STEADY, "ini": "[pytest]\naddopts = --absent\n"}, (), ConfigurationError, "--absent"),
    "option": ({"test_a": STEADY}, ("--absent",), ConfigurationError, "--absent"),
    "dies": ({"test_a": "import os\nos._exit(7)\n"}, (), NotMeasuredError, "test_a.py"),
}


@pytest.mark.parametrize("case", HOPELESS)
def test_a_suite_that_cannot_be_run_is_told_why(
    case: str, tmp_path: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, args, expected, said = HOPELESS[case]
    refused(a_suite(tmp_path, **files), python, expected, *args)
    assert said in capsys.readouterr().out


def test_an_interpreter_without_pytest_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    refused(a_suite(tmp_path, test_a=STEADY), python, NotMeasuredError)
    assert "pytest" in capsys.readouterr().out


def test_an_interpreter_that_is_none_is_told_so(tmp_path: Path) -> None:
    root = a_suite(tmp_path, test_a=STEADY)
    with pytest.raises(NotMeasuredError, match="cannot start"):
        flake.run(root, settings(runs=5), python=tmp_path / "absent")
    assert not (root / "reports").exists()


def test_there_has_to_be_something_to_resume(tmp_path: Path, python: Path) -> None:
    root = a_suite(tmp_path, test_a=STEADY)
    with pytest.raises(ConfigurationError, match="no interrupted session"):
        flake.run(root, settings(runs=5), python=python, resume=True)


def test_a_session_is_not_resumed_under_other_conditions(
    tmp_path: Path, python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = a_suite(tmp_path, test_a=STEADY)
    flake.run(root, settings(runs=2), python=python)
    with open_history(config.Settings().history_url(root)) as history:
        (stored,) = history.sessions(root.name)
        history.end(stored.session.id, ended=stored.session.started, complete=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:doctest")
    with pytest.raises(ConfigurationError, match="under other conditions") as caught:
        flake.run(root, settings(runs=3, order="full"), python=python, resume=True)
    assert "order buckets -> full, variables PYTEST_ADDOPTS none -> -p no:doctest" in str(caught.value)


def test_flaky_tests_in_quarantine_are_told_and_do_not_fail_the_session(
    tmp_path: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = a_suite(tmp_path, test_a="import random\ndef test_draws(): assert random.random() < 0.5\n")
    (root / "quarantine.toml").write_text(
        '[[test]]\nid = "test_a.py::test_draws"\nsince = 2020-01-01\nexpires = 2999-01-01\n'
    )
    assert flake.run(root, settings(runs=8), python=python) is ExitCode.NOTHING_FOUND
    assert [test["test"] for test in result(root)["flaky"]] == ["test_a.py::test_draws"]
    assert "in quarantine, not counted against this session: test_a.py::test_draws" in capsys.readouterr().out
    assert quarantined(root) == {"added": [], "kept": ["test_a.py::test_draws"], "released": [], "expired": []}
    (root / "quarantine.toml").write_text(
        '[[test]]\nid = "test_a.py::test_draws"\nsince = 2020-01-01\nexpires = 2020-02-01\n'
    )
    assert flake.run(root, settings(runs=8), python=python) is ExitCode.FOUND
    assert quarantined(root) == {"added": [], "kept": [], "released": [], "expired": ["test_a.py::test_draws"]}


def quarantined(root: Path) -> dict[str, list[str]]:
    """What the delta says of the quarantine."""
    told = artifacts.read(root / "reports", "flake.reduction.delta.json").result["quarantine"]
    return {name: [entry["test"] for entry in entries] for name, entries in told.items()}


def test_what_was_measured_is_kept_where_the_clock_cannot_be_moved(tmp_path: Path, python: Path) -> None:
    hide = "import sys\nsys.modules['freezegun'] = None\n"
    root = a_suite(tmp_path, conftest=hide, test_a="def test_a(): pass\n")
    with pytest.raises(NotMeasuredError, match="freezegun"):
        flake.run(root, settings(runs=2), python=python, time_travel=True)
    expect_sound_evidence(root, *ARTIFACTS)
    assert result(root)["runs"] == 2


NOT_AGAIN = """
import pathlib
COUNT = pathlib.Path("count")
COUNT.write_text(COUNT.read_text() + "x" if COUNT.exists() else "x")
assert len(COUNT.read_text()) < 3
def test_a(): pass
"""


def test_what_was_measured_is_written_where_a_later_process_cannot_collect(tmp_path: Path, python: Path) -> None:
    root = a_suite(tmp_path, test_a=NOT_AGAIN)
    with pytest.raises(NotMeasuredError, match="collected once, and then, in another process, not again"):
        flake.run(root, settings(runs=40), python=python)
    report = artifacts.read(root / "reports", emit.REPORT)
    assert report.provenance.complete is False
    assert 0 < report.result["runs"] < 40
