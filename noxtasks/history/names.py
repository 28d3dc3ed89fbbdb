"""The public name of a run: as much of its session's id as tells it from all others, "-", its number."""

from __future__ import annotations

import re
from difflib import get_close_matches

from sqlalchemy import Connection, func, select

from noxtasks.errors import HistoryError
from noxtasks.history.tables import run, session

_NAME = re.compile(r"[0-9A-Za-z_-]+-[0-9]{1,9}")
_SHORTEST = 6  # characters of a session's id
_SHOWN = 5  # names in an error message


def run_name(connection: Connection, session_id: str, number: int) -> str:
    """Return the shortest name that is unambiguous today, and has at least six characters before the number."""
    return f"{_shortened(connection, session_id)}-{number}"


def _shortened(connection: Connection, session_id: str) -> str:
    alike = func.substr(session.c.id, 1, _SHORTEST) == session_id[:_SHORTEST]
    others = connection.scalars(select(session.c.id).where(alike, session.c.id != session_id))
    length = max((_common(session_id, other) + 1 for other in others), default=0)
    return session_id[: max(length, _SHORTEST)]


def _common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def resolve(connection: Connection, name: str, *, where: str) -> tuple[str, int]:
    """Return the session id and the run number that `name` stands for; `HistoryError` tells near ones if none."""
    prefix, _, digits = name.strip().rpartition("-")
    if not _NAME.fullmatch(name.strip()):
        raise HistoryError(
            f"{name!r} is not the name of a run",
            where=where,
            remedy="Such a name looks like 8f3a1c-17." + _newest(connection),
        )
    starts = select(session.c.key, session.c.id).where(func.substr(session.c.id, 1, len(prefix)) == prefix)
    keys = {row.key: row.id for row in connection.execute(starts)}
    if not keys:
        raise HistoryError(
            f"no session begins with {prefix!r}", where=where, remedy=_near(connection, prefix, int(digits))
        )
    exact = [key for key, identity in keys.items() if identity == prefix]
    matching = select(run.c.session_key).where(run.c.session_key.in_(exact or list(keys)), run.c.number == int(digits))
    found = [keys[key] for key in connection.scalars(matching)]
    if len(found) == 1:
        return found[0], int(digits)
    if found:
        raise HistoryError(
            f"{name!r} could be {len(found)} runs",
            where=where,
            remedy="Say which: " + ", ".join(run_name(connection, one, int(digits)) for one in sorted(found)[:_SHOWN]),
        )
    raise HistoryError(
        f"session {prefix!r} has no run {int(digits)}", where=where, remedy=_recorded(connection, list(keys))
    )


def _recorded(connection: Connection, keys: list[int]) -> str:
    low, high, count = connection.execute(
        select(func.min(run.c.number), func.max(run.c.number), func.count()).where(run.c.session_key.in_(keys))
    ).one()
    return f"It has {count} recorded, numbered from {low} to {high}." if count else "It has none recorded."


def _near(connection: Connection, prefix: str, number: int) -> str:
    newest = connection.scalars(select(session.c.id).order_by(session.c.started_us.desc()).limit(1000))
    length = max(len(prefix), _SHORTEST)
    shortened = {identity[:length]: identity for identity in newest}
    close = get_close_matches(prefix, shortened, n=_SHOWN)
    if not close:
        return ("The history is empty." if not shortened else "No name is near it.") + _newest(connection)
    return "Near it: " + ", ".join(run_name(connection, shortened[one], number) for one in close)


def _newest(connection: Connection) -> str:
    query = (
        select(session.c.id, run.c.number)
        .join(run, run.c.session_key == session.c.key)
        .order_by(session.c.started_us.desc(), run.c.number.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return f" The newest run is {run_name(connection, row[0], row[1])}." if row else ""
