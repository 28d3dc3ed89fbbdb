"""`bundle` from end to end: over evidence of a committed project, into an archive that verifies without it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noxtasks import bundle
from noxtasks.bundle import verifying
from noxtasks.bundle.milestones import MILESTONES
from noxtasks.cli import build_parser
from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, EvidenceError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, events
from noxtasks.evidence.events import EventType
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.vcs import Vcs
from noxtasks.suite import git

from .conftest import measured, packed, tell, unpacked

M1 = "M1-completion.tar.gz"
M2 = "M2-completion.tar.gz"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one commit, and nothing measured."""
    root = tmp_path / "shop"
    root.mkdir()
    ask = git.output_in(root)
    ask(("git", "init", "-q", "."))
    (root / ".gitignore").write_text("reports/\n.noxtasks/\n")
    (root / "pyproject.toml").write_text("")
    ask(("git", "add", "-A"))
    assert ask(("git", "-c", "user.name=a", "-c", "user.email=a@b.invalid", "commit", "-qm", "the shop")) is not None
    return root


@pytest.fixture
def about(root: Path, provenance: Provenance) -> Provenance:
    """What artifacts about the code as committed tell of themselves."""
    revision = (git.output_in(root)(("git", "rev-parse", "HEAD")) or b"").decode().strip()
    return msgspec.structs.replace(provenance, code_version=revision, vcs=Vcs(revision=revision, dirty=False))


@pytest.fixture
def evidence(root: Path, about: Provenance) -> Path:
    """The folder of reports of a project that was measured."""
    measured(root / "reports", about)
    return root / "reports"


def run(root: Path, *names: str, key: Path | None = None, **environment: str) -> ExitCode:
    return bundle.run(root, Settings(), names=names, key=key, environment=environment)


def completeness(reports: Path) -> dict[str, Any]:
    found = artifacts.read(reports, "bundle.completeness.json").result
    assert isinstance(found, dict)
    return found


def test_the_archive_is_made_told_and_verifies(root: Path, evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "m1") is ExitCode.NOTHING_FOUND
    shown = capsys.readouterr().out
    proof = verifying.verify(evidence / M1)
    assert proof.is_sound
    assert f"SHA-256  {proof.sha256}" in shown
    assert "M1 does not hold: Foundation Hardening" in shown or "M1 is not known to hold" in shown
    assert artifacts.verify(evidence) == []
    assert events.verify(evidence) == []
    assert bundle.verify(evidence / M1) is ExitCode.NOTHING_FOUND
    verified = capsys.readouterr().out
    assert "sound in itself" in verified
    assert re.findall(r"M1.*?(\d+ of \d+ gates)", verified) == re.findall(r"M1.*?(\d+ of \d+ gates)", shown)


def test_what_was_found_is_an_artifact(root: Path, evidence: Path) -> None:
    run(root, "M1")
    found = completeness(evidence)
    assert [each["name"] for each in found["milestones"]] == ["M1", "M2", "M3"]
    gates = {each["name"]: each for each in found["milestones"][0]["gates"]}
    assert gates["collection error rate"]["verdict"] == "pass"
    assert gates["collection error rate"]["figure"] == 0
    assert gates["flake rate"]["verdict"] == "unmeasured"
    assert len(gates) == len(MILESTONES[0].gates)
    (archive,) = found["archives"]
    proof = verifying.verify(evidence / M1)
    assert archive == {
        "name": M1,
        "milestone": "M1",
        "verdict": proof.verdict.value,
        "sha256": proof.sha256,
        "tar_sha256": proof.tar_sha256,
        "files": proof.files,
        "size": proof.size,
        "events_head": proof.events_head,
        "is_signed": False,
    }
    missing = {each["name"]: each for each in found["missing"]}
    assert missing["flake.report.json"]["message"] == "there is no flake.report.json"
    assert {each["milestone"] for each in found["missing"]} == {"M1"}
    assert artifacts.read(evidence, "Phase2-AAR.yaml").result["milestones"][0]["archive"] == proof.sha256


def test_events_tell_of_each_archive_and_of_what_was_written(root: Path, evidence: Path) -> None:
    before = len(list(events.read(evidence)))
    run(root, "M2", "M1")
    told = list(events.read(evidence))[before:]
    assert {each.type for each in told} == {EventType.EVIDENCE_BUNDLED}
    assert [each.subject for each in told] == [M1, M2, "Phase2-AAR.yaml"]
    assert [[artifact.name for artifact in each.artifacts] for each in told] == [
        [M1],
        [M2, "bundle.completeness.json"],
        ["Phase2-AAR.yaml"],
    ]
    assert told[0].attributes["noxtasks.milestone.name"] == "M1"
    assert told[0].attributes["noxtasks.bundle.events.head"] == verifying.verify(evidence / M1).events_head


def test_twice_gives_the_same_bytes(root: Path, evidence: Path) -> None:
    run(root, "M1", "M2")
    first = [(evidence / name).read_bytes() for name in (M1, M2)]
    run(root, "M2")
    run(root, "M1")
    run(root, "M1", "M2")
    assert [(evidence / name).read_bytes() for name in (M1, M2)] == first


