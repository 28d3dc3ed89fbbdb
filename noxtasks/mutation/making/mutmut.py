"""mutmut from outside: has it make the mutants, in the user's environment, and reads what came of it."""

from __future__ import annotations

import hashlib
import json
import time
import tokenize
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from noxtasks.errors import NotMeasuredError, TimeIsUpError
from noxtasks.mutation.making import mutmut_program
from noxtasks.mutation.model import Mutant, Reach
from noxtasks.suite import process
from noxtasks.suite.launch import Suite
from noxtasks.suite.sources import Source, Sources

VERSION = "3.8.1"
"""What `mutmut_program` and the probe use of it is no public interface: it changes with any version."""

_ID_LENGTH = 16
_LIMIT_S = 300  # for one file; one of 7,000 lines takes 20


class _Made(msgspec.Struct, frozen=True, kw_only=True):
    """A mutant as the program tells it."""

    name: str
    function: str
    operator: str
    line: int
    column: int
    end_line: int
    end_column: int
    replacement: str
    before: str
    after: str


class _Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Functions with mutants, those without by the reason, lines of code, and those in functions with mutants."""

    mutated: int
    left_out: dict[str, int]
    lines: int
    mutated_lines: int


class _File(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    mutants: tuple[_Made, ...] = ()
    error: str = ""
    is_unwritten: bool = False  # it has mutants, for which there is no room
    scope: _Reach | None = None  # None: it cannot be read


class Instrumented(msgspec.Struct, frozen=True, kw_only=True):
    """What the copy holds now; `left_out` are files that mutmut could not mutate, with the reason."""

    mutants: tuple[Mutant, ...]
    left_out: tuple[tuple[str, str], ...]
    reach: Reach
    texts: dict[str, str] = {}  # of the files with mutants, by path, as they were before


def instrument(
    suite: Suite, sources: Sources, scratch: Path, *, patterns: Sequence[str] = (), timeout_s: float | None = None
) -> Instrumented:
    """Replace the sources in the root of `suite`, which is a copy, by ones that hold all of their mutants.

    Lines that one of `patterns` matches are not mutated. A file on which mutmut crashes, or takes too long, is left as
    it was. Raises `NotMeasuredError` where mutmut is not there, of another version, or fails, or where its mutants
    cannot be written; and after `timeout_s` seconds `TimeIsUpError`.
    """
    until_s = None if timeout_s is None else time.monotonic() + timeout_s
    texts = {source.path: _text(suite.root / source.path) for source in sources.files}
    answer = scratch / "mutants.jsonl"
    files: list[_File] = []
    while len(files) < len(sources.files):
        answer.unlink(missing_ok=True)
        done = _start(suite, sources.files[len(files) :], patterns, answer, until_s)
        files += _told(answer)
        if len(files) < len(sources.files):
            said = (done.stderr.strip().splitlines() or [""])[-1]
            why = f"it takes more than {_LIMIT_S} s" if "Timeout (" in done.stderr else f"{done.returncode}, {said}"
            files.append(_File(path=sources.files[len(files)].path, error=f"mutmut does not get through it: {why}"))
    for file in files:
        if file.is_unwritten:
            raise NotMeasuredError(
                f"mutants cannot be written into the copy of the project: {file.error}",
                where=file.path,
                remedy=f"Is there room in {suite.root.parent}?",
            )
    return Instrumented(
        mutants=tuple(mutant for file in files for mutant in _identified(file)),
        left_out=tuple((file.path, file.error) for file in files if file.error),
        reach=_sum([file.scope for file in files if file.scope is not None]),
        texts={file.path: texts[file.path] for file in files if file.mutants},
    )


def _start(
    suite: Suite, files: Sequence[Source], patterns: Sequence[str], answer: Path, until_s: float | None
) -> process.Completed:
    """Let the program go as far as it comes."""
    order = answer.with_name("order.json")
    content = {
        "version": VERSION,
        "files": [{"path": file.path, "module": file.module} for file in files],
        "patterns": list(patterns),
        "limit_s": _LIMIT_S,
        "answer": str(answer),
    }
    order.write_text(json.dumps(content), "utf-8")
    env = suite.plain() | {"NOXTASKS_ORDER": str(order), "PYTHONUTF8": "1"}
    command = [str(suite.python), mutmut_program.__file__]
    left_s = None if until_s is None else max(0.0, until_s - time.monotonic())
    try:
        done = process.run(command, cwd=suite.root, env=env, timeout_s=left_s)
    except process.TimeoutExpired:
        raise TimeIsUpError("the time was up while mutants were made") from None
    if done.returncode == mutmut_program.UNFIT:
        found = done.stdout.strip()
        raise NotMeasuredError(
            f"mutmut {found} is there, and not {VERSION}" if found else "mutmut is not installed",
            where=str(suite.python),
            remedy=f"Install it there: {suite.python} -m pip install mutmut=={VERSION}",
        )
    if not answer.exists():
        said = (done.stdout + done.stderr)[-2000:]
        raise NotMeasuredError("mutmut made no mutants", where=str(suite.python), remedy=f"It said:\n{said}")
    return done


def _told(answer: Path) -> list[_File]:
    """What is told of files, as far as it is whole."""
    *lines, _ = answer.read_bytes().split(b"\n")
    return [msgspec.json.decode(line, type=_File) for line in lines if line]


def _sum(scopes: Sequence[_Reach]) -> Reach:
    left_out: Counter[str] = Counter()
    for scope in scopes:
        left_out.update(scope.left_out)
    return Reach(
        functions=sum(scope.mutated for scope in scopes) + left_out.total(),
        mutated=sum(scope.mutated for scope in scopes),
        left_out=tuple(left_out.most_common()),
        lines=sum(scope.lines for scope in scopes),
        mutated_lines=sum(scope.mutated_lines for scope in scopes),
    )


def _text(path: Path) -> str:
    """The source in a file; none where it cannot be read, which mutmut will say."""
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (OSError, SyntaxError, UnicodeError):
        return ""


def _identified(file: _File) -> list[Mutant]:
    """The mutants of a file, each with a name that lasts as long as its function stays as it is."""
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for each in file.mutants:
        content = (file.path, each.function, each.before, each.after)
        seen[content] += 1
        digest = hashlib.sha256("\0".join((*content, str(seen[content]))).encode("utf-8", "surrogatepass"))
        found.append(
            Mutant(
                path=file.path,
                line=each.line,
                column=each.column,
                end_line=each.end_line,
                end_column=each.end_column,
                replacement=each.replacement,
                id=digest.hexdigest()[:_ID_LENGTH],
                name=each.name,
                function=each.function,
                operator=each.operator,
                before=each.before,
                after=each.after,
            )
        )
    return found
