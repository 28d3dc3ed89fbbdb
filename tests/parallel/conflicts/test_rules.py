"""Two tests are nominated where one changes what the other relies on, and nothing is proven by one failure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.parallel.conflicts import rules
from noxtasks.parallel.conflicts.model import Kind, Rate, Resource, Sharing
from noxtasks.suite.model import FixtureUse, Footprint, Use


def footprint(test: str, *uses: tuple[str, str, str], fixtures: tuple[str, ...] = ()) -> Footprint:
    return Footprint(
        test=test, uses=tuple(Use(kind=kind, name=name, how=how) for kind, name, how in uses), fixtures=fixtures
    )


def shared(*footprints: Footprint) -> dict[tuple[str, str], list[str]]:
    return {(each.resource.kind.value, each.resource.name): list(each.uses) for each in rules.sharings(footprints)}


def test_a_file_that_one_writes_and_another_reads_is_shared() -> None:
    footprints = (footprint("b", ("file", "/x", "read")), footprint("a", ("file", "/x", "write")))
    assert shared(*footprints) == {("file", "/x"): ["b", "a"]}  # in the order of the suite


def test_what_is_only_read_or_locked_is_not_shared() -> None:
    for how in ("read", "lock"):
        assert not shared(footprint("a", ("file", "/x", "read")), footprint("b", ("file", "/x", how)))


def test_what_one_test_alone_uses_is_not_shared() -> None:
    assert not shared(footprint("a", ("file", "/x", "write"), ("file", "/x", "read")), footprint("b"))


@pytest.mark.parametrize("kind", ["environment", "working directory", "process"])
def test_what_stays_in_a_process_is_not_shared(kind: str) -> None:
    assert not shared(footprint("a", (kind, "X", "write")), footprint("b", (kind, "X", "write")))


def test_a_port_that_two_bind_is_shared_and_so_is_one_that_another_connects_to() -> None:
    for how in ("create", "read"):
        assert shared(footprint("a", ("port", "80/tcp", "create")), footprint("b", ("port", "80/tcp", how)))


def test_who_lists_a_folder_is_disturbed_by_who_puts_something_in_it() -> None:
    lists = footprint("a", ("folder", "/in", "list"))
    makes = footprint("b", ("file", "/in/letter", "create"))
    deeper = footprint("c", ("file", "/in/box/letter", "create"))
    assert shared(lists, makes) == {("folder", "/in"): ["a", "b"]}
    assert not shared(lists, deeper)
    assert not shared(makes, footprint("d", ("file", "/in/bill", "create")))


def test_who_removes_a_folder_disturbs_all_who_use_what_is_below() -> None:
    removes = footprint("a", ("folder", "/srv", "remove"))
    assert shared(removes, footprint("b", ("file", "/srv/deep/x", "read"))) == {("folder", "/srv"): ["a", "b"]}
    assert not shared(removes, footprint("b", ("file", "/srvshop/x", "read")))


def test_a_folder_that_is_made_by_whoever_comes_first_is_not_shared() -> None:
    assert not shared(footprint("a", ("folder", "/cache", "create")), footprint("b", ("folder", "/cache", "read")))


def test_what_a_fixture_uses_is_used_by_all_tests_that_have_it() -> None:
    use = FixtureUse(fixture="server (session)", kind="port", name="80/tcp", how="create")
    first = Footprint(test="a", fixtures=("server (session)",), of_fixtures=(use,))
    (found,) = rules.sharings([first, footprint("b", fixtures=("server (session)",)), footprint("c")])
    assert list(found.uses) == ["a", "b"]
    assert rules.fixture_of(found) == "server (session)"
    assert "once_for_all_workers" in rules.remedy(found)


def test_resources_of_the_same_tests_are_one_nominee_named_by_the_most_telling() -> None:
    both = (("file", "/x.pid", "write"), ("port", "80/tcp", "create"))
    (found,) = rules.nominees([footprint("a", *both), footprint("b", *both)])
    assert [each.resource.kind for each in found.sharings] == [Kind.PORT, Kind.FILE]


def test_a_folder_that_is_removed_says_more_than_what_is_in_it() -> None:
    uses = (("folder", "/srv", "remove"), ("file", "/srv/x", "write"))
    (found,) = rules.nominees([footprint("a", *uses), footprint("b", *uses)])
    assert [each.resource.name for each in found.sharings] == ["/srv", "/srv/x"]


def test_of_many_parameters_a_few_stand_for_all() -> None:
    (found,) = rules.nominees([footprint(f"t[{n}]", ("file", "/x", "write")) for n in range(50)])
    assert rules.pairs(found) == (("t[0]", "t[1]"),)
    assert rules.pairs(found, {("t[0]", "t[1]")}) == ()


def test_two_that_only_read_are_not_tried() -> None:
    footprints = [footprint(name, ("file", "/x", how)) for name, how in (("a", "read"), ("b", "read"), ("c", "write"))]
    (found,) = rules.nominees(footprints)
    assert set(rules.pairs(found)) == {("a", "c"), ("b", "c")}


def test_what_failed_even_once_apart_is_not_proven() -> None:
    always = Rate(failures=20, trials=20)
    assert rules.is_proven(always, Rate(trials=20), number=1, looks=1)
    assert not rules.is_proven(always, Rate(failures=1, trials=20), number=1, looks=1)
    assert not rules.is_proven(Rate(failures=2, trials=20), Rate(trials=20), number=1, looks=1)


@given(st.integers(1, 300))
def test_what_fails_each_time_is_decided_at_the_first_look_and_not_before(number: int) -> None:
    looks = rules.looks(number)

    def is_proven(trials: int) -> bool:
        always, never = Rate(failures=trials, trials=trials), Rate(trials=trials)
        return rules.is_proven(always, never, number=number, looks=len(looks))

    assert is_proven(looks[0])
    assert not is_proven(looks[0] - 1)


@given(st.integers(1, 300), st.integers(1, 5))
def test_all_levels_together_are_no_more_than_the_level(most: int, looks: int) -> None:
    """The chance of calling a conflict proven that is none, over all that are put to the proof."""
    spent = sum(looks * rules.LEVEL / (looks * number * (number + 1)) for number in range(1, most + 1))
    assert spent <= rules.LEVEL


@given(st.sampled_from(Kind), *[st.sets(st.sampled_from(["read", "write", "create", "remove", "list", "below"]))] * 2)
def test_whether_two_clash_does_not_depend_on_which_is_named_first(kind: Kind, one: set[str], other: set[str]) -> None:
    assert rules.clash(kind, one, other) == rules.clash(kind, other, one)


def test_every_kind_has_a_remedy() -> None:
    for kind in Kind:
        resource = Resource(kind=kind, name="x")
        told = rules.remedy(Sharing(resource=resource, uses={"a": ("write",), "b": ("read",)}))
        assert "xdist_group" in told


@pytest.mark.parametrize(
    ("pytest_version", "xdist", "heeds"),
    [("9.1.1", "3.8.0", True), ("9.2.0", "3.8.0", False), ("8.4.2", "3.6.1", True), ("9.2.0", "3.9.0", True)],
)
def test_who_heeds_the_marks_of_groups(pytest_version: str, xdist: str, *, heeds: bool) -> None:
    assert rules.heeds_groups({"pytest": pytest_version, "pytest-xdist": xdist}) is heeds
