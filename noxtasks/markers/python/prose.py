"""Markers named in strings, docstrings and comments: strings may be code that some test runs, prose is no use."""

from __future__ import annotations

import re

from noxtasks.markers.model import Use
from noxtasks.markers.python.found import Found
from noxtasks.markers.python.names import is_attribute_of_marks
from noxtasks.markers.python.source import tokens

_MARK = re.compile(r"\bmark\.([^\W\d]\w*)")
_READ = re.compile(r"""(?:get_closest_marker|iter_markers|get_marker|add_marker)\(\s*(?:name=)?\\?["'](\w+)""")


def prose(path: str, text: str, docstring_lines: set[int], found: Found) -> None:
    """Notes the markers that comments and strings name."""
    if "mark" not in text:
        return
    for token in tokens(text):
        for expression in (_MARK, _READ):
            for match in expression.finditer(token.text):
                line = token.line + token.text.count("\n", 0, match.start())
                if is_attribute_of_marks(match[1]):
                    continue
                if token.is_comment:
                    found.reference(match[1], (path, line), Use.MENTIONED, "comment")
                elif token.line in docstring_lines:
                    found.reference(match[1], (path, line), Use.MENTIONED, "docstring")
                else:
                    found.reference(match[1], (path, line), Use.POSSIBLE, "in a string")


def unreadable(path: str, text: str, found: Found) -> None:
    """Notes what may be a marker in a file that cannot be parsed."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in (*_MARK.finditer(line), *_READ.finditer(line)):
            found.reference(match[1], (path, number), Use.POSSIBLE, "in a file that cannot be parsed")
