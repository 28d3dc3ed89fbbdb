"""`flake quarantine` from end to end: by a report and a history, into the file or the source, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from noxtasks import config
from noxtasks.errors import ConfigurationError, EvidenceError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, events, provenance, vcs
from noxtasks.flake import emit, quarantine
from noxtasks.history import Session, SessionKind, open_history
from noxtasks.stats import wilson
from noxtasks.suite import git
from noxtasks.suite.model import EngineKind, Order, Outcome, Result, Run

pytestmark = pytest.mark.functional

TODAY = date(2026, 3, 1)
LATER = date(2026, 5, 1)
SETTINGS = config.Settings(quarantine=config.QuarantineSettings(owner="ada"))
TESTS = """\
import pytest


@pytest.mark.parametrize("n", [1, 2])
def test_often(n): ...


def test_seldom(): ...


class TestHeir(Base): ...
"""
OFTEN, OFTEN_2, SELDOM = "test_a.py::test_often[1]", "test_a.py::test_often[2]", "test_a.py::test_seldom"
INHERITED = "test_a.py::TestHeir::test_base"
FLAKY = {OFTEN: (20, 40), OFTEN_2: (30, 40), SELDOM: (1, 40), INHERITED: (20, 40)}

Measure = Callable[..., None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "test_a.py").write_text(TESTS)
    return folder


@pytest.fixture
def measure(root: Path) -> Measure:
    """Leaves what `flake` leaves after so many failures and runs of each test at the code of now."""

    def leave(counts: dict[str, tuple[int, int]] = FLAKY, *, name: str = "a") -> None:
        code = vcs.code(root, run=git.output_in(root))
        session = Session(
            id=name, project="shop", kind=SessionKind.FLAKE, started=datetime(2026, 3, 1, tzinfo=UTC),
            code_version=code.code_version,
        )  # fmt: skip
        runs = [a_run(number, counts) for number in range(max(runs for _, runs in counts.values()))]
        with open_history(SETTINGS.history_url(root)) as history:
            history.add(session, runs, ended=session.started)
        artifacts.write(
            root / "reports",
            emit.REPORT,
            result=a_report(counts),
            timing={"duration_s": 1, "runs": [], "first_seen": {}},
            provenance=provenance.gather(
                session_id=provenance.new_session_id(session.started, bytes(10)),
                created=session.started,
                code=code,
                settings={},
                tools={"pytest": "9.0"},
            ),
        )

    return leave


def a_run(number: int, counts: dict[str, tuple[int, int]]) -> Run:
    results = tuple(
        Result(nodeid=test, position=at, outcome=Outcome.FAILED if number < failures else Outcome.PASSED, duration_s=0)
        for at, (test, (failures, runs)) in enumerate(counts.items())
        if number < runs
    )  # fmt: skip
    return Run(
        number=number, seed=0, hash_seed=0, order=Order.COLLECTED, engine=EngineKind.FORK,
        started=datetime(2026, 3, 1, tzinfo=UTC), duration_s=1, results=results,
    )  # fmt: skip


def a_report(counts: dict[str, tuple[int, int]]) -> dict[str, Any]:
    judged = {"verdict": "fail", "figure": 0.5, "interval": {"low": 0, "high": 1}, "sample": 40, "threshold": 0.05}
    return {
        "tests": len(counts), "runs": 40, "engine": "fork", "engine_reason": "", "at_once": 1,
        "claim": {**judged, "reason": "x"}, "disturbed": {"failures": 40, **judged, "reason": "x"},
        "flaky": [
            {
                "test": test, "runs": runs, "failures": failures, "rate": failures / runs,
                "interval": {"low": wilson(failures, runs).low, "high": wilson(failures, runs).high},
                "outcomes": {}, "confirmation": "not tried", "repeats": {"tried": 0, "failed": 0}, "reproduce": "x",
                "explanation": None,
                "causes": [{"fingerprint": "f", "exception": "shop.StockError", "message": "", "count": failures}],
            }
            for test, (failures, runs) in counts.items() if 0 < failures < runs
        ],
        "broken": [], "only_beside_others": [], "only_in_forks": [], "never_run": [], "left_behind": [],
        "left_open": [], "quiet": [], "disagreements": [], "imported": [], "unstable_ids": [],
    }  # fmt: skip


def decided(root: Path, *, today: date = TODAY, **options: Any) -> ExitCode:
    return quarantine.run(root, SETTINGS, today=today, **options)


def the_change(root: Path) -> dict[str, list[str]]:
    """What the delta says of the quarantine, by test, after a check of all the evidence."""
    assert artifacts.verify(root / "reports") == []
    assert events.verify(root / "reports") == []
    told = artifacts.read(root / "reports", emit.DELTA).result["quarantine"]
    *_, event = events.read(root / "reports")
    assert event.metrics == {f"quarantine.{name}": len(part) for name, part in told.items()}
    return {name: [each["test"] for each in part] for name, part in told.items() if part}


def test_without_apply_it_is_shown_and_nothing_is_written(
    root: Path, measure: Measure, capsys: pytest.CaptureFixture[str]
) -> None:
    measure()
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and "history" not in path.name}
    assert decided(root) is ExitCode.NOTHING_FOUND
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and "history" not in path.name}
    assert after == before
    printed = capsys.readouterr().out
    assert "+++ b/quarantine.toml" in printed
    assert '+id = "test_a.py::test_often[1]"' in printed
    assert '+reason = "failed 20 of 40 runs: StockError"' in printed
    assert "     20/40  35%-65%    2026-03-01  2026-03-31  goes in    ada" in printed
    assert "3 go in, 0 stay, 0 return, 0 expired" in printed
    assert "not written: quarantine.toml; --apply writes it" in printed
    assert all(len(line) <= 80 for line in printed.splitlines())


def test_what_is_flaky_goes_in_stays_while_in_doubt_and_returns_when_it_is_mended(
    root: Path, measure: Measure, capsys: pytest.CaptureFixture[str]
) -> None:
    measure()
    assert decided(root, apply=True, issue="https://example.org/7") is ExitCode.NOTHING_FOUND
    assert "written: quarantine.toml" in capsys.readouterr().out
    assert the_change(root) == {"added": [INHERITED, OFTEN, OFTEN_2]}
    written = (root / "quarantine.toml").read_text()
    assert written.count('issue = "https://example.org/7"') == written.count('owner = "ada"') == 3
    assert (root / "test_a.py").read_text() == TESTS

    assert decided(root, apply=True) is ExitCode.NOTHING_FOUND  # the same report again
    assert "0 go in, 3 stay, 0 return, 0 expired" in capsys.readouterr().out
    assert (root / "quarantine.toml").read_text() == written
    assert len(list(events.read(root / "reports"))) == 1

    (root / "test_a.py").write_text(TESTS + "# mended\n")
    assert decided(root, apply=True) is ExitCode.NOTHING_FOUND
    assert "the report is of another version of the code" in capsys.readouterr().out
    assert (root / "quarantine.toml").read_text() == written

    measure({OFTEN: (0, 100), OFTEN_2: (0, 50), INHERITED: (0, 100)}, name="b")
    assert decided(root, apply=True) is ExitCode.NOTHING_FOUND
    assert the_change(root) == {"released": [INHERITED, OFTEN], "kept": [OFTEN_2]}
    measure({OFTEN_2: (0, 50)}, name="c")  # on top of the 50
    assert decided(root, apply=True) is ExitCode.NOTHING_FOUND
    assert the_change(root) == {"released": [OFTEN_2]}
    assert not (root / "quarantine.toml").exists()


def test_in_source_the_tests_are_marked_where_that_is_possible(
    root: Path, measure: Measure, capsys: pytest.CaptureFixture[str]
) -> None:
    measure()
    assert decided(root, apply=True, in_source=True) is ExitCode.NOTHING_FOUND
    printed = capsys.readouterr().out
    assert "in quarantine.toml and not marked, as it is not defined under its name in its file" in " ".join(
        printed.split()
    )
    assert "written: test_a.py, quarantine.toml" in printed
    source = (root / "test_a.py").read_text()
    assert source.count("@pytest.mark.flaky_quarantine(") == 1
    assert 'reason="failed 30 of 40 runs: StockError"' in source
    assert INHERITED in (root / "quarantine.toml").read_text()
    assert the_change(root) == {"added": [INHERITED, "test_a.py::test_often"]}

    assert decided(root) is ExitCode.NOTHING_FOUND
    assert "0 go in, 2 stay" in capsys.readouterr().out
    measure({OFTEN: (0, 100), OFTEN_2: (0, 100), INHERITED: (0, 100)}, name="b")
    assert decided(root, apply=True) is ExitCode.NOTHING_FOUND
    assert the_change(root) == {"released": [INHERITED, "test_a.py::test_often"]}
    assert (root / "test_a.py").read_text() == TESTS
    assert not (root / "quarantine.toml").exists()


def test_a_test_in_a_file_that_is_not_python_goes_into_the_file(
    root: Path, measure: Measure, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "README.rst").write_text(">>> 1\n2\n")
    (root / "test_b.py").write_text("def test_b(:")
    measure({"README.rst::README.rst": (20, 40), "test_b.py::test_b": (20, 40), "gone.py::test_c": (20, 40)})
    decided(root, apply=True, in_source=True)
    assert (root / "quarantine.toml").read_text().count("[[test]]") == 3
    printed = " ".join(capsys.readouterr().out.split())
    assert "as test_b.py cannot be edited (it is not Python: line 1: " in printed


@pytest.mark.parametrize("has_report", [True, False])
def test_an_expired_entry_fails_the_gate(
    root: Path,
    measure: Measure,
    has_report: bool,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measure()
    decided(root, apply=True)
    if not has_report:
        (root / "reports" / emit.REPORT).unlink()
    capsys.readouterr()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert decided(root, today=LATER) is ExitCode.FOUND
    printed = capsys.readouterr().out
    assert f"{OFTEN}: its quarantine ended on 2026-03-31; its failures count again.\n  ada: mend the test" in printed
    assert "::error file=test_a.py,title=quarantine::" in printed
    assert "3 expired" in printed
    assert ("there is no report" in printed) != has_report


def test_an_entry_whose_test_is_gone_is_told(root: Path, measure: Measure, capsys: pytest.CaptureFixture[str]) -> None:
    measure()
    entry = '[[test]]\nid = "{}"\nsince = 2026-03-01\n'
    names = ("test_a.py::test_old", "test_old.py::test_a", INHERITED)
    (root / "quarantine.toml").write_text("".join(entry.format(name) for name in names))
    assert decided(root) is ExitCode.NOTHING_FOUND
    printed = " ".join(capsys.readouterr().out.split())
    assert "stale: test_a.py::test_old: the file has no such test; remove the entry" in printed
    assert "stale: test_old.py::test_a: there is no test_old.py; remove the entry" in printed
    assert printed.count("stale: ") == 2


def test_everything_that_is_wrong_with_the_entries_is_told_at_once(root: Path, measure: Measure) -> None:
    measure()
    (root / "quarantine.toml").write_text('[[test]]\nid = "a"\nsince = "soon"\nownr = "ada"\n')
    (root / "test_b.py").write_text("@pytest.mark.flaky_quarantine()\ndef test_a(): ...\n")
    with pytest.raises(ConfigurationError) as caught:
        decided(root)
    assert len(caught.value.problems) == 3
    for said in ("quarantine.toml: test 1 ('a'): since", "ownr", "test_b.py:1: flaky_quarantine: since"):
        assert said in str(caught.value)


def test_without_a_report_and_without_entries_nothing_can_be_said(root: Path) -> None:
    with pytest.raises(NotMeasuredError, match="there is no report"):
        decided(root)


def test_a_report_that_was_altered_is_refused(root: Path, measure: Measure) -> None:
    measure()
    path = root / "reports" / emit.REPORT
    path.write_text(json.dumps(json.loads(path.read_text())))
    with pytest.raises(EvidenceError):
        decided(root, apply=True)
    assert not (root / "quarantine.toml").exists()


def test_the_comparison_of_the_last_session_stays_in_the_delta(root: Path, measure: Measure) -> None:
    measure()
    compared = {"before": None, "after": {"runs": 40, "failures": 4, "rate": 0.1, "interval": {"low": 0, "high": 1}}}
    nothing: dict[str, Any] = {"change": None, "appeared": [], "recovered": [], "quiet": [], "persisting": []}
    report = artifacts.read(root / "reports", emit.REPORT)
    artifacts.write(
        root / "reports", emit.DELTA, result={**compared, **nothing}, timing={}, provenance=report.provenance
    )
    decided(root, apply=True)
    assert artifacts.read(root / "reports", emit.DELTA).result["after"]["failures"] == 4
    assert the_change(root)["added"]
