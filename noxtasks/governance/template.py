"""The governance.yaml that a project begins with: of the right form, and with places that only people can fill in."""

from __future__ import annotations

import re
from pathlib import Path

NAME = "governance.yaml"

_TEMPLATE = Path(__file__).with_name("templates") / NAME
_OPEN = re.compile(r""": "?TODO\b""")


def text() -> str:
    """The file as it is written."""
    return _TEMPLATE.read_text("utf-8")


def to_fill_in(written: str) -> str:
    """What is left to do."""
    lines = [number for number, line in enumerate(written.splitlines(), start=1) if _OPEN.search(line)]
    return (
        f"{NAME}: fill in the {len(lines)} places that say TODO, from line {lines[0]} on. "
        f"What is still missing is told by: noxtasks governance"
    )
