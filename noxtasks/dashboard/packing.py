"""What the page has of every finding, test and module, packed so that a browser has to unpack little of it.

A block is JSON, deflated (RFC 1950: it has no clock and no name in it, as gzip has), in base64. The block `index` has
what the lists show, search and sort by. The rest is in blocks of several hundred rows each, `tests-0`, `tests-1` and so
on, and is unpacked when one of them is opened.

A duration is two characters: 91 digits, printable and none that JSON escapes, count in steps of a third of a percent
from 100 ns on. It is as exact as it is shown, and takes half of what written figures would.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Sequence
from math import log10
from typing import Any

import msgspec

from noxtasks.dashboard.model import Finding, Module, Page, Survivor, Test
from noxtasks.evidence.display.text import shown

SIZES = {"findings": 500, "tests": 1000, "modules": 20}
"""Rows in a block."""

DIGITS = "".join(chr(code) for code in range(0x23, 0x7F) if chr(code) != "\\")
LEAST_S = 1e-7
DECADES = 12
_STEPS = len(DIGITS) ** 2 - 1
_PAIRS = [first + second for first in DIGITS for second in DIGITS]
_UNKNOWN = "  "
_COVERS = 1_200_000  # pairs of a test and a file in all: more of them would take most of the page
_LEAST_COVERS = 10
_LEVEL = 6  # 9 takes three times as long and saves one percent


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the page's data."""

    name: str
    packed: str


def blocks(page: Page) -> tuple[Block, ...]:
    """All of them, the index first."""
    most = max(_LEAST_COVERS, _COVERS // max(1, len(page.tests)))
    paths = sorted({path for test in page.tests for path, _ in test.covers[:most]})
    numbers = {path: number for number, path in enumerate(paths)}
    findings = [each for panel in page.panels for each in panel.findings]
    return (
        _block("index", _index(page, paths)),
        *_several("findings", [_more_of_finding(each) for each in findings]),
        *_several("tests", [_more_of_test(each, numbers, most) for each in page.tests]),
        *_several("modules", [[_survivor(each) for each in module.survivors] for module in page.modules]),
    )


def _several(name: str, rows: Sequence[Any]) -> Iterable[Block]:
    size = SIZES[name]
    return (_block(f"{name}-{at // size}", rows[at : at + size]) for at in range(0, len(rows), size))


def _block(name: str, value: Any) -> Block:
    return Block(name=name, packed=base64.b64encode(zlib.compress(msgspec.json.encode(value), _LEVEL)).decode())


def _index(page: Page, paths: Iterable[str]) -> dict[str, Any]:
    return {
        "project": shown(page.project),
        "sizes": SIZES,
        "panels": [shown(each.objective) for each in page.panels],
        "sessions": [[shown(each.id), each.at.isoformat(), shown(each.revision)] for each in page.sessions],
        "paths": [shown(each) for each in paths],
        "findings": [_finding(number, each) for number, panel in enumerate(page.panels) for each in panel.findings],
        "tests": [_test(each) for each in page.tests],
        "modules": [_module(each) for each in page.modules],
    }


def _finding(panel: int, each: Finding) -> list[Any]:
    more = 2 if each.diff else int(bool(each.command))
    texts = (each.kind, each.what, each.detail, each.test, each.path)
    return [panel, *(shown(text) for text in texts), each.line, more]


def _more_of_finding(each: Finding) -> list[Any]:
    return [_lines(each.diff), shown(each.command)]


def _test(each: Test) -> list[Any]:
    last = next((duration for duration in reversed(each.durations_s) if duration is not None), None)
    return [
        shown(each.id),
        shown(each.state),
        each.failed,
        each.runs,
        each.low,
        each.high,
        each.kills,
        shown(each.tier),
        each.outcomes,
        None if last is None else float(f"{last:.3g}"),
    ]


def _more_of_test(each: Test, numbers: dict[str, int], most: int) -> list[Any]:
    covers = [number for path, count in each.covers[:most] for number in (numbers[path], count)]
    texts = [shown(text) for text in (each.cause, each.advice, each.command)]
    return [durations(each.durations_s), *texts, covers, max(0, len(each.covers) - most)]


def durations(several: Iterable[float | None]) -> str:
    """Two characters each; two spaces where there is none."""
    per_decade = _STEPS / DECADES
    return "".join(
        _UNKNOWN
        if each is None
        else _PAIRS[0]
        if each <= LEAST_S
        else _PAIRS[min(_STEPS, round(log10(each / LEAST_S) * per_decade))]
        for each in several
    )


def _module(each: Module) -> list[Any]:
    tiers = [[shown(name), value] for name, value in each.tiers]
    return [shown(each.path), tiers, each.killed, each.mutants, each.untried, len(each.survivors)]


def _survivor(each: Survivor) -> list[Any]:
    return [shown(each.id), each.line, shown(each.function), _lines(each.diff), shown(each.command)]


def _lines(diff: Iterable[str]) -> list[str]:
    return [shown(line.rstrip("\r\n").expandtabs()) for line in diff]
