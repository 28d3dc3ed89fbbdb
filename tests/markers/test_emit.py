"""The audit as artifacts that fit their schemas, and the archive of what was removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks import config
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance
from noxtasks.markers import emit
from noxtasks.markers.explain import explain
from noxtasks.markers.model import Audit, Class, Consolidation, Use


def written(reports: Path, audit: Audit, plan: Consolidation, provenance: Provenance, *, is_applied: bool) -> None:
    digests = emit.write(
        reports, audit, plan, idle_days=60, is_applied=is_applied, duration_s=1.5, provenance=provenance
    )
    emit.tell_complete(reports, "shop", audit, plan, is_applied=is_applied, digests=digests, provenance=provenance)


def test_the_artifacts_verify_and_say_what_was_found(
    tmp_path: Path, audit: Audit, plan: Consolidation, provenance: Provenance
) -> None:
    written(tmp_path, audit, plan, provenance, is_applied=False)
    assert artifacts.verify(tmp_path) == []
    report = artifacts.read(tmp_path, emit.AUDIT).result
    assert {each["class"] for each in report["markers"]} == {kind.value for kind in Class}
    assert (report["counts"]["registered"], report["counts"]["live"], report["counts"]["removable"]) == (8, 7, 1)
    told = artifacts.read(tmp_path, emit.CONSOLIDATED).result
    assert [each["old"] for each in told["merges"] if each["is_decided"]] == ["slow_test"]
    assert (told["applied"], told["archive"], told["fits"]) == (False, [], True)
    (event,) = events.read(tmp_path)
    assert event.type is events.EventType.MARKER_CONSOLIDATION_COMPLETE


def test_what_is_removed_is_archived_with_its_evidence_for_good(
    tmp_path: Path, audit: Audit, plan: Consolidation, provenance: Provenance
) -> None:
    for is_applied in (True, False, True):
        written(tmp_path, audit, plan, provenance, is_applied=is_applied)
    archive = emit.archived(tmp_path)
    assert [each["marker"] for each in archive] == ["gone\x1b[31m"] * 2
    assert archive[0]["registrations"][0]["line"] == 9
    assert archive[0]["mentions"][0]["path"] == "tests/test_a.py"
    assert archive[0]["criteria"]["age"] is True


def test_an_explanation_tells_every_place(
    tmp_path: Path,
    audit: Audit,
    plan: Consolidation,
    provenance: Provenance,
    capsys: pytest.CaptureFixture[str],
) -> None:
    written(tmp_path / "reports", audit, plan, provenance, is_applied=False)
    assert explain(tmp_path, config.load(tmp_path), name="gone\x1b[31m") is ExitCode.NOTHING_FOUND
    said = capsys.readouterr().out
    assert "pytest.ini:9" in said
    assert "tests/test_a.py:3" in said
    assert "\x1b" not in said


def test_an_unknown_marker_is_an_error_with_the_nearest_name(
    tmp_path: Path, audit: Audit, plan: Consolidation, provenance: Provenance
) -> None:
    written(tmp_path / "reports", audit, plan, provenance, is_applied=False)
    with pytest.raises(ConfigurationError, match="zebro") as caught:
        explain(tmp_path, config.load(tmp_path), name="zebro")
    assert "zebra" in caught.value.remedy


def test_without_an_audit_nothing_is_explained(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match="no report"):
        explain(tmp_path, config.load(tmp_path), name="slow")


def test_what_other_interpreters_saw_of_the_same_code_counts(
    tmp_path: Path, audit: Audit, plan: Consolidation, provenance: Provenance
) -> None:
    written(tmp_path / "3.11", audit, plan, provenance, is_applied=False)
    found = emit.seen_by_others(tmp_path / "3.12", ["3.11", "3.12", "3.13"], provenance.code_version)
    assert {each.marker for each in found} == {"slow", "slow_test", "cof_ethical", "wip"}
    assert {each.use for each in found} == {Use.DYNAMIC}
    assert emit.seen_by_others(tmp_path / "3.12", ["3.11", "3.12"], "other") == ()
    assert emit.seen_by_others(tmp_path / "3.11", ["3.11"], provenance.code_version) == ()
    assert emit.seen_by_others(tmp_path / "reports", ["3.11", "3.12"], provenance.code_version) == ()
