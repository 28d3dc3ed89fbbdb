"""Holds a scan against an earlier report: what lives now must have lived then. Pure.

A mutant that lived is known by its id, and, where its function has changed since, by the change that it makes there:
who edits one line is not asked about the mutants of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from noxtasks.errors import ConfigurationError
from noxtasks.mutation.model import ALIVE, Fate, Mutant, Ratchet, Status
from noxtasks.mutation.wording import changed, diff

SETTING = "tool.noxtasks.mutation.deciding.ratchet"

_DETECTED = frozenset({Status.KILLED, Status.SEGFAULT, Status.TIMEOUT})


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What any version of the report says of a mutant."""

    id: str
    path: str
    function: str
    status: Status
    diff: tuple[str, ...]


class _Result(msgspec.Struct, frozen=True, kw_only=True):
    mutants: tuple[_Told, ...]


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """A report of before."""

    result: _Result


def read(content: bytes, *, where: str) -> Earlier:
    """The report in `content`. Raises `ConfigurationError` where it is none."""
    try:
        return msgspec.json.decode(content, type=Earlier)
    except msgspec.MsgspecError as error:
        raise ConfigurationError(
            f"{where} is no report of mutants: {error}",
            where=SETTING,
            remedy="Keep a copy of a mutation.initial.report.json there.",
        ) from None


def compare(earlier: Earlier, mutants: Iterable[Mutant], fates: Mapping[str, Fate], *, baseline: str) -> Ratchet:
    """What lives, and was killed or not known in the report that is called `baseline`; nothing that it left open."""
    before = {told.id: told.status for told in earlier.result.mutants}
    changes = {
        (told.path, told.function, tuple(changed(told.diff))) for told in earlier.result.mutants if told.status in ALIVE
    }
    regressed, new = [], []
    for mutant in sorted(mutants):
        if fates[mutant.id].status not in ALIVE:
            continue
        status = before.get(mutant.id)
        if status in _DETECTED:
            regressed.append(mutant.id)
        elif status is None and (mutant.path, mutant.function, tuple(changed(diff(mutant)))) not in changes:
            new.append(mutant.id)
    return Ratchet(baseline=baseline, regressed=tuple(regressed), new=tuple(new))
