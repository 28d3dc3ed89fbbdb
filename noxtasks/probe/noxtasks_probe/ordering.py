"""The order of a run: a function of the collected tests, the kind of order and the seed, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from random import Random
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

_REGROUP = ("funcmanage", "django")
"""Plugins whose grouping holds in any order: parametrised fixtures of wide scope; database tests by kind."""

_SEQUENTIAL = ("dependency", "incremental", "order")
"""Marks by which a module says that its tests follow one another."""


def ordered(items: list[pytest.Item], kind: str, seed: int, sequential: set[str]) -> list[pytest.Item]:
    """`items` in the order that `kind` (collected, buckets, full) and `seed` give, as a new list.

    The tests of the modules in `sequential` keep their order among themselves.
    """
    if kind == "collected":
        return list(items)
    random = Random(seed)  # noqa: S311 - an order, not a secret
    if kind == "full" and not sequential:
        mixed = list(items)
        random.shuffle(mixed)
    else:
        modules = _buckets(items, module_of)
        random.shuffle(modules)
        mixed = [
            item
            for module in modules
            for item in (module if module_of(module[0]) in sequential else _mixed(module, random))
        ]
    return _regrouped(mixed)


def sequential_modules(items: list[pytest.Item]) -> set[str]:
    """The modules that say by a mark that their tests follow one another."""
    return {module_of(item) for item in items if any(item.get_closest_marker(name) for name in _SEQUENTIAL)}


def module_of(item: pytest.Item) -> str:
    """The file that `item` stands in, as node ids name it."""
    return item.nodeid.partition("::")[0]


def _mixed(module: list[pytest.Item], random: Random) -> list[pytest.Item]:
    classes = _buckets(module, lambda item: getattr(item, "cls", None))
    random.shuffle(classes)
    for tests in classes:
        random.shuffle(tests)
    return [item for tests in classes for item in tests]


def _buckets(items: list[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Items of equal key together, in the order in which the keys come first."""
    buckets: dict[Hashable, list[T]] = {}
    for item in items:
        buckets.setdefault(key(item), []).append(item)
    return list(buckets.values())


def _regrouped(items: list[pytest.Item]) -> list[pytest.Item]:
    for name in _REGROUP:
        plugin: Any = items[0].config.pluginmanager.get_plugin(name) if items else None
        regroup = getattr(plugin, "pytest_collection_modifyitems", None)
        if regroup is not None:
            regroup(items=items)
    return items
