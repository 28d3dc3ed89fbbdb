"""What the Python source of a project says of its markers."""

from __future__ import annotations

import msgspec

from noxtasks.markers.model import Reference, Registration, Selector, Site

Place = tuple[str, int]  # path and line


class PythonReading(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found, sorted by marker or place.

    `strings`: constants like identifiers that stand outside of registrations, and where. `unread`: files that were
    looked into and cannot be parsed. `unknown_registrations`: code that registers markers whose names nobody can
    compute without running it.
    """

    references: tuple[Reference, ...]
    registrations: tuple[Registration, ...]
    selectors: tuple[Selector, ...]
    sites: tuple[Site, ...]
    strings: dict[str, tuple[Place, ...]]
    unread: tuple[str, ...]
    unknown_registrations: tuple[Place, ...]
