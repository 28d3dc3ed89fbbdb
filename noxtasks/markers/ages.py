"""How long a marker has been without use, from what git remembers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime

from noxtasks.markers.log import History, MarkerHistory
from noxtasks.markers.model import Age


def ages(history: History, names: Collection[str], *, today: date) -> dict[str, Age]:
    """The age of each marker of `names` that git knows something of.

    What came with the first commit that is known, the import of a project or the end of a shallow clone, is older than
    anybody can tell.
    """
    known = {name: history.markers[name] for name in names if name in history.markers}
    return {name: _age(each, history.since, today) for name, each in known.items()}


def _age(marker: MarkerHistory, since: datetime | None, today: date) -> Age:
    first, last, registered = (
        None if moment is None or (since is not None and moment <= since) else moment
        for moment in (marker.first_use, marker.last_use, marker.registered)
    )
    latest = max((each for each in (last, registered) if each is not None), default=None)
    return Age(
        registered=_day(registered),
        first_use=_day(first),
        last_use=_day(last),
        idle_days=None if latest is None else max(0, (today - latest.astimezone(UTC).date()).days),
    )


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).date().isoformat()
