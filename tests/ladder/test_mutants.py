"""The tier of mutants, by the artifact that the last scan has left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from noxtasks.evidence import artifacts
from noxtasks.evidence.provenance import Provenance
from noxtasks.ladder import mutants
from noxtasks.ladder.model import Level, Measured, Metric, Name, Tier
from noxtasks.stats import Verdict

TIER = Tier(name=Name.MUTATION, scope=(), metric=Metric.SCORE, target=0.6, level=Level.ADVISORY)


def scanned(killed: int, *, choice: str = "all", interval: dict[str, float] | None = None) -> dict[str, Any]:
    figure = killed / 10 if killed >= 0 else None
    return {
        "extent": {"choice": choice},
        "judgement": {"reason": "none was tried"},
        "score": {"figure": figure, "total": 10, "interval": interval},
    }


@pytest.mark.parametrize(("killed", "verdict"), [(5, Verdict.FAIL), (6, Verdict.PASS), (7, Verdict.PASS)])
def test_the_score_is_held_against_the_target(killed: int, verdict: Verdict) -> None:
    found = mutants.judge(TIER, scanned(killed))
    assert (found.verdict, found.figure, found.sample) == (verdict, killed / 10, 10)


def test_a_sample_decides_where_its_interval_does() -> None:
    assert mutants.judge(TIER, scanned(7, interval={"low": 0.5, "high": 0.9})).verdict is Verdict.UNMEASURED
    assert mutants.judge(TIER, scanned(7, interval={"low": 0.6, "high": 0.9})).verdict is Verdict.PASS


def test_a_scan_of_a_part_or_without_a_score_is_no_measurement() -> None:
    for result in (scanned(9, choice="since"), scanned(-1)):
        found = mutants.judge(TIER, result)
        assert (found.verdict, found.figure) == (Verdict.UNMEASURED, None)


@pytest.fixture
def reports(tmp_path: Path, provenance: Provenance, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With an artifact in it whose content no schema looks at: it is about who wrote it, and of which code."""
    monkeypatch.setattr("noxtasks.evidence.schemas.faults", lambda *_: [])
    artifacts.write(tmp_path, mutants.REPORT, result=scanned(7), timing={}, provenance=provenance)
    return tmp_path


def of(reports: Path, code_version: str = "a" * 40) -> Measured:
    return mutants.measured(TIER, reports, code_version=code_version)


def test_a_report_counts_for_the_code_that_it_is_about(reports: Path) -> None:
    assert of(reports).figure == 0.7
    other = of(reports, "b" * 40)
    assert (other.figure, other.is_stale) == (None, True)
    assert "noxtasks mutation" in other.judgement.reason


def test_a_report_that_is_missing_altered_or_of_an_interrupted_scan_does_not_count(
    reports: Path, provenance: Provenance, tmp_path: Path
) -> None:
    path = reports / mutants.REPORT
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"total":10', b'"total":11'))
    assert "cannot be trusted" in of(reports).judgement.reason
    interrupted = replace(provenance, complete=False)
    artifacts.write(reports, mutants.REPORT, result=scanned(7), timing={}, provenance=interrupted)
    assert "interrupted" in of(reports).judgement.reason
    path.unlink()
    assert "no mutants have been tried" in of(reports).judgement.reason
