"""What the user has laid down for a scan, in settings and files: how much, which parts, and what does not count."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError
from noxtasks.evidence import events
from noxtasks.mutation import emit
from noxtasks.mutation.deciding import gate, ratchet, scopes, suppressions
from noxtasks.mutation.making.locating import Located
from noxtasks.mutation.model import Stance, Suppression

_MARGIN = 0.1  # of the budget, kept for ending processes and for writing
_LEAST_MARGIN_S, _MOST_MARGIN_S = 3.0, 15.0


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of one scan."""

    until_s: float | None  # by the monotonic clock: when no test may run any more
    cap: int | None
    scopes: dict[str, tuple[str, ...]]  # files by name
    suppressions: tuple[Suppression, ...]
    earlier: ratchet.Earlier | None
    stance: Stance

    def left_s(self) -> float | None:
        """The time until then; None where there is no limit."""
        return None if self.until_s is None else max(0.0, self.until_s - time.monotonic())


def read(root: Path, settings: Settings, located: Located, *, began_s: float, today: date) -> Terms:
    """The terms of a scan that began at `began_s`. Raises `ConfigurationError` where what they name is not there."""
    mutation = settings.mutation
    paths = [source.path for source in located.sources.files]
    return Terms(
        until_s=None if mutation.budget_s is None else began_s + mutation.budget_s - _margin_s(mutation.budget_s),
        cap=mutation.cap or located.asked.cap,
        scopes=scopes.assign(paths, mutation.scopes, mutation.scope_thresholds, is_part=bool(mutation.paths)),
        suppressions=_suppressions(root),
        earlier=None if mutation.ratchet is None else _earlier(root, mutation.ratchet),
        stance=_stance(root, settings, today),
    )


def _margin_s(budget_s: float) -> float:
    return min(_MOST_MARGIN_S, max(_LEAST_MARGIN_S, _MARGIN * budget_s))


def _suppressions(root: Path) -> tuple[Suppression, ...]:
    try:
        return suppressions.read((root / suppressions.NAME).read_text("utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"it cannot be read: {error}", where=suppressions.NAME) from error


def _earlier(root: Path, path: str) -> ratchet.Earlier:
    try:
        content = (root / path).read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}",
            where=ratchet.SETTING,
            remedy=f"Keep a copy of {emit.REPORT} there, or take the setting away.",
        ) from error
    return ratchet.read(content, where=path)


def _stance(root: Path, settings: Settings, today: date) -> Stance:
    mutation = settings.mutation
    reports = root / settings.reports
    counts = isinstance(mutation.blocking_after, int) and reports.is_dir()
    done = gate.scans(events.read(reports)) if counts else 0
    return gate.stance(mutation.mode, mutation.blocking_after, today=today, scans=done)
