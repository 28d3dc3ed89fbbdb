"""What pytest found when it collected the suite, as the probe told it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from noxtasks.suite import wire
from noxtasks.suite.model import Touched

_OUTPUT_TAIL = 20_000  # characters


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """The tests that can run, and the raw facts of what keeps others from it."""

    tests: tuple[str, ...]
    rootdir: str
    threads: tuple[str, ...]  # alive after collection; a fork would cut them off
    hello: wire.Hello | None  # None when pytest did not get as far as loading the probe
    problems: tuple[dict[str, Any], ...]
    facts: dict[str, Any]
    exit_code: int | None  # None while the process lives on, ready to run
    output: str  # what pytest printed, its end
    ran: tuple[str, ...] = ()  # functions with mutants that ran until then
    modules: dict[str, tuple[str, ...]] = {}  # where the mutated packages were imported from
    touched: Touched | None = None  # of the project's files, until then; told where packages are mutated
    quarantined: dict[str, str] = {}  # tests in quarantine, and why; looked at where there are mutants


def gather(wire_path: Path, output_path: Path, exit_code: int | None) -> Collection:
    """Read what a process has told of its collection."""
    frames = wire.Reader(wire_path).read()
    facts = next((frame.facts for frame in reversed(frames) if isinstance(frame, wire.Facts)), {})
    collected = next((frame for frame in frames if isinstance(frame, wire.Collected)), None)
    return Collection(
        tests=collected.tests if collected else (),
        rootdir=collected.rootdir if collected else "",
        threads=collected.threads if collected else (),
        hello=next((frame for frame in frames if isinstance(frame, wire.Hello)), None),
        problems=tuple(frame.problem for frame in frames if isinstance(frame, wire.Problem)),
        facts=facts if collected else {**facts, **_importing(frames)},
        exit_code=exit_code,
        output=tail(output_path),
        ran=collected.ran if collected else (),
        modules=collected.modules if collected else {},
        touched=collected.touched if collected else None,
        quarantined=collected.quarantined if collected else {},
    )


def _importing(frames: list[wire.Frame]) -> dict[str, Any]:
    """The file whose import did not come to an end, as a fact."""
    return next(({"importing": each.path} for each in reversed(frames) if isinstance(each, wire.Importing)), {})


def tail(path: Path) -> str:
    """The end of what a process has written to the file at `path`; empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _OUTPUT_TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
