"""The page's data: all of it can be unpacked again, as exact as it is shown, and is the same each time."""

from __future__ import annotations

import base64
import json
import zlib
from math import log10
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.dashboard import model, packing
from noxtasks.dashboard.model import Page
from noxtasks.evidence.display.text import meant
from tests.dashboard import samples


def unpacked(page: Page) -> dict[str, Any]:
    return {each.name: json.loads(zlib.decompress(base64.b64decode(each.packed))) for each in packing.blocks(page)}


def seconds(packed: str) -> list[float | None]:
    pairs = [packed[at : at + 2] for at in range(0, len(packed), 2)]
    steps = len(packing.DIGITS) ** 2 - 1
    numbers = [
        None if pair == "  " else packing.DIGITS.index(pair[0]) * len(packing.DIGITS) + packing.DIGITS.index(pair[1])
        for pair in pairs
    ]
    return [
        None if number is None else packing.LEAST_S * 10 ** (number * packing.DECADES / steps) for number in numbers
    ]


@given(st.lists(st.none() | st.floats(packing.LEAST_S, 1e5)))
def test_durations_are_kept_to_a_fifth_of_a_percent(several: list[float | None]) -> None:
    assert seconds(packing.durations(several)) == [
        None if each is None else pytest.approx(each, rel=0.002) for each in several
    ]


def test_what_is_beyond_the_scale_is_at_its_ends() -> None:
    assert packing.durations([0.0, 1e-12, 1e9]) == "####" + "~~"
    assert len(packing.DIGITS) == 91
    assert log10(seconds("~~")[0] or 0) == pytest.approx(5)


def test_every_row_is_where_the_index_says() -> None:
    page = samples.page(tests=samples.some_tests(2_345, 3), sessions=samples.some_sessions(3))
    found = unpacked(page)
    index = found["index"]
    assert [row[0] for row in index["tests"]] == [each.id for each in page.tests]
    for at in (0, 999, 1000, 2_344):
        size = index["sizes"]["tests"]
        _, cause, advice, command, covers, others = found[f"tests-{at // size}"][at % size]
        test = page.tests[at]
        assert (cause, advice, command, others) == (test.cause, test.advice, test.command, 0)
        assert [(index["paths"][covers[n]], covers[n + 1]) for n in range(0, len(covers), 2)] == list(test.covers)
    for at, module in enumerate(page.modules):
        size = index["sizes"]["modules"]
        assert [row[0] for row in found[f"modules-{at // size}"][at % size]] == [each.id for each in module.survivors]
    findings = [each for panel in page.panels for each in panel.findings]
    assert [row[2] for row in index["findings"]] == [each.what for each in findings]
    assert [row[1] for row in found["findings-0"]] == [each.command for each in findings]


@given(st.lists(st.text(st.characters(codec=None, categories=None), min_size=1), unique=True, max_size=5))
def test_a_name_is_still_one_tests_alone_whatever_it_is(names: list[str]) -> None:
    page = samples.page(panels=(), modules=(), tests=[model.Test(id=name) for name in names])
    assert [meant(row[0]) for row in unpacked(page)["index"]["tests"]] == names


def test_the_same_page_gives_the_same_blocks() -> None:
    assert packing.blocks(samples.page()) == packing.blocks(samples.page())


def test_of_very_much_coverage_the_first_files_are_kept_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "_COVERS", 0)
    covers = tuple((f"src/{number}.py", number) for number in range(25))
    found = unpacked(samples.page(tests=[model.Test(id="a", covers=covers)]))
    *_, kept, others = found["tests-0"][0]
    assert (len(kept) // 2, others) == (10, 15)
    assert len(found["index"]["paths"]) == 10
