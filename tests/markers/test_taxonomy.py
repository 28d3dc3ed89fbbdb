"""Where a marker belongs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.markers import taxonomy
from noxtasks.markers.model import Facet

TAXONOMY = taxonomy.load({"component": ["taskman"], "governance": ["sign_off"]})


@pytest.mark.parametrize(
    ("name", "facet", "term"),
    [
        ("unit", Facet.LEVEL, "component testing"),
        ("unit_tests", Facet.LEVEL, "component testing"),
        ("UnitTest", Facet.LEVEL, "component testing"),
        ("istqb_unit", Facet.LEVEL, "component testing"),
        ("integration", Facet.LEVEL, "component integration testing"),
        ("e2e", Facet.LEVEL, "system testing"),
        ("system_integration", Facet.LEVEL, "system integration testing"),
        ("acceptance", Facet.LEVEL, "acceptance testing"),
        ("alpha", Facet.LEVEL, "acceptance testing"),
        ("functional", Facet.TYPE, "functional testing"),
        ("whitebox", Facet.TYPE, "white-box testing"),
        ("regression", Facet.TYPE, "regression testing"),
        ("functional_suitability", Facet.QUALITY, "functional suitability"),
        ("security", Facet.QUALITY, "security"),
        ("usability", Facet.QUALITY, "interaction capability"),
        ("portability", Facet.QUALITY, "flexibility"),
        ("maturity", Facet.QUALITY, "faultlessness"),
        ("performance", Facet.QUALITY, "performance efficiency"),
        ("smoke", Facet.EXECUTION, "schedule"),
        ("slow", Facet.EXECUTION, "slow"),
        ("requires_db", Facet.EXECUTION, "condition"),
        ("linux_only", Facet.EXECUTION, "condition"),
        ("ucl1", Facet.GOVERNANCE, "rule"),
        ("cof_motivational", Facet.GOVERNANCE, "rule"),
        ("sign_off", Facet.GOVERNANCE, "sign_off"),
        ("taskman", Facet.COMPONENT, "taskman"),
        ("billing", Facet.COMPONENT, "billing"),
    ],
)
def test_a_marker_has_its_place(name: str, facet: Facet, term: str) -> None:
    found = TAXONOMY.place(name, ["billing"])
    assert found is not None
    assert (found.facet, found.term) == (facet, term)
    assert found.meaning


def test_what_nothing_is_known_of_has_none() -> None:
    assert TAXONOMY.place("zebra", ["billing"]) is None


@given(st.text())
def test_spelling_twice_is_spelling_once(name: str) -> None:
    assert taxonomy.spelling(taxonomy.spelling(name)) == taxonomy.spelling(name)


@pytest.mark.parametrize("same", ["slow-test", "slow_test", "SlowTest", "slowtests", "slow_tests"])
def test_stems_of_one_thing_are_equal(same: str) -> None:
    assert taxonomy.stem(same) == "slow"
