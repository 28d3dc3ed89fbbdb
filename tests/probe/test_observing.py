"""Whatever a module of the user's holds, a snapshot is made of it, and asks no value for more than it can say."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from noxtasks.probe.noxtasks_probe import observing


class Lazy:
    """As Django's settings before they are configured."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError("not configured")


class Unspeakable(str):
    __slots__ = ()

    def __repr__(self) -> str:
        raise RuntimeError("no words")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of the user's."""
    module = types.ModuleType("shop")
    module.__file__ = str(tmp_path / "shop.py")
    monkeypatch.setitem(sys.modules, "shop", module)
    return module


def changed(before: observing.Snapshot, folder: Path) -> set[tuple[str, str]]:
    after = observing.snapshot(str(folder), str(folder))
    return {(each["kind"], each["name"]) for each in observing.differences(before, after)}


@pytest.mark.parametrize("make", [Lazy, Unspeakable, lambda: [Lazy()], lambda: {Unspeakable(): 1}])
def test_a_value_that_raises_when_it_is_looked_at_hides_no_change_of_another(
    make: Callable[[], object], shop: Any, tmp_path: Path
) -> None:
    shop.odd, shop.orders = make(), []
    before = observing.snapshot(str(tmp_path), str(tmp_path))
    shop.orders.append(1)
    assert ("module", "shop.orders") in changed(before, tmp_path)


def test_names_that_are_no_text_are_told_or_passed_over(
    shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = observing.snapshot(str(tmp_path), str(tmp_path))
    monkeypatch.setattr(sys, "path", [cast("str", tmp_path / "lib"), *sys.path])
    vars(shop)[cast("str", 1)] = "no name"
    assert ("sys.path", os.fspath(tmp_path / "lib")) in changed(before, tmp_path)


def test_the_names_of_a_module_that_is_imported_leave_room_for_other_changes(
    shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.orders = []
    before = observing.snapshot(str(tmp_path), str(tmp_path))
    library = types.ModuleType("large")
    vars(library).update({f"name_{number}": number for number in range(1000)})
    monkeypatch.setitem(sys.modules, "large", library)
    shop.orders.append(1)
    found = changed(before, tmp_path)
    assert ("module", "shop.orders") in found
    assert ("sys.modules", "large") in found
    assert not any(name.startswith("large.") for kind, name in found if kind == "module")


class LazyModule(types.ModuleType):
    """As those of `py`, which imports what it stands for when it is asked."""

    @property
    def __dict__(self) -> Any:  # type: ignore[override]
        sys.modules["loaded_by_a_look"] = types.ModuleType("loaded_by_a_look")
        return {}

    def __getattr__(self, name: str) -> Any:
        return self.__dict__[name]


def test_a_look_loads_no_lazy_module(shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.lazy = LazyModule("lazy")
    monkeypatch.setitem(sys.modules, "lazy", shop.lazy)
    try:
        observing.snapshot(str(tmp_path), str(tmp_path))
        assert "loaded_by_a_look" not in sys.modules
    finally:
        sys.modules.pop("loaded_by_a_look", None)
