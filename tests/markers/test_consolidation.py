"""Which markers go, which may be one, and which set is to be reached."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from noxtasks.markers import consolidation, taxonomy
from noxtasks.markers.model import (
    Age,
    Class,
    Consolidation,
    Likeness,
    Marker,
    Reference,
    Registration,
    Selector,
    Use,
)

TAXONOMY = taxonomy.load()


def marker(
    name: str,
    kind: Class = Class.APPLIED,
    *,
    description: str = "what it means",
    idle_days: int | None = None,
    references: tuple[Reference, ...] = (),
) -> Marker:
    registered = Registration(marker=name, path="pytest.ini", line=1, how="pytest.ini", description=description)
    return Marker(
        name=name,
        kind=kind,
        reason="nothing uses it",
        registrations=() if kind is Class.UNREGISTERED else (registered,),
        references=references,
        usage=None,
        age=Age(idle_days=idle_days),
        term=TAXONOMY.place(name),
    )


def plan(
    *markers: Marker,
    carriers: Mapping[str, frozenset[int]] | None = None,
    selected: str = "",
    renames: Mapping[str, str] | None = None,
    of_plugins: Collection[str] = (),
) -> Consolidation:
    selectors = [Selector(path="Makefile", line=1, option="-m", expression=selected, names=(selected,))]
    return consolidation.consolidate(
        markers,
        carriers=carriers,
        selectors=selectors if selected else [],
        taxonomy=TAXONOMY,
        renames=renames or {},
        of_plugins=of_plugins,
        idle_days=60,
        limit=50,
    )


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("slow", "slow_test", Likeness.SPELLING),
        ("requires_db", "requiresdb", Likeness.SPELLING),
        ("smoke", "smoke_tests", Likeness.SPELLING),
        ("Slow", "slow", Likeness.SPELLING),
        ("unit", "units", Likeness.SPELLING),
        ("integration", "intergation", Likeness.SPELLING),
        ("requires_db", "needs_database", Likeness.SYNONYM),
        ("network", "internet", Likeness.SYNONYM),
        ("system", "e2e", Likeness.SYNONYM),
        ("slow", "flow", None),
        ("python310", "python311", None),
        ("requires_db", "requires_gpu", None),
        ("fast", "slow", None),
        ("test_a", "test_b", None),
    ],
)
def test_likeness(one: str, other: str, likeness: Likeness | None) -> None:
    merges = plan(marker(one), marker(other)).merges
    assert [merge.likeness for merge in merges] == ([likeness] if likeness else [])


def test_markers_on_the_same_tests_are_proposed_with_the_overlap() -> None:
    tests = frozenset({1, 2, 3})
    (merge,) = plan(marker("alpha1"), marker("zebra"), carriers={"alpha1": tests, "zebra": tests}).merges
    assert (merge.likeness, merge.old_tests, merge.new_tests, merge.both) == (Likeness.TESTS, 3, 3, 3)
    assert not merge.is_decided


def test_two_spellings_become_one_where_nothing_selects_otherwise() -> None:
    carriers = {"slow": frozenset({1, 2}), "slow_test": frozenset({3})}
    found = plan(marker("slow_test"), marker("slow"), carriers=carriers)
    assert found.renamed == {"slow_test": "slow"}
    assert [target.name for target in found.target] == ["slow"]


@pytest.mark.parametrize("selected", ["slow", "slow_test"])
def test_two_spellings_stay_where_a_selection_would_change(selected: str) -> None:
    carriers = {"slow": frozenset({1, 2}), "slow_test": frozenset({3})}
    assert plan(marker("slow"), marker("slow_test"), carriers=carriers, selected=selected).renamed == {}


def test_without_a_collection_nothing_is_merged_but_what_the_configuration_says() -> None:
    assert plan(marker("slow"), marker("slow_test")).renamed == {}
    found = plan(marker("slow"), marker("net"), renames={"net": "network", "unknown": "other"})
    assert found.renamed == {"net": "network"}
    assert found.added == {"network": "needs, or must not have, a network"}
    assert [target.name for target in found.target] == ["network", "slow"]


def test_what_a_plugin_looks_for_keeps_its_name() -> None:
    found = plan(marker("net"), marker("timeout"), renames={"timeout": "limit", "net": "web"}, of_plugins={"timeout"})
    assert found.renamed == {"net": "web"}
    assert set(found.added) == {"web"}
    assert [merge.reason for merge in found.merges if merge.old == "timeout"] == ["a plugin looks for it by this name"]


ADR = Reference(marker="x", path="docs/adr/0001.md", line=3, use=Use.MENTIONED, how="ADR")


@pytest.mark.parametrize(
    ("each", "goes"),
    [
        (marker("x", Class.REMOVABLE), True),
        (marker("x", Class.REMOVABLE, idle_days=60), True),
        (marker("x", Class.REMOVABLE, idle_days=59), False),
        (marker("x", Class.REMOVABLE, idle_days=400, references=(ADR,)), False),
    ],
)
def test_what_is_young_or_named_in_a_decision_stays_for_now(each: Marker, goes: bool) -> None:
    found = plan(each)
    assert found.removed == (frozenset({"x"}) if goes else frozenset())
    assert [target.name for target in found.target] == ([] if goes else ["x"])


@pytest.mark.parametrize("kind", [kind for kind in Class if kind is not Class.REMOVABLE])
def test_nothing_but_the_removable_is_removed(kind: Class) -> None:
    assert plan(marker("x", kind, idle_days=1000)).removals == ()


def test_the_unregistered_are_added_and_the_undocumented_described() -> None:
    found = plan(marker("slow", Class.UNREGISTERED), marker("unit", description=""), marker("zebra", description=""))
    assert found.added == {"slow": "chosen by how long the test takes"}
    assert found.described == {"unit": "tests one component by itself"}
