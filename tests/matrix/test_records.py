"""Records as files: found wherever they are, verified, and refused by name, without keeping another out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from noxtasks.errors import ConfigurationError
from noxtasks.evidence import artifacts
from noxtasks.evidence.provenance import Provenance
from noxtasks.matrix import records
from noxtasks.matrix.model import Cell, Source, Uncollected
from noxtasks.matrix.recording import Cast
from tests.matrix.conftest import ELSEWHERE, FAILED, LINUX, PASSED, WINDOWS, XFAILED

CAST = Cast(
    tests={"t.py::a": PASSED, "t.py::b[\u00e9]": FAILED, "t.py::c": ELSEWHERE, "t.py::d": XFAILED},
    durations_s={"t.py::a": 0.5},
    uncollected=(Uncollected(path="u.py", is_error=True, exception="ImportError", reason="no"),),
    deselected=("t.py::e",),
    complete=True,
    collection=None,
)
Write = Callable[..., Path]


@pytest.fixture
def write(provenance: Provenance, tmp_path: Path) -> Write:
    def one(cell: Cell, folder: str = "reports", cast: Cast = CAST, **changes: object) -> Path:
        told = replace(provenance, **changes)
        records.write(tmp_path / folder, cell, cast, source=Source.RUN, origin="", duration_s=1.0, provenance=told)
        return tmp_path / folder / "matrix" / f"{cell.name}.json"

    return one


def test_a_record_is_read_as_it_was_written(write: Write) -> None:
    found = records.read(write(LINUX))
    assert (found.cell, found.tests, found.uncollected, found.deselected) == (
        LINUX,
        CAST.tests,
        CAST.uncollected,
        CAST.deselected,
    )
    assert not artifacts.verify(Path(found.path).parent)


def test_records_of_several_folders_are_gathered_as_downloads_leave_them(write: Write, tmp_path: Path) -> None:
    cast = replace(CAST, tests={"t.py::a": PASSED})
    write(LINUX, "downloads/linux/reports", cast)
    write(WINDOWS, "downloads/windows", cast)
    found = records.gather([tmp_path / "downloads", tmp_path / "downloads" / "windows"])
    assert [each.cell.name for each in found.records] == ["linux-3.12", "windows-3.12"]
    assert not found.broken


def test_a_hostile_or_broken_record_is_named_and_keeps_no_other_out(write: Write, tmp_path: Path) -> None:
    cast = replace(CAST, tests={"t.py::a": PASSED})
    write(LINUX, cast=cast)
    changed = write(WINDOWS, "a", cast)
    changed.write_bytes(changed.read_bytes().replace(b"passed", b"failed"))
    unlisted = tmp_path / "b" / "windows-3.11.json"
    unlisted.parent.mkdir()
    unlisted.write_bytes(b'{"schema": "os.matrix.cell/1"}')
    renamed = write(Cell(system="linux", machine="", implementation="cpython", python="3.9"), "c", cast)
    other = renamed.with_name("linux-3.8.json")
    renamed.rename(other)
    sums = renamed.with_name("SHA256SUMS")
    sums.write_text(sums.read_text("utf-8").replace("linux-3.9", "linux-3.8"), "utf-8")
    interrupted = write(
        Cell(system="linux", machine="", implementation="cpython", python="3.7"), "d", cast, complete=False
    )
    (tmp_path / "reports" / "package-1.0.json").mkdir()
    found = records.gather([tmp_path])
    assert [each.cell.name for each in found.records] == ["linux-3.12"]
    assert [each.cell for each in found.broken] == ["windows-3.12", "", "linux-3.8", "linux-3.7"]
    assert {each.path: each.why for each in found.broken} == {
        str(changed): "its content is not what SHA256SUMS says",
        str(unlisted): "SHA256SUMS does not list it",
        str(other): "it is the record of linux-3.9",
        str(interrupted): "its run was interrupted",
    }


def test_of_two_records_of_a_cell_the_later_one_counts(write: Write, provenance: Provenance, tmp_path: Path) -> None:
    cast = replace(CAST, tests={"t.py::a": PASSED})
    early = write(LINUX, "early", replace(CAST, tests={"t.py::a": FAILED}))
    late = write(LINUX, "late", cast, created=provenance.created.replace(year=2027))
    found = records.gather([tmp_path])
    assert [each.path for each in found.records] == [str(late)]
    (note,) = found.notes
    assert str(early) in note
    assert str(late) in note


def test_records_of_different_code_are_refused_with_both_named(write: Write, tmp_path: Path) -> None:
    cast = replace(CAST, tests={"t.py::a": PASSED})
    one, other = write(LINUX, "one", cast), write(WINDOWS, "other", cast, code_version="b" * 40)
    with pytest.raises(ConfigurationError) as caught:
        records.gather([tmp_path])
    assert f"{one} is of {'a' * 40}" in str(caught.value)
    assert f"{other} is of {'b' * 40}" in str(caught.value)


def test_a_record_has_no_more_than_its_schema_allows(write: Write) -> None:
    cast = replace(CAST, tests={"t.py::a": replace(FAILED, message="x" * 1000)})
    stored = json.loads(write(LINUX, cast=cast).read_bytes())
    assert set(stored["result"]) == {"cell", "source", "origin", "tests", "uncollected", "deselected"}
