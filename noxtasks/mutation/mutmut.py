"""mutmut from outside: has it make the mutants, in the user's environment, and reads what came of it."""

from __future__ import annotations

import hashlib
import json
import tokenize
from collections import Counter
from pathlib import Path

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.mutation import mutmut_program
from noxtasks.mutation.model import Mutant
from noxtasks.mutation.sources import Sources
from noxtasks.suite import process
from noxtasks.suite.launch import Suite

VERSION = "3.8.1"
"""What `mutmut_program` and the probe use of it is no public interface: it changes with any version."""

_ID_LENGTH = 16


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


class _File(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    mutants: tuple[_Made, ...]
    error: str


class Instrumented(msgspec.Struct, frozen=True, kw_only=True):
    """What the copy holds now; `left_out` are files that mutmut could not mutate, with the reason."""

    mutants: tuple[Mutant, ...]
    left_out: tuple[tuple[str, str], ...]
    texts: dict[str, str] = {}  # of the files with mutants, by path, as they were before


def instrument(suite: Suite, sources: Sources, scratch: Path) -> Instrumented:
    """Replace the sources in the root of `suite`, which is a copy, by ones that hold all of their mutants.

    Raises `NotMeasuredError` where mutmut is not there, of another version, or fails.
    """
    order, answer = scratch / "order.json", scratch / "mutants.json"
    texts = {source.path: _text(suite.root / source.path) for source in sources.files}
    files = [{"path": source.path, "module": source.module} for source in sources.files]
    order.write_text(json.dumps({"version": VERSION, "files": files, "answer": str(answer)}), "utf-8")
    env = suite.plain() | {"NOXTASKS_ORDER": str(order)}
    done = process.run([str(suite.python), mutmut_program.__file__], cwd=suite.root, env=env)
    if done.returncode == mutmut_program.UNFIT:
        found = done.stdout.strip()
        raise NotMeasuredError(
            f"mutmut {found} is there, and not {VERSION}" if found else "mutmut is not installed",
            where=str(suite.python),
            remedy=f"Install it there: {suite.python} -m pip install mutmut=={VERSION}",
        )
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise NotMeasuredError("mutmut made no mutants", where=str(suite.python), remedy=f"It said:\n{said}")
    made = msgspec.json.decode(answer.read_bytes(), type=tuple[_File, ...])
    return Instrumented(
        mutants=tuple(mutant for file in made for mutant in _identified(file)),
        left_out=tuple((file.path, file.error) for file in made if file.error),
        texts={file.path: texts[file.path] for file in made if file.mutants},
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
