"""`quarantine.toml`: the quarantine that needs no edit of the source. Edited as text, so that all else stays as it is.

Each edit is checked by reading its outcome again: a file that is written so that a line's meaning depends on the lines
around it (a string over several lines that looks like an entry) is left alone, with an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from noxtasks.errors import ConfigurationError
from noxtasks.flake.quarantine.model import Entry, Store
from noxtasks.probe.noxtasks_probe import entries as probe

NAME = probe.FILE

_HEAD = """\
# Tests that are known to be flaky. They run, and until they expire their
# failures are told but fail no session; `expires` is the last day.
# `noxtasks flake quarantine --apply` writes this; edit it as you like.
"""
_ENTRY = re.compile(r"\s*\[\[\s*(test|'test'|\"test\")\s*\]\]")
_TABLE = re.compile(r"\s*\[")
_BY_HAND = "Edit it by hand."


def read(content: bytes) -> tuple[Entry, ...]:
    """The entries of the file. Raises `ConfigurationError` that tells all that is wrong with it."""
    found, problems = probe.read(content)
    if problems:
        raise ConfigurationError.all_of([ConfigurationError(problem) for problem in problems])
    return tuple(entry_from(each, Store.FILE) for each in found)


def entry_from(told: probe.Entry, store: Store) -> Entry:
    """The entry that pytest would honour, as a value of ours."""
    return Entry(
        test=told.test,
        since=told.since,
        expires=told.expires,
        reason=told.reason,
        owner=told.owner,
        issue=told.issue,
        reruns=told.reruns,
        store=store,
    )


def edited(content: bytes, *, added: Sequence[Entry], released: Sequence[str]) -> bytes:
    """The file without the entries of the tests in `released`, and with those of `added` at its end.

    Empty, where nothing of anyone else's is left. Raises `ConfigurationError` where the file cannot be edited so.
    """
    before = read(content)
    text = content.decode("utf-8")
    newline = "\r\n" if "\r\n" in text else "\n"
    if released:
        lines = re.findall(r"[^\n]*\n|[^\n]+", text)
        text = "".join(_without(lines, [entry.test in released for entry in before]))
    if text.replace("\r", "").strip() == _HEAD.strip():
        text = ""
    if added and not text.strip():
        text = _HEAD.replace("\n", newline)
    for entry in added:
        text += ("" if text.endswith("\n") or not text else newline) + newline + newline.join(_lines(entry)) + newline
    after = text.encode("utf-8")
    if read(after) != (*(entry for entry in before if entry.test not in released), *added):
        raise ConfigurationError("its entries cannot be told apart by their lines", where=NAME, remedy=_BY_HAND)
    return after


def _without(lines: Sequence[str], gone: Sequence[bool]) -> list[str]:
    """The lines without those of the entries that are `gone`, and the blank lines before them."""
    starts = [place for place, line in enumerate(lines) if _ENTRY.match(line)]
    if len(starts) != len(gone):
        raise ConfigurationError("its entries do not begin with [[test]] each", where=NAME, remedy=_BY_HAND)
    kept = list(lines)
    for start, is_gone in reversed(list(zip(starts, gone, strict=True))):
        if is_gone:
            first, end = _extent(kept, start)
            del kept[first:end]
    return kept


def _extent(lines: Sequence[str], start: int) -> tuple[int, int]:
    """From the blank lines before an entry to its last line; comments below it belong to what follows."""
    end = start + 1
    while end < len(lines) and not _TABLE.match(lines[end]):
        end += 1
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    first = start
    while first > 0 and not lines[first - 1].strip():
        first -= 1
    return first, end


def _lines(entry: Entry) -> list[str]:
    texts = {"reason": entry.reason, "owner": entry.owner, "issue": entry.issue}
    return [
        "[[test]]",
        f"id = {_quoted(entry.test)}",
        f"since = {entry.since}",
        f"expires = {entry.expires}",
        *(f"{name} = {_quoted(text)}" for name, text in texts.items() if text),
        *([f"reruns = {entry.reruns}"] if entry.reruns else []),
    ]


def _quoted(text: str) -> str:
    r"""A basic string of TOML: JSON's escapes are among its own. A lone surrogate is spelled out, as `\udc80`."""
    sound = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return json.dumps(sound, ensure_ascii=False).replace("\x7f", "\\u007f")
