"""What pytest itself sees of markers: it collects in a process that runs no test and tells over the wire.

Collecting imports the user's code, which may hang, crash or take its time. So what was told until then is kept, and
`is_complete` says whether it is all.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from noxtasks.suite import fresh, wire
from noxtasks.suite.collection import tail
from noxtasks.suite.elsewhere import batches
from noxtasks.suite.health import diagnose
from noxtasks.suite.launch import Launch, Suite

_LAUNCH = Launch(hash_seed=0)

_F = TypeVar("_F", bound=wire.Frame)
_V = TypeVar("_V")

Expression = tuple[str, str]
"""An option of pytest's, "-m" or "-k", and its value."""

CONFIGURED: Expression = ("configured", "")
"""Stands for the tests that pytest would run, with the user's own options and whatever hooks take away."""


class MarkedTest(msgspec.Struct, frozen=True, kw_only=True):
    """A test and the names of the marks on it and its parents, before and after the hooks that may change them.

    Deselected tests are among them. `test` is the node id from the root, numbered where several share it.
    """

    test: str
    path: str
    before: frozenset[str]
    after: frozenset[str]


class Place(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A place in the code that names a marker. `path` is from the root, with slashes; absolute outside of it."""

    marker: str
    path: str
    line: int


class RegisteredLine(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A line of the ini option `markers`, and the file that it is from; `line` is 0 where that is the ini file."""

    text: str
    path: str
    line: int


class Plugin(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A plugin or conftest that was loaded; none of pytest's own. `distribution` is empty where it is not known."""

    name: str
    path: str
    distribution: str


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """The tests that an expression selects, as places in `Marking.tests`; or what pytest says against it."""

    tests: tuple[int, ...] = ()
    error: str = ""


class Marking(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of markers in one collection, or in several of different files.

    `made` are the places at which the code came by a marker, `added` those at which it put one on a collected node.
    Where it is not complete, `reason` says why. A file that cannot be imported is among the `problems` (raw facts, as
    `problems` reads them), and makes nothing incomplete: pytest would collect no more either.
    """

    tests: tuple[MarkedTest, ...] = ()
    made: tuple[Place, ...] = ()
    added: tuple[Place, ...] = ()
    registered: tuple[RegisteredLine, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    selections: dict[Expression, Selection] = {}
    problems: tuple[dict[str, Any], ...] = ()
    hello: wire.Hello | None = None  # None where pytest did not get as far as loading the probe
    elsewhere: tuple[str, ...] = ()  # absolute paths of test files that were not to be collected
    outside: int = 0  # how many tests, the last of `tests`, come from such files
    is_complete: bool
    reason: str = ""
    prefix: str = ""  # what the name of a test has before pytest's own node id: "tests/" where its root is there

    def also(self, other: Marking, where: str) -> Marking:
        """This, and what was seen in files that were collected apart, which `where` names."""
        offset = len(self.tests)
        reason = f"{where}: {other.reason}" if other.reason else ""
        return Marking(
            tests=self.tests + other.tests,
            made=_together(self.made, other.made),
            added=_together(self.added, other.added),
            registered=_together(self.registered, other.registered),
            plugins=_together(self.plugins, other.plugins),
            selections={
                each: _joined(self.selections.get(each), other.selections.get(each), offset)
                for each in self.selections | other.selections
            },
            problems=self.problems + other.problems,
            hello=self.hello or other.hello,
            elsewhere=self.elsewhere,
            outside=self.outside + len(other.tests),
            is_complete=self.is_complete and other.is_complete,
            reason="; ".join(filter(None, (self.reason, reason))),
            prefix=self.prefix,
        )


def observe(
    suite: Suite, scratch: Path, *arguments: str, expressions: Iterable[Expression] = (), timeout_s: float
) -> Marking:
    """Collect once, as configured, or what `arguments` name in its stead. After `timeout_s` the process is killed."""
    task = {"mode": "mark", "expressions": sorted(set(expressions))}
    began = time.monotonic()
    code = fresh.carry_out(task, suite, scratch, _LAUNCH, *arguments, timeout_s=timeout_s)
    is_late = time.monotonic() - began >= timeout_s
    frames = wire.Reader(scratch / "wire").read()
    if _has_ended(frames):
        reason = ""
    elif is_late:
        reason = _timed_out(timeout_s, frames)
    else:
        reason = _gave_up(code, scratch / "output", frames)
    return _Reading(suite.root, frames).marking(reason)


def observe_everywhere(
    suite: Suite, scratch: Path, *, expressions: Sequence[Expression] = (), timeout_s: float
) -> Marking:
    """Collect as configured, and then the test files that were not, wherever they are under the root.

    Where the arguments of pytest say what to collect, nothing else is. `timeout_s` is for all of it.
    """
    until = time.monotonic() + timeout_s
    marking = observe(suite, scratch / "configured", expressions=expressions, timeout_s=timeout_s)
    for number, (where, files) in enumerate(batches(suite.root, marking.elsewhere)):
        left_s = until - time.monotonic()
        if left_s <= 0:
            late = Marking(is_complete=False, reason=f"not collected, for the {timeout_s:g} s were over")
            marking = marking.also(late, where)
            continue
        folder = scratch / f"elsewhere-{number}"
        found = observe(suite, folder, *files, expressions=expressions, timeout_s=left_s)
        marking = marking.also(found, where)
    return marking


class _Reading:
    """Puts together what the frames of one process say."""

    def __init__(self, root: Path, frames: Sequence[wire.Frame]) -> None:
        self._roots = tuple(dict.fromkeys((root.absolute(), root.resolve())))
        self._frames = frames
        self._paths: dict[str, str] = {}

    def marking(self, reason: str) -> Marking:
        registered = next(iter(self._all(wire.Registered)), wire.Registered(lines=(), plugins=()))
        places = self._all(wire.Places)
        return Marking(
            tests=tuple(self._tests()),
            made=tuple(sorted({self._place(each) for frame in places for each in frame.made})),
            added=tuple(sorted({self._place(each) for frame in places for each in frame.added})),
            registered=tuple(
                RegisteredLine(text=text, path=self._path(path), line=line) for text, path, line in registered.lines
            ),
            plugins=tuple(
                Plugin(name=self._path(name), path=self._path(path), distribution=distribution)
                for name, path, distribution in registered.plugins
            ),
            selections={
                (each.option, each.expression): Selection(tests=each.tests, error=each.error)
                for each in self._all(wire.Selected)
            },
            problems=tuple(each.problem for each in self._all(wire.Problem)),
            hello=next(iter(self._all(wire.Hello)), None),
            elsewhere=tuple(file for each in self._all(wire.Elsewhere) for file in each.files),
            is_complete=not reason,
            reason=reason,
            prefix=self._prefix(),
        )

    def _all(self, kind: type[_F]) -> list[_F]:
        return [frame for frame in self._frames if isinstance(frame, kind)]

    def _tests(self) -> Iterator[MarkedTest]:
        """The tests. Where the process did not come to the end of collecting, they have what they had until then."""
        told = self._all(wire.Marked)
        changed = next(iter(self._all(wire.Remarked)), None)
        sets = [each for frame in told for each in frame.sets] + list(changed.sets if changed else ())
        files = [self._path(file) for frame in told for file in frame.files]
        first = tuple(number for frame in told for number in frame.marks)
        before, after = (changed.before, changed.after) if changed else (first, first)
        paths = (files[number] for frame in told for number in frame.file)
        prefix = self._prefix()
        names = (prefix + test for frame in told for test in frame.tests)
        for test, path, one, other in zip(names, paths, before, after, strict=True):
            yield MarkedTest(test=test, path=path, before=sets[one], after=sets[other])

    def _prefix(self) -> str:
        """What stands before a node id of pytest's where it starts in a folder below the root."""
        facts = next((frame.facts for frame in reversed(self._all(wire.Facts)) if frame.facts), {})
        folder = self._path(facts.get("rootdir", ""))
        return "" if folder == "." or Path(folder).is_absolute() or not folder else f"{folder}/"

    def _place(self, told: tuple[str, str, int]) -> Place:
        marker, path, line = told
        return Place(marker=marker, path=self._path(path), line=line)

    def _path(self, text: str) -> str:
        if text in self._paths:
            return self._paths[text]
        path = Path(text)
        for root in self._roots:
            if path.is_relative_to(root):
                path = path.relative_to(root)
                break
        self._paths[text] = shown = path.as_posix() if text else ""
        return shown


def _has_ended(frames: Sequence[wire.Frame]) -> bool:
    return any(isinstance(frame, wire.End) for frame in frames)


def _timed_out(timeout_s: float, frames: Sequence[wire.Frame]) -> str:
    path = _importing(frames)
    return f"timed out after {timeout_s:g} s" + (f" while it was importing {path}, or after that" if path else "")


def _gave_up(code: int, output: Path, frames: Sequence[wire.Frame]) -> str:
    """Why the process ended before its time, as the diagnosis of a collection says it."""
    facts = next((frame.facts for frame in reversed(frames) if isinstance(frame, wire.Facts)), {})
    health = diagnose(
        [frame.problem for frame in frames if isinstance(frame, wire.Problem)],
        {**facts, "importing": _importing(frames)},
        exit_code=code,
        output=tail(output),
        installed={},
        local={},
    )
    cause = next((cause for cause in health.causes if cause.blocking), None)
    return f"{cause.kind.value}: {cause.message}" if cause else f"pytest ended with status {code}"


def _importing(frames: Sequence[wire.Frame]) -> str:
    return next((frame.path for frame in reversed(frames) if isinstance(frame, wire.Importing)), "")


def _together(one: tuple[_V, ...], other: tuple[_V, ...]) -> tuple[_V, ...]:
    """Both, each value once, in the order in which they come."""
    return tuple(dict.fromkeys(one + other))


def _joined(one: Selection | None, other: Selection | None, offset: int) -> Selection:
    one, other = one or Selection(), other or Selection()
    return Selection(tests=one.tests + tuple(offset + index for index in other.tests), error=one.error or other.error)
