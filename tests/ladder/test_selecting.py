"""Which test belongs to which tier."""

from __future__ import annotations

from noxtasks.config import LadderSettings
from noxtasks.ladder import profiles, selecting, tiers
from noxtasks.ladder.model import Belonging, Name
from noxtasks.suite.marking import MarkedTest, Marking, Selection

TESTS = {
    "tests/unit/test_a.py::test": "",
    "tests/test_b.py::test": "unit slow",
    "integration/test_c.py::test": "",
    "tests/acceptance/test_d.py::test": "functional",
    "tests/unit/test_e.py::test": "integration",
    "tests/test_f.py::test": "slow",
    "tests/test_g.py::test": "unit",
}


def belonging(
    settings: LadderSettings, *, rest: Name | None = None, selections: dict[str, tuple[int, ...]]
) -> Belonging:
    tests = tuple(
        MarkedTest(test=test, path=test.partition("::")[0], before=frozenset(), after=frozenset(marks.split()))
        for test, marks in TESTS.items()
    )
    found = {("-m", expression): Selection(tests=places) for expression, places in selections.items()}
    seen = Marking(tests=tests, selections=found, is_complete=True)
    asked = tiers.tiers(settings, profiles.targets("baseline"))[:3]
    return selecting.belonging(seen, range(6), asked, rest=rest)


def test_without_settings_a_marker_or_a_folder_of_the_name_decides() -> None:
    found = belonging(LadderSettings(), selections={})
    assert found.tiers == {
        Name.UNIT: ("tests/unit/test_a.py::test", "tests/test_b.py::test"),
        Name.INTEGRATION: ("integration/test_c.py::test",),
        Name.SYSTEM: ("tests/acceptance/test_d.py::test",),
    }
    assert found.several == {"tests/unit/test_e.py::test": (Name.UNIT, Name.INTEGRATION)}
    assert found.none == ("tests/test_f.py::test",)  # and g is not to run at all
    assert found.rest == ("tests/test_f.py::test", "tests/unit/test_e.py::test")


def test_what_pytest_selects_by_an_expression_counts_in_place_of_the_defaults() -> None:
    settings = LadderSettings(markers={"unit": "not slow"}, paths={"integration": ("tests/test_*",)})
    found = belonging(settings, selections={"not slow": (0, 2, 4)})
    assert found.tiers[Name.UNIT] == (
        "tests/unit/test_a.py::test",
        "integration/test_c.py::test",
        "tests/unit/test_e.py::test",
    )
    assert found.tiers[Name.INTEGRATION] == ("tests/test_b.py::test", "tests/test_f.py::test")


def test_the_rest_can_be_given_to_a_tier_and_what_fits_several_cannot() -> None:
    found = belonging(LadderSettings(), rest=Name.SYSTEM, selections={})
    assert found.tiers[Name.SYSTEM][-1] == "tests/test_f.py::test"
    assert found.none == ()
    assert list(found.several) == ["tests/unit/test_e.py::test"]
