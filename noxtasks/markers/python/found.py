"""Collects what is found, and tells names that are known from patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable

from noxtasks.markers.model import Reference, Registration, Selector, Site, Use
from noxtasks.markers.python.model import Place
from noxtasks.markers.python.names import HOLE, is_marker, pattern
from noxtasks.markers.python.texts import Texts

_IDENTIFIER = re.compile(r"[^\W\d][\w.\-]*")


class Found:
    """The findings of all modules; nothing is kept twice."""

    def __init__(self) -> None:
        self.references: set[Reference] = set()
        self.registrations: set[Registration] = set()
        self.selectors: set[Selector] = set()
        self.sites: set[Site] = set()
        self.unknown_registrations: set[Place] = set()

    def reference(self, marker: str, place: Place, use: Use, how: str) -> None:
        """One place that names a marker, unless it is one of pytest's."""
        if is_marker(marker):
            self.references.add(Reference(marker=marker, path=place[0], line=place[1], use=use, how=how))

    def site(self, place: Place, use: Use, how: str, texts: Iterable[str]) -> None:
        """Code with names that are not known to their end."""
        patterns = tuple(sorted({pattern(text) for text in texts}))
        if ".*" in patterns:
            patterns = (".*",)
        if patterns:
            self.sites.add(Site(path=place[0], line=place[1], use=use, how=how, patterns=patterns))

    def names(self, texts: Iterable[str], place: Place, use: Use, how: str, *, evaluated: Texts) -> None:
        """Names that were computed: references where all is known of them, else a site."""
        named = list(texts)
        if evaluated.is_from_paths:
            evaluated.is_from_paths = False
            self.site(place, use, f"{how}, from the names of folders and files", named)
            return
        for text in named:
            if HOLE not in text and _IDENTIFIER.fullmatch(text):
                self.reference(text, place, use, how)
        self.site(place, use, how, (text for text in named if HOLE in text))
