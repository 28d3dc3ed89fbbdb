r"""The integrity hash of a document, in the document itself: computed, filled in, and checked.

The plan has a line for it, `File Integrity Hash (placeholder): __TO_BE_COMPUTED__`, which becomes

    File Integrity Hash (SHA-256): 2f1c...

What is hashed are the bytes of the file without that line and the newline that ends it: nothing is decoded, and no
other newline, byte-order mark or space is touched. The same with tools that every Linux has:

    LC_ALL=C sed '/^File Integrity Hash (SHA-256): [0-9a-f]\{64\}[[:space:]]*$/d' FILE | sha256sum

A line ends with a newline alone; a carriage return before it is part of the line. Where the line stands is not hashed.
A placeholder in a fenced code block of Markdown is an example, and stays. A seal shows that a text was changed by who
did not think of it, or could not; whoever alters a text can seal it again: for that, note the digest elsewhere.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

import msgspec
from rich.text import Text

from noxtasks.errors import ConfigurationError, EvidenceError, ExitCode
from noxtasks.evidence import files
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import shown

PLACEHOLDER = "File Integrity Hash (placeholder): __TO_BE_COMPUTED__"
COMMAND = r"LC_ALL=C sed '/^File Integrity Hash (SHA-256): [0-9a-f]\{64\}[[:space:]]*$/d' FILE | sha256sum"

_LABEL = b"File Integrity Hash"
_SPACE = rb"[ \t\n\v\f\r]*"  # as [[:space:]] has it
_TO_FILL = re.compile(_LABEL + rb"(?: \(placeholder\))?: __TO_BE_COMPUTED__(" + _SPACE + rb")")
_FILLED = re.compile(_LABEL + rb" \(SHA-256\): ([0-9a-f]{64})(" + _SPACE + rb")")
_ALIKE = re.compile(_LABEL + rb"(?: \([^)\n]*\))?:")
_FENCE = re.compile(rb" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)
_WIDE = {b"\xff\xfe", b"\xfe\xff"}
_BOM = b"\xef\xbb\xbf"
_ADD = f"Add this line, where it is to stand: {PLACEHOLDER}"
_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class Kind(Enum):
    """What a line is, of those that look like the line of the hash."""

    TO_FILL = "the placeholder"
    FILLED = "a digest"
    EXAMPLE = "a placeholder in a code block"
    OTHER = "neither the placeholder nor a digest"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line that looks like that of the hash: its number from 1, and its bytes with those that end it."""

    number: int
    kind: Kind
    start: int
    raw: bytes


class Standing(Enum):
    """What can be said of a document by its seal."""

    UNCHANGED = "sealed and unchanged"
    CHANGED = "changed"
    NOT_SEALED = "not sealed"


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """A document, checked. `noted` is the digest that it holds, `computed` that of its text; "" where there is none."""

    standing: Standing
    noted: str = ""
    computed: str = ""
    reason: str = ""

    @property
    def exit_code(self) -> ExitCode:
        """How a command ends that has checked it."""
        codes = {Standing.UNCHANGED: ExitCode.NOTHING_FOUND, Standing.CHANGED: ExitCode.FOUND}
        return codes.get(self.standing, ExitCode.NOT_MEASURED)


def lines(data: bytes) -> tuple[Line, ...]:
    """The lines of `data` that look like that of the hash, in order."""
    found, start, fence = [], 0, b""
    for number, raw in enumerate(_lines(data), start=1):
        kind = _kind(raw, in_code=bool(fence))
        if kind is not None:
            found.append(Line(number=number, kind=kind, start=start, raw=raw))
        fence = _fence_after(fence, raw)
        start += len(raw)
    return tuple(found)


