"""Reads what the probe has recorded of ordinary pytest sessions: one file, one session after another."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from noxtasks.errors import NotMeasuredError
from noxtasks.suite import wire
from noxtasks.suite.model import EngineKind, Failure, Order, Outcome, Result, Run


def is_record(path: Path) -> bool:
    """Whether the file begins as a record of the probe does."""
    with path.open("rb") as file:
        return file.read(64).startswith(b'{"frame":"hello"')


def read(path: Path) -> list[Run]:
    """The sessions in the record at `path`, numbered from 0; their seeds are not known and stand as 0.

    A session without an end is not complete; a test of it that began and did not end has crashed. Raises
    `NotMeasuredError` for a file that the probe did not write, or that holds a newer version of its frames.
    """
    sessions: list[list[wire.Frame]] = []
    for frame in wire.Reader(path).read():
        if isinstance(frame, wire.Hello):
            if frame.version != wire.VERSION:
                raise NotMeasuredError(
                    f"its frames have version {frame.version}, and this noxtasks reads version {wire.VERSION}",
                    where=str(path),
                    remedy="Record and import with the same version of noxtasks.",
                )
            sessions.append([])
        elif not sessions:
            raise NotMeasuredError("the record has no beginning", where=str(path), remedy="Was it cut?")
        sessions[-1].append(frame)
    return [_run(number, frames) for number, frames in enumerate(sessions)]


def _run(number: int, frames: list[wire.Frame]) -> Run:
    began = frames[0]
    assert isinstance(began, wire.Hello)  # noqa: S101 - each session begins so
    results: list[Result] = []
    under_way: dict[str, None] = {}
    complete = False
    for frame in frames:
        match frame:
            case wire.Start():
                under_way[frame.test] = None
            case wire.Finish():
                under_way.pop(frame.test, None)
                results.append(
                    Result(
                        nodeid=frame.test,
                        position=len(results),
                        outcome=frame.outcome,
                        duration_s=frame.duration_s,
                        failure=frame.failure,
                        reruns=frame.reruns,
                        reason=frame.reason,
                    )
                )
            case wire.End():
                complete = True
            case _:
                pass
    results += [_crashed(test, len(results) + place) for place, test in enumerate(under_way)]
    return Run(
        number=number,
        seed=0,
        hash_seed=0,
        order=Order.COLLECTED,
        engine=EngineKind.FRESH,
        started=datetime.fromtimestamp(began.time, UTC),
        duration_s=sum(result.duration_s for result in results),
        results=tuple(results),
        complete=complete,
    )


def _crashed(test: str, position: int) -> Result:
    message = "its session ended in it"
    failure = Failure(fingerprint=f"crash:{message}", phase="crash", exception="ProcessDied", message=message)
    return Result(nodeid=test, position=position, outcome=Outcome.CRASHED, duration_s=0.0, failure=failure)
