"""A walk through a file's syntax that knows where each node stands in the text."""

from __future__ import annotations

import re

import libcst as cst

from noxtasks.markers.migration.bindings import Bindings
from noxtasks.markers.migration.model import Change
from noxtasks.markers.migration.spans import Replacement


class Walk(cst.CSTVisitor):
    """Collects the replacements in one file; `doubts`: marker, line, why."""

    METADATA_DEPENDENCIES = (cst.metadata.PositionProvider,)

    def __init__(self, text: str, bindings: Bindings, change: Change) -> None:
        super().__init__()
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n?|\n", text))]
        self._text = text
        self._bindings = bindings
        self._change = change
        self._within: list[cst.CSTNode] = []  # the nodes around the one that is visited
        self.replacements: set[Replacement] = set()
        self.doubts: list[tuple[str, int, str]] = []

    def look(self, node: cst.CSTNode) -> None:
        """Look at a node, before what is in it."""
        raise NotImplementedError

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Step into a node."""
        self.look(node)
        self._within.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:  # noqa: ARG002 - libcst's signature
        """Step out of a node."""
        self._within.pop()

    def line(self, node: cst.CSTNode) -> int:
        """The line where a node begins."""
        return int(self.get_metadata(cst.metadata.PositionProvider, node).start.line)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """From which character to which a node goes; its parentheses are left out."""
        where = self.get_metadata(cst.metadata.PositionProvider, node)
        return (
            self._starts[where.start.line - 1] + where.start.column,
            self._starts[where.end.line - 1] + where.end.column,
        )
