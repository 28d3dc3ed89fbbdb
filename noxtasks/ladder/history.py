"""What was measured before, and how the suite has climbed, as the ladder's own artifact keeps it.

There is no other state: a CI job that restores that file from its cache, with its `SHA256SUMS`, has all of it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import msgspec

from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts, schemas
from noxtasks.evidence.artifacts import Trouble
from noxtasks.ladder.model import Advance, Measurement

NAME: Final = "coverage.ladder.v2.yaml"
"""The artifact."""

KEPT: Final = 500
"""So many measurements are kept, the last ones, and those of commits before others. Advances are few, and all are."""

_REMEDY = "Put it back as it was, with its SHA256SUMS; or move it away, and the suite begins on the ground again."


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Measurements by time, and all advances in their order."""

    measurements: tuple[Measurement, ...] = ()
    advances: tuple[Advance, ...] = ()


def read(reports: Path) -> History:
    """The history in the folder `reports`, empty where there is no artifact.

    One that an earlier version wrote is read as far as it goes. Raises `EvidenceError` for one that is damaged, was
    changed by hand or is of a later version. Whoever lets that end the session writes nothing over it.
    """
    if not (reports / NAME).exists():
        return History()
    where = str(reports / NAME)
    try:
        result = artifacts.read(reports, NAME).result
    except EvidenceError as error:
        result = _earlier(reports)
        if result is None:
            raise EvidenceError(error.message, where=where, remedy=_REMEDY) from error
    try:
        found = msgspec.convert(result, History)
    except msgspec.ValidationError as error:
        raise EvidenceError(str(error), where=where, remedy=_REMEDY) from error
    return merged(found, History())


def _earlier(reports: Path) -> Any:
    """The result in an artifact that an earlier version wrote, and that is as it was written; None for any other."""
    if {found.trouble for found in artifacts.verify(reports) if found.name == NAME} != {Trouble.INVALID}:
        return None
    import yaml  # noqa: PLC0415 - 20 ms that only this should cost

    try:
        envelope = yaml.safe_load((reports / NAME).read_text())
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    if not isinstance(envelope, dict):
        return None
    schema = schemas.of_artifact(NAME)
    known = int(schemas.version_of(schema).rpartition("/")[2])
    said = re.fullmatch(re.escape(schema) + r"/(\d+)", str(envelope.get("schema")), re.ASCII)
    return envelope.get("result") if said and int(said[1]) < known else None


def added(history: History, measurement: Measurement) -> History:
    """The history with one more measurement; its advances are as they were."""
    return merged(history, History(measurements=(measurement,)))


def merged(one: History, other: History) -> History:
    """What either knows, such as the caches of two branches.

    What was measured of the same code at the same time is the same measurement; as `one` has it, it counts.
    """
    measurements = {(each.at, each.code_version): each for each in (*other.measurements, *one.measurements)}
    known = {_key(each) for each in one.advances}
    # A stable sort: of several advances at one instant, each begins where the one before has ended.
    advances = sorted(
        (*one.advances, *(each for each in other.advances if _key(each) not in known)), key=lambda each: each.at
    )
    return History(measurements=_kept([measurements[key] for key in sorted(measurements)]), advances=tuple(advances))


def _kept(measurements: list[Measurement]) -> tuple[Measurement, ...]:
    """Those that are kept of many, the oldest first. What is no commit earns nothing, so it goes first."""
    spare = max(0, len(measurements) - KEPT)
    by_worth = sorted(range(len(measurements)), key=lambda place: measurements[place].commit is not None)
    gone = set(by_worth[:spare])
    return tuple(each for place, each in enumerate(measurements) if place not in gone)


def _key(advance: Advance) -> tuple[object, ...]:
    return advance.at, advance.revision, advance.before, advance.tier
