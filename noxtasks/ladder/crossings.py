"""Reads what the probe has seen of calls across borders: a file for each process, a frame a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from noxtasks.ladder.edges import Call

PLUGIN: Final = "noxtasks_probe.crossing"
"""What pytest's -p is to name."""

_VARIABLE: Final = "NOXTASKS_CROSSING"


class Crossings(msgspec.Struct, frozen=True, kw_only=True):
    """The distinct calls, and why there may be others that were not seen."""

    calls: tuple[Call, ...]
    trouble: str = ""


class _Frame(msgspec.Struct, frozen=True, kw_only=True):
    frame: str
    source: str = ""
    target: str = ""
    caller: str = ""
    called: str = ""
    trouble: str = ""


def environment(folder: Path, units: Mapping[str, str]) -> dict[str, str]:
    """What a process needs to record into `folder`, which is there, the calls between the `units` of these modules.

    They are in a file, since no system takes variables of any length.
    """
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"folder": str(folder), "units": dict(units)}), "utf-8")
    return {_VARIABLE: str(plan)}


def read(folder: Path) -> Crossings:
    """What was seen, by all processes. A line that was cut short by a crash is left out."""
    frames = [frame for file in sorted(folder.glob("*.jsonl")) for frame in _frames(file)]
    calls = {
        (each.source, each.target, each.caller, each.called): Call(
            source=each.source, target=each.target, caller=each.caller, called=each.called
        )
        for each in frames
        if each.frame == "crossing"
    }
    watching = [each for each in frames if each.frame == "watching"]
    trouble = next((each.trouble for each in watching if each.trouble), "")
    if not watching:
        trouble = "no process has looked for calls"
    return Crossings(calls=tuple(calls[key] for key in sorted(calls)), trouble=trouble)


def _frames(file: Path) -> list[_Frame]:
    lines = file.read_bytes().splitlines(keepends=True)
    return [msgspec.json.decode(line, type=_Frame) for line in lines if line.endswith(b"\n")]
