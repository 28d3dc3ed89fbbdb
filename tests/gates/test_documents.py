"""Which artifacts count: those that are as they were written, finished, and about the code of now."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from noxtasks.evidence import artifacts, events
from noxtasks.evidence.events import EventType
from noxtasks.evidence.gating import documents
from noxtasks.evidence.gating.model import Document
from noxtasks.evidence.provenance import Provenance
from noxtasks.gates import table
from noxtasks.suite import git

from .conftest import Write
from .samples import cause, health


def loaded(root: Path, name: str) -> Document:
    revision = (git.output_in(root)(("git", "rev-parse", "HEAD")) or b"").decode().strip()
    return documents.load(root / "reports", [name], code_version=revision, written=("quality.gates.v2.json",))[name]


def test_an_artifact_is_read_whole_with_its_digest(root: Path, measured: Write) -> None:
    measured(table.HEALTH, health(causes=[cause()]))
    found = loaded(root, table.HEALTH)
    assert found.content["result"]["causes"][0]["line"] == 3
    assert found.content["complete"] is True
    assert found.digest
    assert found.digest.sha256 == hashlib.sha256((root / "reports" / table.HEALTH).read_bytes()).hexdigest()


def test_one_that_is_not_there_is_refused_also_without_a_folder(root: Path, measured: Write) -> None:
    assert loaded(root, table.HEALTH).refusal == "there is no collection.health.json"
    measured(table.HEALTH, health())
    assert loaded(root, table.FLAKES).refusal == "there is no flake.report.json"
    assert loaded(root, "nobody.knows.json").refusal == "there is no nobody.knows.json"


def test_one_that_was_altered_is_refused(root: Path, measured: Write) -> None:
    measured(table.HEALTH, health(causes=[cause()]))
    path = root / "reports" / table.HEALTH
    path.write_bytes(path.read_bytes().replace(b'"blocking":true', b'"blocking":false'))
    assert loaded(root, table.HEALTH).refusal == "collection.health.json: its content is not what SHA256SUMS says"
    assert loaded(root, table.HEALTH).content is None


def test_one_of_an_interrupted_session_is_refused(root: Path, measured: Write) -> None:
    measured(table.HEALTH, health(), complete=False)
    assert loaded(root, table.HEALTH).refusal == "collection.health.json is of a session that was interrupted"


def test_one_about_other_code_is_refused(root: Path, measured: Write) -> None:
    measured(table.HEALTH, health(), code_version=f"{'b' * 40}+dirty.{'c' * 64}")
    said = loaded(root, table.HEALTH).refusal
    assert said.startswith("collection.health.json is about other code (bbbbbbbbbb+cccccccccc, now ")


def test_one_of_another_version_of_its_schema_is_refused(root: Path, measured: Write) -> None:
    measured(table.HEALTH, health())
    data = (root / "reports" / table.HEALTH).read_bytes().replace(b"collection.health/1", b"collection.health/9")
    artifacts.attach(root / "reports", table.HEALTH, data)
    assert "its schema is 'collection.health/9'" in loaded(root, table.HEALTH).refusal


def test_a_file_of_the_projects_own_counts_and_what_is_not_known_of_it_is_said(root: Path) -> None:
    (root / "reports" / "own").mkdir(parents=True)
    (root / "reports" / "own" / "a.json").write_text('{"totals": {"percent": 81.5}}')
    (root / "reports" / "b.yaml").write_text("share: 0.5\n")
    found = loaded(root, "own/a.json")
    assert (found.content, found.is_ours) == ({"totals": {"percent": 81.5}}, False)
    assert found.note.startswith("SHA256SUMS does not list it")
    assert loaded(root, "b.yaml").content == {"share": 0.5}


def test_a_file_of_the_projects_own_that_is_listed_is_held_to_its_digest(root: Path) -> None:
    artifacts.attach(root / "reports", "coverage.json", b'{"percent": 81.5}')
    assert loaded(root, "coverage.json").note == ""
    (root / "reports" / "coverage.json").write_text('{"percent": 100}')
    assert loaded(root, "coverage.json").refusal == "coverage.json: its content is not what SHA256SUMS says"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "{", "a.json cannot be parsed: "),
        ("a.json", '{"figure": NaN}', "a.json cannot be parsed: NaN is not JSON"),
        ("a.yaml", "a: [", "a.yaml cannot be parsed: "),
        ("a.yaml", "a: .nan", "a.yaml: /a: nan is not a JSON number"),
    ],
)
def test_a_file_that_is_none_is_refused(root: Path, name: str, text: str, said: str) -> None:
    (root / "reports").mkdir()
    (root / "reports" / name).write_text(text)
    assert loaded(root, name).refusal.startswith(said)


def test_the_list_of_digests_stands_for_what_its_check_finds(root: Path, measured: Write) -> None:
    assert loaded(root, table.SUMS).refusal == "there are no artifacts, or no list of their digests"
    artifacts.attach(root / "reports", "quality.gates.v2.json", b"{}")
    assert loaded(root, table.SUMS).refusal == "there are no artifacts"
    measured(table.HEALTH, health())
    assert loaded(root, table.SUMS).content == {"artifacts": [], "events": []}
    (root / "reports" / table.HEALTH).unlink()
    (root / "reports" / "x.noxtasks-tmp").touch()
    assert loaded(root, table.SUMS).content["artifacts"] == [
        {"name": table.HEALTH, "trouble": "missing", "message": "it is listed, and not there"}
    ]


def test_the_chain_of_events_is_part_of_it(root: Path, measured: Write, provenance: Provenance) -> None:
    measured(table.HEALTH, health())
    reports = root / "reports"
    for _ in range(2):
        events.append(
            reports,
            event=EventType.GATE_EVALUATED,
            project="shop",
            subject="x",
            at=provenance.created,
            provenance=provenance,
        )
    assert loaded(root, table.EVENTS).content == {"findings": []}
    first, second = (reports / events.NAME).read_bytes().splitlines(keepends=True)
    (reports / events.NAME).write_bytes(first.replace(b'"subject":"x"', b'"subject":"y"') + second)
    (found,) = loaded(root, table.SUMS).content["events"]
    assert found["name"] == "events.jsonl:2"
    assert loaded(root, table.EVENTS).content == {"findings": [found]}
