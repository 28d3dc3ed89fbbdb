"""The file of what scans have found: a scan that is killed loses little, and what is found now has the last word."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import msgspec
import pytest

from noxtasks.errors import EvidenceError
from noxtasks.mutation.model import Fate, Status
from noxtasks.mutation.remembered import memory
from noxtasks.mutation.remembered.remembering import Memory

from .test_memory import BASELINE, KILLED, MUTANT, NOW, SURVIVED, TIMEOUT, TODAY, remembered


def a_scan(path: Path, *fates: Fate, is_whole: bool = True, forgets: bool = False, today: date = TODAY) -> Memory:
    """A scan that finds `fates`."""
    scan = Memory(path, today=today, forgets=forgets)
    scan.recall([MUTANT], NOW, BASELINE)
    for fate in fates:
        scan.keep(fate)
    scan.put_in_order(is_whole=is_whole)
    return scan


def recalled(path: Path) -> Status | None:
    fates = Memory(path, today=TODAY).recall([MUTANT], NOW, BASELINE)
    return fates[MUTANT.id].status if fates else None


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the memory is to be: in a folder that nobody has made yet."""
    return tmp_path / "kept" / "memory.jsonl"


def test_what_one_scan_finds_the_next_one_knows(path: Path) -> None:
    assert Memory(path, today=TODAY).is_empty
    a_scan(path, KILLED)
    assert recalled(path) is Status.KILLED
    assert not Memory(path, today=TODAY).is_empty
    assert Memory(path, today=TODAY, forgets=True).recall([MUTANT], NOW, BASELINE) == {}


@pytest.mark.parametrize(("is_whole", "expected"), [(True, Status.TIMEOUT), (False, None)])
def test_what_may_be_tried_once_more_is_kept_of_a_whole_scan_only(
    path: Path, is_whole: bool, expected: Status | None
) -> None:
    a_scan(path, TIMEOUT, is_whole=is_whole)
    assert recalled(path) is expected


def test_the_last_word_of_a_mutant_is_kept(path: Path) -> None:
    a_scan(path, TIMEOUT, KILLED)
    assert recalled(path) is Status.KILLED
    a_scan(path, SURVIVED, forgets=True)
    assert recalled(path) is Status.SURVIVED
    assert len(path.read_bytes().splitlines()) == 1


def test_what_contradicts_itself_after_a_merge_is_found_anew(path: Path) -> None:
    a_scan(path, KILLED)
    path.write_bytes(path.read_bytes() + memory.write(remembered(SURVIVED)))
    assert recalled(path) is None
    a_scan(path, KILLED)
    assert recalled(path) is Status.KILLED


def test_what_is_believed_stays_and_what_nobody_needs_goes(path: Path) -> None:
    a_scan(path, KILLED)
    other = msgspec.structs.replace(remembered(KILLED), surroundings="of another branch")
    path.write_bytes(path.read_bytes() + memory.write(other))
    a_scan(path, today=date(2026, 2, 20))
    a_scan(path, today=date(2026, 3, 10))
    (line,) = path.read_bytes().splitlines()
    assert memory.parse([line])[0] == [msgspec.structs.replace(remembered(KILLED), used="2026-03-10")]


def test_a_scan_that_is_killed_leaves_what_it_has_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("noxtasks.mutation.remembered.remembering._EVERY_S", 0.0)
    path.parent.mkdir()
    path.write_bytes(b'{"cut short')
    scan = Memory(path, today=TODAY)
    assert "1 line" in scan.notes[0]
    scan.recall([MUTANT], NOW, BASELINE)
    scan.keep(TIMEOUT)
    assert recalled(path) is None
    scan.keep(KILLED)
    assert recalled(path) is Status.KILLED
    scan.put_in_order(is_whole=False)
    assert Memory(path, today=TODAY).notes == ()


def test_what_is_remembered_is_not_written_as_found(path: Path) -> None:
    a_scan(path, msgspec.structs.replace(KILLED, is_remembered=True))
    assert not path.exists()


def test_where_nothing_can_be_written_that_is_a_note_and_no_error(path: Path) -> None:
    path.parent.write_text("a file where the folder is to be")
    scan = a_scan(path, KILLED)
    assert "nothing is remembered" in scan.notes[0]


@pytest.mark.skipif("os.getuid() == 0")
def test_a_file_that_may_not_be_read_is_an_error_that_names_it(path: Path) -> None:
    a_scan(path, KILLED)
    path.chmod(stat.S_IWUSR)
    with pytest.raises(EvidenceError, match=r"memory\.jsonl"):
        Memory(path, today=TODAY)
