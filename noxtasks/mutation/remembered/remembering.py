"""The memory of a project: a file of lines, one for each fate that a scan has found (see `memory` for what they say).

The file may be copied to other machines and back, and two such files put together, line by line, are one again. Lines
are appended while mutants are tried, so that a scan that is killed loses little; at its end the file is put in order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import msgspec

from noxtasks.errors import EvidenceError
from noxtasks.evidence import files
from noxtasks.mutation.model import Baseline, Fate, Mutant, Status
from noxtasks.mutation.remembered import memory
from noxtasks.mutation.remembered.memory import Entry
from noxtasks.mutation.remembered.surroundings import Surroundings

_EVERY_S = 2.0
_FINAL = frozenset({Status.KILLED, Status.SURVIVED})
"""What is not tried once more. Other fates are known when the scan is whole."""


class Memory:
    """What earlier scans have found, in the file at `path`. `notes` says what of it cannot be read, or be written.

    With `forgets` nothing of it is believed, and what is found now takes its place.
    """

    def __init__(self, path: Path, *, today: date, forgets: bool = False) -> None:
        self._path = path
        self._today = today
        self._forgets = forgets
        self._entries, broken = memory.parse(_lines(path))
        self.notes = _notes(path, broken)
        self._mutants: dict[str, Mutant] = {}
        self._situation: tuple[Surroundings, Baseline] | None = None
        self._believed: list[Entry] = []
        self._found: dict[str, Entry] = {}
        self._waiting: list[Entry] = []
        self._written_s = time.monotonic()

    @property
    def is_empty(self) -> bool:
        """Whether neither an earlier scan has found anything, nor this one."""
        return not (self._entries or self._found)

    def recall(self, mutants: Iterable[Mutant], now: Surroundings, baseline: Baseline) -> dict[str, Fate]:
        """The fates that still hold, by the mutant's id."""
        self._mutants = {mutant.id: mutant for mutant in mutants}
        self._situation = now, baseline
        by_mutant: dict[str, list[Entry]] = {}
        for known in () if self._forgets else self._entries:
            by_mutant.setdefault(known.mutant, []).append(known)
        fates = {}
        for mutant in self._mutants.values():
            known_now = memory.recalled(by_mutant.get(mutant.id, ()), mutant, now, baseline)
            if known_now is not None:
                self._believed.append(known_now)
                fates[mutant.id] = memory.fate(known_now, mutant, baseline)
        return fates

    def keep(self, fate: Fate) -> None:
        """Remember what was found; what is already known, or no last word, is not written."""
        if self._situation is None or fate.is_remembered:
            return
        found = memory.entry(self._mutants[fate.mutant], fate, self._situation[0], day=self._today)
        self._found.pop(fate.mutant, None)
        if found is None:
            return
        self._found[fate.mutant] = found
        if found.status in _FINAL:
            self._waiting.append(found)
        if time.monotonic() - self._written_s > _EVERY_S:
            self._under_lock(self._append)
            self._waiting = []
            self._written_s = time.monotonic()

    def put_in_order(self, *, is_whole: bool) -> None:
        """Write what was found and believed now in the place of what it contradicts, with all else that is there."""
        self._found = {mutant: found for mutant, found in self._found.items() if is_whole or found.status in _FINAL}
        if not (self._found or self._believed):
            return
        self._under_lock(self._replace)

    def _replace(self) -> None:
        others, _ = memory.parse(_lines(self._path))
        believed = [msgspec.structs.replace(known, used=self._today.isoformat()) for known in self._believed]
        kept = [known for known in others if not self._is_replaced(known)]
        entries = memory.merged([*kept, *believed, *self._found.values()], today=self._today)
        data = b"".join(map(memory.write, entries))
        with files.staged((self._path, data)) as (temporary,):
            files.put(temporary, self._path)

    def _append(self) -> None:
        with self._path.open("ab") as file:
            if file.tell() and not _ends_whole(self._path):
                file.write(b"\n")
            file.writelines(map(memory.write, self._waiting))

    def _under_lock(self, write: Callable[[], None]) -> None:
        """Hold the folder's lock. A scan does not end for want of a place to remember it: that becomes a note."""
        try:
            with files.writing(self._path.parent):
                write()
        except EvidenceError as error:
            self.notes = (f"nothing is remembered: {error.where}: {error.message}",)

    def _is_replaced(self, known: Entry) -> bool:
        if known.mutant not in self._found or self._situation is None:
            return False
        return memory.holds(known, self._mutants[known.mutant], *self._situation)


def _notes(path: Path, broken: int) -> tuple[str, ...]:
    if not broken:
        return ()
    what = "1 line is" if broken == 1 else f"{broken} lines are"
    return (f"{path.name}: {what} cut short, or of another version of noxtasks, and left out",)


def _lines(path: Path) -> list[bytes]:
    with files.explained(path):
        return path.read_bytes().split(b"\n") if path.exists() else []


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read() == b"\n"
