"""Writes the digests that the files of deliverables have now into `governance.yaml`, and changes nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable

from noxtasks.errors import ConfigurationError
from noxtasks.evidence.sums import Digest
from noxtasks.governance.checking import reading
from noxtasks.governance.checking.model import NAME, Deliverable

_FILE = re.compile(r"(?P<indent>[ ]*)file:")


def recorded(text: str, content: Callable[[str], bytes | None]) -> str:
    """The file with the digests of now; `content` gives the bytes of a file of the repository, None without one.

    Raises `ConfigurationError` where it is not of the form, or written so that a digest has no place.
    """
    plan = reading.read(text.encode())
    lines = text.split("\n")
    wanted: dict[str, str] = {}
    for each in reversed(plan.deliverables):  # what is added moves what follows
        data = content(each.file.text) if each.file else None
        if data is None or each.file is None:
            continue
        wanted[each.name] = Digest.of(each.file.text, data).sha256
        if each.sha256 is None or each.sha256.text != wanted[each.name]:
            _put(lines, each, wanted[each.name])
    after = "\n".join(lines)
    held = {each.name: each.sha256.text for each in reading.read(after.encode()).deliverables if each.sha256}
    if strange := [name for name, sha256 in wanted.items() if held.get(name) != sha256]:
        raise ConfigurationError(
            f"the digests of {', '.join(strange)} have no place that can be written to",
            where=NAME,
            remedy="Give `file` and `sha256` lines of their own.",
        )
    return after


def _put(lines: list[str], each: Deliverable, sha256: str) -> None:
    """Put the digest in the place of the old one; without one, on a line of its own."""
    if each.sha256 is not None:
        for number in range(each.sha256.line - 1, min(each.sha256.line + 1, len(lines))):  # a value may follow its key
            if each.sha256.text in lines[number]:
                lines[number] = lines[number].replace(each.sha256.text, sha256)
                return
    elif each.file is not None and (found := _FILE.match(lines[each.file.line - 1])):
        end = "\r" if lines[each.file.line - 1].endswith("\r") else ""
        lines.insert(each.file.line, f"{found['indent']}sha256: {sha256}{end}")
