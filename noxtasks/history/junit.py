"""JUnit XML as other tools wrote it -> one `Run`.

Read as a stream, one test case in memory at a time and captured output dropped at once, so that the size of a file does
little harm; a document type (the door to entity bombs) is refused. What the cases mean stands in `attempts`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from xml.etree.ElementTree import TreeBuilder
from xml.parsers import expat

import msgspec

from noxtasks.errors import HistoryError
from noxtasks.history.attempts import Attempt, attempt_of, is_of_collecting, result_of, seconds, why_not_collected
from noxtasks.suite.model import EngineKind, Order, Result, Run

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO
    from xml.etree.ElementTree import Element

    from noxtasks.history.nodeids import NodeIds

LARGEST_FILE = 512 * 1024 * 1024  # bytes
_CHUNK = 1 << 20
_REMEDY = "Give JUnit XML as `pytest --junitxml=FILE` writes it."
_ROOTS = ("testsuites", "testsuite")
_OUTPUT = ("system-out", "system-err")


class Uncollected(msgspec.Struct, frozen=True, kw_only=True):
    """A module without any outcome: it failed to import, or was skipped whole."""

    path: str  # as the project has it, where that can be told
    is_error: bool
    reason: str  # the error, or why it was skipped; may be empty


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one file holds."""

    digest: str  # SHA-256 of the file
    run: Run  # number 0; JUnit knows no seeds, so those are 0 as well
    not_collected: tuple[str, ...]  # modules that failed to import or were skipped whole: no outcome of any test
    uncollected: tuple[Uncollected, ...] = ()  # the same, with why


def read_junit(path: Path, nodeids: NodeIds) -> Report:
    """Read one file; `HistoryError` names it when it cannot be read, is too large, or is no JUnit XML."""
    try:
        with path.open("rb") as file:
            if path.stat().st_size > LARGEST_FILE:
                raise _wrong(
                    path, f"it is larger than {LARGEST_FILE >> 20} MiB", "Split it, or write fewer test cases."
                )
            return _read(path, file, nodeids)
    except OSError as error:
        raise _wrong(path, f"it cannot be read: {error.strerror}", "Check the path.") from error


def _read(path: Path, file: BinaryIO, nodeids: NodeIds) -> Report:
    cases = _Cases(path, nodeids)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = cases.start
    parser.EndElementHandler = cases.end
    parser.CharacterDataHandler = cases.data
    parser.StartDoctypeDeclHandler = cases.refuse_document_type
    content = sha256()
    try:
        while chunk := file.read(_CHUNK):
            content.update(chunk)
            parser.Parse(chunk, False)
        if content.digest() == sha256().digest():
            raise _wrong(path, "it is empty", "Did the test run that writes it end?")
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an encoding that nobody knows
        raise _wrong(path, f"it is not well-formed XML: {error}", "Was it cut short? " + _REMEDY) from error
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Report(
        digest=content.hexdigest(),
        run=cases.run(written),
        not_collected=tuple(cases.not_collected),
        uncollected=tuple(cases.uncollected),
    )


def _wrong(path: Path, message: str, remedy: str) -> HistoryError:
    return HistoryError(message, where=str(path), remedy=remedy)


class _Cases:
    """Takes the XML apart as it comes, and keeps what the test cases say."""

    def __init__(self, path: Path, nodeids: NodeIds) -> None:
        self._path = path
        self._nodeids = nodeids
        self._open: list[str] = []
        self._case: TreeBuilder | None = None
        self._case_depth = 0
        self._output_depth = 0
        self._suite = 0
        self._attempts: dict[tuple[int, str], list[Attempt]] = {}  # by suite: a test in two suites has not been rerun
        self._started: list[datetime] = []
        self._duration_s = 0.0
        self.not_collected: list[str] = []
        self.uncollected: list[Uncollected] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        tag = name.rpartition(":")[2]
        if not self._open and tag not in _ROOTS:
            raise _wrong(self._path, f"its root is <{tag}>, not <testsuites> or <testsuite>", _REMEDY)
        self._open.append(tag)
        if self._case is None and tag == "testcase":
            self._case, self._case_depth = TreeBuilder(), len(self._open)
        elif self._case is None and tag == "testsuite":
            self._begin_suite(attributes)
        if self._case is not None and tag in _OUTPUT and not self._output_depth:
            self._output_depth = len(self._open)
        if self._case is not None and not self._output_depth:
            self._case.start(tag, attributes)

    def data(self, text: str) -> None:
        """Take characters."""
        if self._case is not None and not self._output_depth:
            self._case.data(text)

    def end(self, _name: str) -> None:
        """End an element."""
        depth, tag = len(self._open), self._open.pop()
        if self._case is None:
            return
        if not self._output_depth:
            self._case.end(tag)
        if depth == self._output_depth:
            self._output_depth = 0
        if depth == self._case_depth:
            self._add(self._case.close())
            self._case = None

    def refuse_document_type(self, *_declared: object) -> None:
        """Stop before any entity is defined."""
        raise _wrong(self._path, "it declares a document type, which no test report does", _REMEDY)

    def run(self, written: datetime) -> Run:
        """Return all that was read; `written` stands in for a start that no suite tells."""
        results: list[Result] = []
        for (_, nodeid), attempts in self._attempts.items():
            results.append(result_of(nodeid, len(results), attempts))
        return Run(
            number=0,
            seed=0,
            hash_seed=0,
            order=Order.COLLECTED,
            engine=EngineKind.FRESH,
            started=min(self._started, default=written),
            duration_s=self._duration_s or sum(result.duration_s for result in results),
            results=tuple(results),
        )

    def _begin_suite(self, attributes: dict[str, str]) -> None:
        self._suite += 1
        with suppress(ValueError, OverflowError):  # none, or of another form: the file's own time has to do
            self._started.append(datetime.fromisoformat(attributes.get("timestamp", "")).astimezone(UTC))
        if "testsuite" not in self._open[:-1]:
            self._duration_s += seconds(attributes.get("time"))

    def _add(self, case: Element) -> None:
        name, classname, file = case.get("name", ""), case.get("classname", ""), case.get("file")
        if not name:
            raise _wrong(self._path, "a test case has no name", "Have the tool that wrote it name each.")
        if is_of_collecting(case):
            self.not_collected.append(file or name)
            is_error, reason = why_not_collected(case)
            path = file.replace("\\", "/") if file else self._nodeids.module(name)
            self.uncollected.append(Uncollected(path=path, is_error=is_error, reason=reason))
            return
        nodeid = self._nodeids.rebuilt(classname, name, file) if classname else name
        self._attempts.setdefault((self._suite, nodeid), []).append(attempt_of(case))
