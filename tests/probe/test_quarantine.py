"""The quarantine in real pytest: its failures are told, and only those of others fail the session."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from noxtasks.suite import process
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import PROBE_FOLDER, Suite
from noxtasks.suite.model import EngineKind, Order, Outcome
from noxtasks.suite.runs import RunRequest

pytestmark = pytest.mark.functional

SUITE = """
import unittest
import pytest

quarantined = pytest.mark.flaky_quarantine(reason="known", since="2026-01-02", expires="9999-12-31", owner="ada")

@pytest.fixture
def breaks_before():
    raise RuntimeError("before")
@pytest.fixture
def breaks_after():
    yield
    raise RuntimeError("after")

@quarantined
def test_fails(): assert [1, 2] == [1, 3]
@quarantined
def test_breaks_before(breaks_before): pass
@quarantined
def test_fails_and_breaks_after(breaks_after): assert 0
@quarantined
def test_lacks_a_fixture(no_such_fixture): pass
@quarantined
def test_passes(): pass
@quarantined
@pytest.mark.xfail(strict=True)
def test_passes_though_it_must_not(): pass
@quarantined
class TestClass:
    def test_fails(self): assert 0
class TestCase(unittest.TestCase):
    @quarantined
    def test_fails(self): self.fail("no")
    @quarantined
    def test_fails_in_part(self):
        for number in range(2):
            with self.subTest(number=number): self.assertEqual(number, 1)
@pytest.mark.parametrize("name", ["a::b[1]", "two\\nlines", "ü"])
def test_in_the_file(name): assert not name
"""
FILE = """
[[test]]
id = "test_all.py::test_in_the_file"
since = 2026-01-02
expires = 9999-12-31
reason = "written down"
reruns = 1
"""
FAILED = 11  # tests
QUARANTINED = "failures in quarantine"


def a_suite(folder: Path, *, suite: str = SUITE, file: str = FILE, ini: str = "") -> Path:
    (folder / "test_all.py").write_text(suite, "utf-8")
    (folder / "pytest.ini").write_text(
        f"[pytest]\n{ini}" if "addopts" in ini else f"[pytest]\naddopts = --strict-markers\n{ini}"
    )
    (folder / "quarantine.toml").write_text(file, "utf-8")
    return folder


def ran(folder: Path, *args: str, plugins: tuple[str, ...] = (), **env: str) -> process.Completed:
    """Plain pytest that has the plugin, with nothing of this session in its environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NOXTASKS_"))}
    clean |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}
    clean |= {"PYTHONPATH": str(PROBE_FOLDER), **env}
    wanted = [word for plugin in ("noxtasks_probe.quarantine", *plugins) for word in ("-p", plugin)]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *wanted, *args]
    return process.run(command, cwd=folder, env=clean, timeout_s=60)


@pytest.mark.parametrize(
    ("args", "plugins"),
    [
        ((), ()),
        (("-x",), ()),
        (("-x", "-n", "2"), ("xdist.plugin",)),
        (("-n", "2"), ("xdist.plugin", "pytest_rerunfailures")),
    ],
    ids=["alone", "first failure", "first failure, xdist", "reruns, xdist"],
)
def test_a_session_in_which_only_quarantined_tests_fail_passes(
    tmp_path: Path, args: tuple[str, ...], plugins: tuple[str, ...]
) -> None:
    done = ran(a_suite(tmp_path), *args, plugins=plugins)
    assert done.returncode == 0, done.stdout
    assert QUARANTINED in done.stdout
    assert done.stdout.count("written down") == 3
    for said in (
        "test_all.py::test_fails - assert [1, 2] == [1, 3]",
        "test_all.py::test_breaks_before (setup) - RuntimeError: before",
        "test_all.py::test_fails_and_breaks_after - assert 0",
        "test_all.py::test_fails_and_breaks_after (teardown) - RuntimeError: after",
        "test_all.py::test_passes_though_it_must_not - [XPASS(strict)]",
        "test_all.py::TestCase::test_fails - AssertionError: no",
        "  since 2026-01-02, until 9999-12-31; known; ada",
    ):
        assert said in done.stdout
    assert " quarantined" in done.stdout.splitlines()[-1]
    assert (" rerun" in done.stdout.splitlines()[-1]) == ("pytest_rerunfailures" in plugins)


