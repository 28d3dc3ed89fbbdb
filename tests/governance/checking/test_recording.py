"""The digests of now are written where the old ones stood, and all else stays as it was."""

from __future__ import annotations

import hashlib

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.governance.checking.recording import recorded

from .samples import WHOLE

GUIDE = b"Read this.\n"
SHA256 = hashlib.sha256(GUIDE).hexdigest()
OLD = "0" * 63 + "a"
BLOCK = "deliverables:\n  it:\n    milestone: M1\n    file: guide.md # the one\n"


def read(name: str) -> bytes | None:
    return GUIDE if name == "guide.md" else None


@pytest.mark.parametrize("form", ["    sha256: {}\n", "    sha256: '{}' # then\n", "    sha256:\n      {}\n"])
def test_the_old_one_is_replaced_where_it_stands(form: str) -> None:
    text = WHOLE + BLOCK + form.format(OLD)
    assert recorded(text, read) == text.replace(OLD, SHA256)
    assert recorded(recorded(text, read), read) == text.replace(OLD, SHA256)


def test_one_that_is_not_there_gets_a_line_with_the_others_unmoved() -> None:
    more = BLOCK.removeprefix("deliverables:\n").replace("  it:", "  other:")
    after = recorded(WHOLE + BLOCK + more, read)
    line = f"    sha256: {SHA256}\n"
    assert after == WHOLE + BLOCK + line + more + line


def test_on_one_line_it_is_replaced_and_cannot_be_added() -> None:
    text = f"{WHOLE}deliverables:\n  it: {{milestone: M1, file: guide.md, sha256: {OLD}}}\n"
    assert recorded(text, read) == text.replace(OLD, SHA256)
    with pytest.raises(ConfigurationError, match="the digests of it have no place"):
        recorded(text.replace(f", sha256: {OLD}", ""), read)


def test_a_file_that_is_not_there_keeps_what_was_recorded() -> None:
    text = WHOLE + BLOCK.replace("guide.md", "gone.md") + f"    sha256: {OLD}\n"
    assert recorded(text, read) == text


def test_lines_keep_their_ends() -> None:
    text = (WHOLE + BLOCK).replace("\n", "\r\n")
    assert recorded(text, read) == text + f"    sha256: {SHA256}\r\n"
