"""JUnit XML of a scan, read back by a library that reads what many tools write."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import junitparser
import pytest

from noxtasks.mutation import junit
from noxtasks.mutation.model import Report


@pytest.fixture
def cases(report: Report) -> list[junitparser.TestCase]:
    (suite,) = junitparser.JUnitXml.fromstring(junit.render(report))
    return list(suite)


def test_what_became_of_a_mutant_is_a_result(cases: list[junitparser.TestCase]) -> None:
    assert [[type(result).__name__ for result in case.result] for case in cases] == [
        *([], ["Failure"], [], ["Failure"], ["Error"], [], ["Skipped"], ["Skipped"])
    ]


def test_a_survivor_has_its_change_its_tests_and_its_command(cases: list[junitparser.TestCase]) -> None:
    assert cases[1].classname == "src/shop.py"
    assert cases[1].name == "is_dear:3 > 100 -> >= 100 [0000000000000001]"
    (failure,) = cases[1].result
    assert failure.message == "survived: 2 tests let it live"
    assert (
        "-    return price > 100\n+    return price >= 100\n  tests/test_shop.py::TestShop::test_price" in failure.text
    )
    assert failure.text.endswith("$ noxtasks mutation explain 0000000000000001")


def test_what_xml_cannot_hold_is_escaped(cases: list[junitparser.TestCase]) -> None:
    (failure,) = cases[1].result
    assert "test_it[</script><b>\"'&\\x1b[31m\\udcff]" in failure.text


def test_the_suites_are_counted(report: Report) -> None:
    top = ET.fromstring(junit.render(report))  # noqa: S314 - written just now
    counts = {"tests": "8", "failures": "2", "errors": "1", "skipped": "2", "time": "4.000"}
    assert counts.items() <= top.attrib.items()
    assert counts.items() <= top[0].attrib.items()