def test_reruns_are_for_the_tests_whose_entry_says_so_and_for_no_others(tmp_path: Path) -> None:
    done = ran(a_suite(tmp_path), "-v", plugins=("pytest_rerunfailures",))
    again = {line.partition(" ")[0] for line in done.stdout.splitlines() if " RERUN" in line}
    assert {name.partition("[")[0] for name in again} == {"test_all.py::test_in_the_file"}
    assert done.stdout.count(" RERUN") == 3
    assert "QUARANTINED" in done.stdout


@pytest.mark.parametrize("how", ["option", "environment"])
def test_it_can_be_switched_off(tmp_path: Path, how: str) -> None:
    off = "--no-quarantine"
    done = ran(a_suite(tmp_path), off) if how == "option" else ran(a_suite(tmp_path), PYTEST_ADDOPTS=off)
    assert done.returncode == 1
    assert QUARANTINED not in done.stdout
    assert "quarantined" not in done.stdout.splitlines()[-1]


def test_the_failure_of_another_test_fails_the_session(tmp_path: Path) -> None:
    done = ran(a_suite(tmp_path, suite=f"{SUITE}\ndef test_other(): assert 0\n"), "-q")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("1 failed, ")
    assert "FAILED test_all.py::test_other" in done.stdout


def test_failed_subtests_are_excused_with_their_test(tmp_path: Path) -> None:
    suite = """
import pytest
@pytest.mark.flaky_quarantine(since="2026-01-02", expires="9999-12-31")
def test_in_parts(subtests):
    for number in range(2):
        with subtests.test(number=number): assert number
"""
    if not hasattr(pytest, "Subtests"):
        pytest.skip("subtests came with pytest 9")
    done = ran(a_suite(tmp_path, suite=suite), "-x")
    assert done.returncode == 0, done.stdout
    assert "failed," not in done.stdout.splitlines()[-1]


def test_an_expired_entry_excuses_nothing_and_says_so(tmp_path: Path) -> None:
    suite = """
import pytest
@pytest.mark.flaky_quarantine("known", since="2020-01-02", owner="ada")
def test_marked(): assert 0
def test_written(): assert 0
"""
    file = '[[test]]\nid = "test_all.py::test_written"\nsince = 2020-01-01\nexpires = 2020-01-02\nreruns = 3\n'
    done = ran(a_suite(tmp_path, suite=suite, file=file), plugins=("pytest_rerunfailures",))
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].strip("= ").startswith("2 failed in ")
    assert "quarantine: 1 in quarantine.toml, 1 expired" in done.stdout
    assert "expired quarantine" in done.stdout
    # once with the failure, once in the summary
    assert done.stdout.count("the failure counts: the quarantine ended on 2020-02-01") == 2
    assert done.stdout.count("the failure counts: the quarantine ended on 2020-01-02") == 2


def test_a_report_in_xml_has_them_as_expected_failures(tmp_path: Path) -> None:
    done = ran(a_suite(tmp_path), "--junitxml=report.xml")
    assert done.returncode == 0
    report = (tmp_path / "report.xml").read_text("utf-8")
    assert 'errors="0" failures="0"' in report
    assert 'type="pytest.xfail" message="quarantined since 2026-01-02: assert [1, 2] == [1, 3]"' in report
    assert 'message="quarantined since 2026-01-02, in teardown: RuntimeError: after"' in report


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_what_is_wrong_with_the_file_ends_pytest_with_all_of_it(tmp_path: Path, workers: tuple[str, ...]) -> None:
    file = '[[test]]\nid = "a"\nsince = "soon"\n[[test]]\nid = "b"\nsinc = 2026-01-02\n'
    done = ran(a_suite(tmp_path, file=file), *workers, plugins=("xdist.plugin",))
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "test 1 ('a'): since: expected a date such as 2026-01-31, got 'soon'" in done.stderr
    assert "test 2 ('b'): sinc: there is no such key; did you mean since?" in done.stderr


