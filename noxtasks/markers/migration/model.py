"""A change of the markers, and what could not be changed with certainty."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of the markers; all of it happens at once, so that two names may be exchanged."""

    removed: frozenset[str] = frozenset()  # registrations to take away: nothing uses them
    renamed: Mapping[str, str] = {}  # old -> new, everywhere; the new one may be there already (a merge)
    added: Mapping[str, str] = {}  # used but not registered: name -> description
    described: Mapping[str, str] = {}  # registered without a description: name -> description

    def now(self, marker: str) -> str:
        """What a marker is called afterwards."""
        return self.renamed.get(marker, marker)


class Unchanged(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A place that has to do with a marker and stays as it is, as nobody can be certain what it should become."""

    marker: str
    path: str
    line: int
    why: str
