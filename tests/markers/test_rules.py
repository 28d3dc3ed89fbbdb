"""From the places that name a marker to its class, and from classes to gates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.markers import rules
from noxtasks.markers.model import (
    Age,
    Class,
    Facet,
    Grade,
    Marker,
    Reference,
    Registration,
    Site,
    Term,
    Usage,
    Use,
)

REGISTERED = (Registration(marker="slow", path="pytest.ini", line=3, how="pytest.ini", description="takes long"),)
SHIPPED = (Registration(marker="slow", path="plugin.py", line=3, how="addinivalue_line", is_shipped=True),)
TERM = Term(facet=Facet.EXECUTION, term="slow", meaning="takes long")


def reference(use: Use, *, line: int = 1) -> Reference:
    return Reference(marker="slow", path="tests/test_a.py", line=line, use=use, how=use.value)


def usage(tests: int) -> Usage:
    return Usage(tests=tests, folders={"tests": tests})


@pytest.mark.parametrize(
    ("uses", "seen", "kind"),
    [
        ((Use.APPLIED,), None, Class.APPLIED),
        ((Use.APPLIED, Use.DYNAMIC, Use.READ, Use.SELECTED), 3, Class.APPLIED),
        ((Use.DYNAMIC,), 0, Class.DYNAMIC),
        ((), 3, Class.DYNAMIC),
        ((Use.SELECTED,), 3, Class.DYNAMIC),
        ((Use.READ, Use.SELECTED, Use.ALIASED), 0, Class.READ),
        ((Use.SELECTED, Use.ALIASED), 0, Class.SELECTED),
        ((Use.ALIASED, Use.POSSIBLE), 0, Class.ALIASED),
        ((Use.POSSIBLE, Use.MENTIONED), 0, Class.UNRESOLVED),
        ((Use.MENTIONED,), 0, Class.REMOVABLE),
        ((), None, Class.REMOVABLE),
    ],
)
def test_the_most_telling_use_gives_the_class(uses: tuple[Use, ...], seen: int | None, kind: Class) -> None:
    found, reason = rules.classify(
        [reference(use) for use in uses], REGISTERED, usage=None if seen is None else usage(seen)
    )
    assert found is kind
    assert reason


@pytest.mark.parametrize("use", [Use.APPLIED, Use.DYNAMIC])
def test_what_tests_carry_without_a_registration_is_told_unless_a_plugin_registers_it(use: Use) -> None:
    assert rules.classify([reference(use)], (), usage=None)[0] is Class.UNREGISTERED
    assert rules.classify([reference(use)], (), usage=None, known_elsewhere=True)[0].value == use.value


def test_what_a_plugin_registers_for_other_projects_is_never_removable() -> None:
    assert rules.classify([], SHIPPED, usage=usage(0))[0] is Class.UNRESOLVED


def test_what_a_plugin_of_others_registers_too_is_never_removable() -> None:
    assert rules.classify([], REGISTERED, usage=usage(0), known_elsewhere=True)[0] is Class.UNRESOLVED


@pytest.mark.parametrize(
    ("description", "kind"),
    [
        ("unused, required by shop.testing.helpers", Class.UNRESOLVED),
        ("used only by the nightly plugin", Class.UNRESOLVED),
        ("Do not remove", Class.UNRESOLVED),
        ("takes long", Class.REMOVABLE),
        ("tests that are used to warm up", Class.REMOVABLE),
    ],
)
def test_a_description_that_speaks_of_a_use_elsewhere_is_heeded(description: str, kind: Class) -> None:
    registered = Registration(marker="x", path="pytest.ini", line=1, how="pytest.ini", description=description)
    assert rules.classify([], [registered], usage=None)[0] is kind


@given(st.lists(st.sampled_from(Use)), st.none() | st.integers(0, 5), st.booleans())
def test_a_marker_in_use_is_never_removable(uses: list[Use], seen: int | None, is_registered: bool) -> None:
    """Only what nothing but prose names, and no test carries, may go."""
    found, _ = rules.classify(
        [reference(use) for use in uses],
        REGISTERED if is_registered else (),
        usage=None if seen is None else usage(seen),
    )
    assert (found is Class.REMOVABLE) == (set(uses) <= {Use.MENTIONED} and not seen)


def test_the_reason_names_the_most_telling_place() -> None:
    references = [reference(Use.SELECTED, line=9), reference(Use.APPLIED, line=4), reference(Use.MENTIONED, line=2)]
    assert rules.classify(references, REGISTERED, usage=usage(7))[1] == (
        "applied at tests/test_a.py:4 and 1 more; on 7 tests when collected"
    )


def site(*patterns: str, how: str = "getattr(pytest.mark, …)") -> Site:
    return Site(path="conftest.py", line=5, use=Use.DYNAMIC, how=how, patterns=patterns)


CORPUS = rules.Corpus(names={"slow": (("tests/kinds.py", 2),)}, words={"gpu": (("Makefile", 7),)})


@pytest.mark.parametrize(
    ("each", "reached"),
    [
        pytest.param(site("needs_.*"), {"needs_db", "needs_net"}, id="part of the name is known"),
        pytest.param(site("needs_.*", ".*_db"), {"needs_db", "needs_net"}, id="either way"),
        pytest.param(site(".*"), {"slow"}, id="any name that code could get hold of"),
        pytest.param(site(".*_.*"), set(), id="no letter is known, and none of the names stands anywhere"),
        pytest.param(site(".*", how="-m $1"), {"gpu"}, id="any word of a command"),
        pytest.param(site("other"), set(), id="another name"),
    ],
)
def test_a_computed_name_reaches_what_matches_it(each: Site, reached: set[str]) -> None:
    found = rules.reachable({"slow", "gpu", "needs_db", "needs_net"}, [each], CORPUS)
    assert {reference.marker for reference in found} == reached
    assert {reference.use for reference in found} <= {Use.POSSIBLE}


def test_a_possible_use_says_where_the_name_could_come_from() -> None:
    (found,) = rules.reachable({"slow"}, [site(".*")], CORPUS)
    assert (found.path, found.line) == ("conftest.py", 5)
    assert "tests/kinds.py:2" in found.how


def marker(
    kind: Class, *, name: str = "slow", tests: int | None = 0, description: str = "takes long", term: Term | None = TERM
) -> Marker:
    return Marker(
        name=name,
        kind=kind,
        reason="",
        registrations=()
        if kind is Class.UNREGISTERED
        else (Registration(marker=name, path="pytest.ini", line=1, how="pytest.ini", description=description),),
        references=(),
        usage=None if tests is None else usage(tests),
        age=Age(),
        term=term,
    )


def graded(*markers: Marker, tests: int | None = 100, limit: int = 50, collected: bool = True) -> dict[str, Grade]:
    gates = rules.gates(markers, tests=tests, removed={"slow"}, limit=limit, collected=collected)
    return {gate.name: gate.grade for gate in gates}


def test_all_is_well_with_registered_documented_aligned_markers_in_use() -> None:
    assert set(graded(marker(Class.APPLIED, tests=50)).values()) == {Grade.PASS}


def test_an_unregistered_marker_fails_and_one_that_had_been_removed_is_named() -> None:
    gates = rules.gates([marker(Class.UNREGISTERED, tests=50)], tests=100, removed={"slow"}, limit=50, collected=True)
    assert (gates[0].grade, gates[0].figure) == (Grade.FAIL, 1)
    assert "slow had been removed" in gates[0].reason


def test_without_a_whole_collection_it_is_not_known_that_all_are_registered() -> None:
    assert graded(marker(Class.APPLIED, tests=None), tests=None, collected=False)["registered"] is Grade.UNMEASURED
    assert graded(marker(Class.UNREGISTERED), collected=False)["registered"] is Grade.FAIL


@pytest.mark.parametrize(
    ("each", "gate"),
    [
        (marker(Class.REMOVABLE), "needed"),
        (marker(Class.APPLIED, tests=4), "needed"),
        (marker(Class.APPLIED, tests=50, description=""), "documented"),
        (marker(Class.APPLIED, tests=50, term=None), "aligned"),
    ],
)
def test_candidates_warn(each: Marker, gate: str) -> None:
    assert {name for name, grade in graded(marker(Class.APPLIED, tests=50), each).items() if grade is Grade.WARN} == {
        gate
    }


def test_more_than_the_limit_warn() -> None:
    assert graded(marker(Class.APPLIED, tests=9), marker(Class.READ), limit=1)["few"] is Grade.WARN


@pytest.mark.parametrize(("tests", "rare"), [(4, True), (5, False), (0, False)])
def test_rare_is_less_than_five_per_cent_of_the_tests(tests: int, rare: bool) -> None:
    assert rules.is_rare(marker(Class.APPLIED, tests=tests), 100) is rare


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("slow", "class", "cannot be written"),
        ("slow", "a b", "cannot be written"),
        ("slow", "skip", "pytest's own"),
        ("slow", "slow", "the old one"),
        ("nothing", "other", "no such marker"),
    ],
)
def test_a_rename_that_cannot_be_is_refused(old: str, new: str, why: str) -> None:
    ((name, reason),) = rules.wrong_renames({old: new}, {"slow", "fast"})
    assert name == old
    assert why in reason


def test_renames_onto_other_markers_and_in_a_circle_are_possible() -> None:
    assert rules.wrong_renames({"slow": "fast", "fast": "slow"}, {"slow", "fast"}) == []