def test_what_is_wrong_with_marks_ends_pytest_with_all_of_it(tmp_path: Path) -> None:
    suite = """
import pytest
@pytest.mark.flaky_quarantine("known")
def test_a(): pass
@pytest.mark.flaky_quarantine("known", "2026-01-02")
def test_b(): pass
"""
    done = ran(a_suite(tmp_path, suite=suite))
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    said = done.stdout + done.stderr
    assert "test_all.py::test_a: flaky_quarantine: since: it is missing" in said
    assert "test_all.py::test_b: flaky_quarantine: expected one reason and keywords" in said


def test_the_file_may_lie_elsewhere(tmp_path: Path) -> None:
    root = a_suite(tmp_path, suite="def test_a(): assert 0\n", ini="quarantine_file = ci/flaky.toml\n")
    absent = ran(root)
    assert absent.returncode == pytest.ExitCode.USAGE_ERROR
    assert "quarantine_file: there is no file" in absent.stderr
    (root / "ci").mkdir()
    (root / "ci" / "flaky.toml").write_text('[[test]]\nid = "test_all.py"\nsince = 2026-01-02\nexpires = 9999-12-31\n')
    assert ran(root).returncode == 0


def test_two_copies_of_it_are_one(tmp_path: Path) -> None:
    """It may be installed, and named by -p besides."""
    done = ran(a_suite(tmp_path), plugins=("noxtasks.probe.noxtasks_probe.quarantine",))
    assert (done.returncode, done.stdout.count(QUARANTINED)) == (0, 1)


def test_it_is_declared_to_pytest() -> None:
    from importlib.metadata import entry_points  # noqa: PLC0415

    (point,) = entry_points(group="pytest11", name="noxtasks_quarantine")
    assert point.load().pytest_addoption


def test_a_record_of_the_session_has_the_failures(tmp_path: Path) -> None:
    wire = tmp_path / "record.jsonl"
    root = tmp_path / "suite"
    root.mkdir()
    done = ran(a_suite(root), plugins=("noxtasks_probe",), NOXTASKS_WIRE=str(wire))
    assert done.returncode == 0
    told = wire.read_text("ascii")
    assert told.count('"outcome":"failed"') + told.count('"outcome":"error"') == FAILED
    assert "xfailed" not in told
    assert '"exception":"RuntimeError"' in told


@pytest.mark.parametrize(("is_installed", "options"), [(True, ""), (False, "--no-quarantine")])
def test_under_the_engine_its_mark_is_known_and_every_failure_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_installed: bool, options: str
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    root = tmp_path / "suite"
    root.mkdir()
    a_suite(root, ini=f"addopts = --strict-markers --strict-config {options}\nquarantine_file = quarantine.toml\n")
    installed = ("-p", "noxtasks.probe.noxtasks_probe.quarantine") if is_installed else ()
    suite = Suite(
        root=root,
        python=Path(sys.executable),
        pytest_args=("-p", "pytest_rerunfailures", "-p", "no:randomly", *installed),
    )
    with Engine(suite, tmp_path, kind=EngineKind.FORK, test_timeout_s=30) as engine:
        (problem,) = engine.collect(hash_seed=1).problems
        assert problem["where"] == "fixture"
        request = RunRequest(number=0, seed=1, hash_seed=1, order=Order.COLLECTED)
        (run,) = engine.runs([request], jobs=1)
    outcomes = [result.outcome for result in run.results]
    assert sum(outcome.is_failure for outcome in outcomes) == FAILED - 1  # without the one whose fixture is nowhere
    assert sum(result.reruns for result in run.results) == 0
    assert set(outcomes) == {Outcome.PASSED, Outcome.FAILED, Outcome.ERROR}
