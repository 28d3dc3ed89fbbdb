"""A test that is run without reports ends as it does under pytest's own protocol, and listeners are told all."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import EngineKind, Order, Outcome, Result
from noxtasks.suite.runs import RunRequest

pytestmark = pytest.mark.functional

SUITE = """
import sys, time, unittest
import pytest

SEEN = []

@pytest.fixture
def breaks_before(): raise RuntimeError("setup")
@pytest.fixture
def breaks_after():
    yield
    raise RuntimeError("teardown")
@pytest.fixture
def follows():
    SEEN.append("setup"); yield; SEEN.append("teardown")

def test_passes(): pass
def test_fails(): assert [1, 2] == [1, 3]
def test_breaks_before(breaks_before): pass
def test_breaks_after(breaks_after): pass
def test_fails_and_breaks_after(breaks_after): assert 0
@pytest.mark.skip(reason="no")
def test_is_skipped(): pass
def test_skips_itself(): pytest.skip("no")
@pytest.mark.xfail(reason="known")
def test_is_expected_to_fail(): assert 0
@pytest.mark.xfail(reason="known", raises=KeyError)
def test_fails_otherwise_than_expected(): assert 0
@pytest.mark.xfail(reason="known")
def test_passes_unexpectedly(): pass
@pytest.mark.xfail(strict=True, reason="known")
def test_passes_though_it_must_not(): pass
def test_expects_its_failure(): pytest.xfail("known")
def test_has_a_folder(tmp_path): (tmp_path / "file").write_text("x")
def test_reads_what_it_says(capsys):
    print("said")
    assert capsys.readouterr().out == "said\\n"
def test_reads_what_its_process_says(capfd):
    import os; os.system("echo said")
    assert capfd.readouterr().out == "said\\n"
def test_says_it_uncaptured(capsys):
    with capsys.disabled(): print("aloud")
    print("said")
    assert capsys.readouterr().out == "said\\n"
def test_sees_its_log(caplog):
    import logging
    logging.warning("careful")
    assert caplog.messages == ["careful"]
def test_uses_a_fixture(follows): assert SEEN == ["setup"]
def test_comes_after_its_teardown(): assert SEEN == ["setup", "teardown"]
def test_warns():
    import warnings
    with pytest.warns(UserWarning): warnings.warn("careful")
def test_moves_the_clock(monkeypatch):
    monkeypatch.setattr(time, "perf_counter", lambda: 1e9)
class TestInClass(unittest.TestCase):
    def test_of_unittest(self): self.assertEqual(1, 1)
    def test_of_unittest_fails(self): self.assertEqual(1, 2)
    def test_has_subtests(self):
        for number in range(3):
            with self.subTest(number=number): self.assertNotEqual(number, 1)
"""
OUTCOMES = {
    "test_fails": Outcome.FAILED,
    "test_breaks_before": Outcome.ERROR,
    "test_breaks_after": Outcome.ERROR,
    "test_fails_and_breaks_after": Outcome.FAILED,
    "test_is_skipped": Outcome.SKIPPED,
    "test_skips_itself": Outcome.SKIPPED,
    "test_is_expected_to_fail": Outcome.XFAILED,
    "test_fails_otherwise_than_expected": Outcome.FAILED,
    "test_passes_unexpectedly": Outcome.XPASSED,
    "test_passes_though_it_must_not": Outcome.FAILED,
    "test_expects_its_failure": Outcome.XFAILED,
    "TestInClass::test_of_unittest_fails": Outcome.FAILED,
    "TestInClass::test_has_subtests": Outcome.FAILED,
}
LISTENER = """
import json
from pathlib import Path

def pytest_runtest_logreport(report):
    with Path(__file__).with_name("told").open("a") as file:
        file.write(json.dumps([report.nodeid.partition("::")[2], report.when, report.outcome]) + "\\n")
"""


def results(tmp_path: Path, python: Path, kind: EngineKind, conftest: str = "") -> dict[str, Result]:
    root = tmp_path / "suite"
    root.mkdir()
    (root / "test_all.py").write_text(SUITE, "utf-8")
    (root / "conftest.py").write_text(conftest, "utf-8")
    (root / "pytest.ini").write_text("[pytest]\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    suite = Suite(root=root, python=python, pytest_args=("-p", "no:randomly"))
    request = RunRequest(number=0, seed=1, hash_seed=1, order=Order.COLLECTED)
    with Engine(suite, scratch, kind=kind, test_timeout_s=30.0) as engine:
        engine.collect(hash_seed=1)
        (run,) = engine.runs([request], jobs=1)
    return {result.nodeid.partition("::")[2]: result for result in run.results}


@pytest.mark.parametrize("kind", EngineKind)
def test_every_way_to_end_is_told_as_pytest_would(tmp_path: Path, python: Path, kind: EngineKind) -> None:
    found = results(tmp_path, python, kind)
    assert {name: result.outcome for name, result in found.items() if result.outcome is not Outcome.PASSED} == OUTCOMES
    assert len(found) == SUITE.count("def test_")
    failed = found["test_fails"].failure
    assert failed is not None
    assert (failed.phase, failed.message) == ("call", "assert [1, 2] == [1, 3]" + failed.message[23:])
    assert "At index 1 diff: 2 != 3" in failed.text
    assert all(0 <= result.duration_s < 60 for result in found.values())


def test_a_conftest_that_listens_to_reports_gets_them_all(tmp_path: Path, python: Path) -> None:
    found = results(tmp_path, python, EngineKind.FORK, LISTENER)
    assert {name: result.outcome for name, result in found.items() if result.outcome is not Outcome.PASSED} == OUTCOMES
    told = [json.loads(line) for line in (tmp_path / "suite" / "told").read_text().splitlines()]
    assert [told[number][1:] for number in range(3)] == [
        ["setup", "passed"],
        ["call", "passed"],
        ["teardown", "passed"],
    ]
    assert Counter(when for _, when, _ in told)["setup"] == len(found)
