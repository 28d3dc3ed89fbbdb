"""GitHub's own forms: annotations beside the lines of a pull request, and the summary of a job. Silent elsewhere."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path

from noxtasks.evidence.display.console import print_notes
from noxtasks.evidence.display.text import shown

_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_SPECIAL = re.compile(r"[\\`*_~\[\]<>&#]")
_IN_PROPERTY = _IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


class Level(Enum):
    """How grave what stands beside a line is."""

    ERROR = "error"
    WARNING = "warning"


def is_there() -> bool:
    """Whether this runs as an action."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate(path: str, message: str, *, title: str, line: int | None = None, level: Level = Level.ERROR) -> None:
    """Put a message beside a file, or a line of it, where this runs as an action; without a `path`, beside the run."""
    if is_there():
        place = f"file={_escaped(path, _IN_PROPERTY)}" + (f",line={line}," if line else ",") if path else ""
        sys.stdout.write(
            f"::{level.value} {place}title={_escaped(title, _IN_PROPERTY)}::{_escaped(message, _IN_MESSAGE)}\n"
        )


def summarise(markdown: str) -> None:
    """Add to the summary of the job, where there is one. One that cannot be written takes nothing from the session."""
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        try:
            with Path(summary).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(markdown)
        except OSError as error:
            print_notes((f"the summary of the job cannot be written, GITHUB_STEP_SUMMARY: {error.strerror or error}",))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table, none where it has no rows. The cells are Markdown already."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |", *lines] if lines else []


def code(text: str) -> str:
    """`text` as code in Markdown, whatever backticks it holds."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"{fence}{text}{fence}"


def plain(text: str) -> str:
    """`text` in Markdown outside of code, as it is: no emphasis, link, image or HTML."""
    return _SPECIAL.sub(r"\\\g<0>", shown(text))


def _escaped(text: str, table: dict[int, str]) -> str:
    """`text` as GitHub's runner reads it back (actions/toolkit, core/src/command.ts)."""
    return shown(text.translate(table))
