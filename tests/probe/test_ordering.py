"""The order of a run follows from the tests, the kind of order and the seed, and keeps what belongs together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.probe.noxtasks_probe import ordering


class Plugins:
    """A plugin manager that knows `plugins` and no others."""

    def __init__(self, **plugins: Any) -> None:
        self._plugins = plugins

    def get_plugin(self, name: str) -> Any:
        return self._plugins.get(name)


def an_item(module: str, cls: type | None, name: str, *marks: str, **plugins: Any) -> Any:
    return SimpleNamespace(
        nodeid="::".join([module, *([cls.__name__] if cls else []), name]),
        cls=cls,
        get_closest_marker=lambda mark: mark if mark in marks else None,
        config=SimpleNamespace(pluginmanager=Plugins(**plugins)),
    )


class TestOne: ...


class TestTwo: ...


modules = st.dictionaries(
    st.sampled_from(["test_a.py", "b/test_b.py", "test_c.py", "d/test_a.py"]),
    st.dictionaries(st.sampled_from([None, TestOne, TestTwo]), st.integers(1, 4), min_size=1),
    max_size=4,
)
suites = modules.map(
    lambda tree: [
        an_item(module, cls, f"test_{number}")
        for module, classes in tree.items()
        for cls, count in classes.items()
        for number in range(count)
    ]
)
seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["collected", "buckets", "full"])


def names(items: list[Any]) -> list[str]:
    return [item.nodeid for item in items]


def runs_of(items: list[Any], key: Callable[[Any], object]) -> Iterator[object]:
    """The keys in their order, each stretch of equal ones once."""
    return (value for value, _ in groupby(items, key))


def is_contiguous(items: list[Any], key: Callable[[Any], object]) -> bool:
    stretches = list(runs_of(items, key))
    return len(stretches) == len(set(stretches))


@given(suites, kinds, seeds, st.sets(st.sampled_from(["test_a.py", "test_c.py"])))
def test_every_order_is_a_permutation_and_a_function_of_its_seed(
    items: list[Any], kind: str, seed: int, sequential: set[str]
) -> None:
    before = names(items)
    once = ordering.ordered(items, kind, seed, sequential)
    assert sorted(names(once)) == sorted(before)
    assert names(once) == names(ordering.ordered(items, kind, seed, set(sequential)))
    assert names(items) == before  # the list of the collection is left as it was


@given(suites, seeds)
def test_modules_and_the_classes_within_them_stay_together_in_buckets(items: list[Any], seed: int) -> None:
    mixed = ordering.ordered(items, "buckets", seed, set())
    assert is_contiguous(mixed, ordering.module_of)
    assert is_contiguous(mixed, lambda item: (ordering.module_of(item), item.cls))


@given(suites, st.sampled_from(["buckets", "full"]), seeds, st.sets(st.sampled_from(["test_a.py", "b/test_b.py"])))
def test_tests_that_follow_one_another_do_so_in_every_order(
    items: list[Any], kind: str, seed: int, sequential: set[str]
) -> None:
    mixed = ordering.ordered(items, kind, seed, sequential)
    assert not sequential or is_contiguous(mixed, ordering.module_of)
    for module in sequential:
        kept = [item for item in items if ordering.module_of(item) == module]
        assert names([item for item in mixed if ordering.module_of(item) == module]) == names(kept)


@given(suites, seeds)
def test_the_order_of_collection_is_left_alone(items: list[Any], seed: int) -> None:
    assert ordering.ordered(items, "collected", seed, set()) == items


@pytest.mark.parametrize("kind", ["buckets", "full"])
def test_seeds_differ_in_what_they_order(kind: str) -> None:
    items = [an_item(f"test_{m}.py", cls, f"test_{n}") for m in "abc" for cls in (TestOne, None) for n in range(3)]
    assert len({tuple(names(ordering.ordered(items, kind, seed, set()))) for seed in range(20)}) == 20


def test_a_full_order_mixes_modules() -> None:
    items = [an_item(f"test_{m}.py", None, f"test_{n}") for m in "ab" for n in range(8)]
    assert not is_contiguous(ordering.ordered(items, "full", 1, set()), ordering.module_of)


def test_an_order_is_the_same_for_every_python() -> None:
    items = [an_item(f"test_{m}.py", None, f"test_{n}") for m in "abc" for n in range(2)]
    assert names(ordering.ordered(items, "buckets", 7, set())) == [
        "test_c.py::test_0",
        "test_c.py::test_1",
        "test_a.py::test_1",
        "test_a.py::test_0",
        "test_b.py::test_1",
        "test_b.py::test_0",
    ]


def test_modules_say_by_a_mark_that_their_tests_follow_one_another() -> None:
    items = [
        an_item("test_a.py", None, "test_1"),
        an_item("test_a.py", None, "test_2", "dependency"),
        an_item("test_b.py", TestOne, "test_1", "incremental"),
        an_item("test_c.py", None, "test_1", "order"),
        an_item("test_d.py", None, "test_1", "slow"),
    ]
    assert ordering.sequential_modules(items) == {"test_a.py", "test_b.py", "test_c.py"}


def test_the_grouping_of_wide_fixtures_holds_in_any_order() -> None:
    class Grouping:
        @staticmethod
        def pytest_collection_modifyitems(items: list[Any]) -> None:
            items.sort(key=lambda item: item.nodeid[-1])

    items = [an_item(f"test_{m}.py", None, f"test_{n}", funcmanage=Grouping) for m in "ab" for n in range(4)]
    mixed = ordering.ordered(items, "full", 3, set())
    assert [name[-1] for name in names(mixed)] == list("00112233")