def test_the_next_milestone_is_the_first_without_an_archive_that_says_it_holds(
    root: Path, evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(root)
    assert (evidence / M1).is_file()
    run(root)
    assert not (evidence / M2).exists()
    held = msgspec.structs.replace(MILESTONES[0], gates=MILESTONES[0].gates[:1])
    monkeypatch.setattr(sys.modules["noxtasks.bundle.run"], "MILESTONES", (held, *MILESTONES[1:]))
    run(root)
    assert verifying.verify(evidence / M1).verdict.value == "pass"
    run(root)
    assert (evidence / M2).is_file()
    assert json.loads(unpacked(evidence / M2)["milestone.json"])["archives"] == {
        M1: verifying.verify(evidence / M1).sha256
    }


def test_an_archive_that_was_altered_does_not_count(
    root: Path, evidence: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(root, "M1")
    (evidence / M1).write_bytes((evidence / M1).read_bytes()[:-20])
    capsys.readouterr()
    run(root, "M2")
    assert f"{M1} does not count" in " ".join(capsys.readouterr().out.split())
    assert [each["name"] for each in completeness(evidence)["archives"]] == [M2]


def test_signed_with_a_key_it_verifies_with_the_public_one(
    root: Path, evidence: Path, key_files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    private, public = key_files
    run(root, "M1", key=private)
    capsys.readouterr()
    assert bundle.verify(evidence / M1, key=public) is ExitCode.NOTHING_FOUND
    assert "sound, and signed by the key that was given" in capsys.readouterr().out
    assert bundle.verify(evidence / M1) is ExitCode.NOTHING_FOUND
    shown = " ".join(capsys.readouterr().out.split())
    assert "Its signatures were not held against a known key, and prove nothing without one: --key PUB." in shown
    assert completeness(evidence)["archives"][0]["is_signed"] is True


def test_a_finding_ends_with_one_and_names_it(
    root: Path, evidence: Path, tmp_path: Path, key_files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run(root, "M1")
    files = unpacked(evidence / M1)
    files["markers.html"] += b"!"
    packed(tmp_path / "copy.tar.gz", files)
    capsys.readouterr()
    assert bundle.verify(tmp_path / "copy.tar.gz") is ExitCode.FOUND
    shown = capsys.readouterr().out
    assert "altered: markers.html: its SHA-256 is" in shown
    assert "not sound: 1 finding" in shown
    assert bundle.verify(evidence / M1, key=key_files[1]) is ExitCode.FOUND
    assert "unsigned: svr.dsse.json" in capsys.readouterr().out


def test_what_cannot_be_read_ends_otherwise(tmp_path: Path, key_files: tuple[Path, Path]) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        bundle.verify(tmp_path / "none.tar.gz")
    for name, data in (("empty.tar.gz", b""), ("text.tar.gz", b"hello"), ("a.tgz", b"PK")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(NotMeasuredError):
            bundle.verify(tmp_path / name)
    (tmp_path / "plan.md").write_text("# Plan\n")
    assert bundle.verify(tmp_path / "plan.md") is ExitCode.NOT_MEASURED
    with pytest.raises(ConfigurationError, match="no signature"):
        bundle.verify(tmp_path / "plan.md", key=key_files[1])


def test_altered_evidence_and_no_evidence_and_no_such_milestone_are_errors(root: Path, evidence: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no milestone 'M4'"):
        run(root, "M1", "M4")
    (evidence / "markers.html").write_bytes(b"")
    with pytest.raises(EvidenceError, match=r"markers\.html: its SHA-256 is"):
        run(root, "M1")
    assert not (evidence / M1).exists()
    with pytest.raises(NotMeasuredError, match="there is nothing to bundle"):
        bundle.run(root, Settings(reports="elsewhere"), names=(), environment={})


def test_that_the_code_is_another_by_now_is_told(
    root: Path, evidence: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "shop.py").write_text("x = 1\n")
    run(root, "M1")
    assert "the evidence is about other code than that of now" in " ".join(capsys.readouterr().out.split())


def test_every_line_fits_a_terminal_but_for_commands_and_digests(
    root: Path, evidence: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(root, "M1", "M2", "M3")
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if len(line) > 80 and not line.lstrip().startswith("$")] == []
    for line in lines:
        if line.startswith("$ noxtasks "):
            assert build_parser().parse_args(line.removeprefix("$ noxtasks ").split()).file.name in {
                M1,
                M2,
                "M3-completion.tar.gz",
            }


def test_github_gets_a_summary_and_annotations(
    root: Path,
    evidence: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    run(root, "M1")
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert verifying.verify(evidence / M1).sha256 in summary
    assert "| collection error rate | 0% | `== 0%` | ✅ pass |" in summary
    files = unpacked(evidence / M1)
    packed(tmp_path / "copy.tar.gz", {**files, "more": b""})
    bundle.verify(tmp_path / "copy.tar.gz")
    assert "::error title=bundle%3A copy.tar.gz::added: more" in capsys.readouterr().out
    assert "❌ copy.tar.gz: not sound" in (tmp_path / "summary.md").read_text("utf-8")


def test_evidence_of_a_later_session_gives_another_archive(
    root: Path, evidence: Path, about: Provenance, make_key: Callable[..., tuple[Path, Path]]
) -> None:
    run(root, "M1")
    first = (evidence / M1).read_bytes()
    tell(evidence, about)
    run(root, "M1")
    assert (evidence / M1).read_bytes() != first