def _lines(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield data[start:end]
        start = end


def _kind(raw: bytes, *, in_code: bool) -> Kind | None:
    if _FILLED.fullmatch(raw):
        return Kind.FILLED
    if in_code:
        return Kind.EXAMPLE if _TO_FILL.fullmatch(raw) else None
    if _TO_FILL.fullmatch(raw):
        return Kind.TO_FILL
    return Kind.OTHER if _ALIKE.match(raw) else None


def _fence_after(fence: bytes, raw: bytes) -> bytes:
    """The fence of the code block that goes on after the line; empty for none. CommonMark 0.31, section 4.5."""
    found = _FENCE.fullmatch(raw)
    if found is None:
        return fence
    marks, rest = found[1], found[2]
    if not fence:
        return b"" if marks[:1] == b"`" and b"`" in rest else marks
    closes = marks[:1] == fence[:1] and len(marks) >= len(fence) and not rest.strip()
    return b"" if closes else fence


def digest(data: bytes, line: Line) -> str:
    """SHA-256 of `data` without `line`."""
    return hashlib.sha256(data[: line.start] + data[line.start + len(line.raw) :]).hexdigest()


def sealed(data: bytes, *, where: str) -> bytes:
    """`data` with its hash filled in, or filled in anew; the same where it is right already.

    Raises `ConfigurationError` unless there is exactly one line for it.
    """
    line = _the_line(data, where)
    filled = _FILLED.fullmatch(line.raw)
    ending = filled[2] if filled else _TO_FILL.fullmatch(line.raw)[1]  # type: ignore[index] # it is one of the two
    written = _LABEL + b" (SHA-256): " + digest(data, line).encode() + ending
    return data[: line.start] + written + data[line.start + len(line.raw) :]


def _the_line(data: bytes, where: str) -> Line:
    found = lines(data)
    meant = [each for each in found if each.kind in {Kind.TO_FILL, Kind.FILLED}]
    if len(meant) == 1:
        return meant[0]
    if meant:
        message = f"{len(meant)} lines are for the hash: {', '.join(str(each.number) for each in meant)}"
        remedy = "Keep one of them; an example can be indented, or quoted with >."
        raise ConfigurationError(message, where=where, remedy=remedy)
    if found:
        first = found[0]
        message = f"there is no line for the hash; this one holds {first.kind.value}"
        raise ConfigurationError(message, where=f"{where}:{first.number}", remedy=_ADD)
    if data[:2] in _WIDE:
        message = "it is written in UTF-16, in which no line can be found by its bytes"
        raise ConfigurationError(message, where=where, remedy="Save it as UTF-8.")
    if data.startswith(_BOM + _LABEL):
        message = "the line for the hash is the first, and a byte-order mark stands before it"
        raise ConfigurationError(message, where=f"{where}:1", remedy="Move the line further down.")
    raise ConfigurationError("there is no line for the hash", where=where, remedy=_ADD)


def check(data: bytes) -> Seal:
    """Whether `data` is what was sealed."""
    found = lines(data)
    filled = [each for each in found if each.kind is Kind.FILLED]
    if len(filled) > 1:
        numbers = ", ".join(str(each.number) for each in filled)
        return Seal(standing=Standing.CHANGED, reason=f"several lines hold a digest: {numbers}")
    if filled:
        return _compared(data, filled[0])
    broken = [each for each in found if each.kind is Kind.OTHER]
    if broken:
        reason = f"line {broken[0].number} holds {Kind.OTHER.value}"
        return Seal(standing=Standing.CHANGED, reason=reason)
    to_fill = any(each.kind is Kind.TO_FILL for each in found)
    return Seal(
        standing=Standing.NOT_SEALED,
        reason="its hash has not been filled in" if to_fill else "it has no line for a hash",
    )


def _compared(data: bytes, line: Line) -> Seal:
    noted = _FILLED.fullmatch(line.raw)[1].decode()  # type: ignore[index] # it is such a line
    computed = digest(data, line)
    if noted == computed:
        return Seal(standing=Standing.UNCHANGED, noted=noted, computed=computed)
    reason = f"line {line.number} has {noted}, and the rest of the text {computed}"
    return Seal(standing=Standing.CHANGED, noted=noted, computed=computed, reason=reason)


def verify(path: Path) -> Seal:
    """Whether the document at `path` is what was sealed.

    Raises `ConfigurationError` where there is no such file, and `EvidenceError` where it cannot be read.
    """
    return check(_read(path))


def seal(path: Path) -> Seal:
    """Fill the hash of the document at `path` in, in one step; a symbolic link stays one. What it was before.

    Raises `ConfigurationError` where that is no file, is read-only, or has not exactly one line for the hash, and
    `EvidenceError` where it cannot be read or written; the file is as before then.
    """
    target = path.resolve()
    before = _read(path)
    after = sealed(before, where=str(path))
    if after != before:
        _replace(target, after, where=str(path))
    return check(before)


def _read(path: Path) -> bytes:
    if not path.exists():
        raise ConfigurationError("there is no such file", where=str(path))
    if not path.is_file():
        raise ConfigurationError("it is no file", where=str(path))
    with _explained(path):
        return path.read_bytes()


def _replace(target: Path, data: bytes, *, where: str) -> None:
    mode = stat.S_IMODE(target.stat().st_mode)
    if not mode & _WRITABLE:
        raise ConfigurationError("it is read-only", where=where, remedy="Make it writable, and seal it again.")
    with _explained(target), files.staged((target, data)) as (temporary,):
        temporary.chmod(mode)
        files.put(temporary, target)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn an `OSError` inside into an `EvidenceError`."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or path)
        raise EvidenceError(error.strerror or str(error), where=where, remedy="The document is as before.") from error


def run(path: Path) -> ExitCode:
    """Seal the document at `path`, and say so. Raises as `seal` does."""
    before = seal(path)
    console = open_console()
    for line in _done(path, before, verify(path)):
        console.print(Text(line), soft_wrap=True)
    return ExitCode.NOTHING_FOUND


def _done(path: Path, before: Seal, now: Seal) -> list[str]:
    name = shown(str(path))
    if before.standing is Standing.UNCHANGED:
        said = f"{name} is sealed already, and unchanged"
    elif before.standing is Standing.CHANGED:
        said = f"{name} has changed since it was sealed, and is sealed anew; it had {before.noted}"
    else:
        said = f"{name} is sealed"
    return [said, f"SHA-256 of its text: {now.computed}", "Note it elsewhere: who alters the text can seal it again."]


def told(path: Path, found: Seal) -> list[str]:
    """What to say of a document that was checked."""
    said = [f"{shown(str(path))}: {found.standing.value}{f': {found.reason}' if found.reason else ''}"]
    return [*said, f"SHA-256 of its text: {found.computed}"] if found.computed else said
