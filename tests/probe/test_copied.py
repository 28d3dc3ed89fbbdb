"""What lies in the copy comes from it, and what does not from where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from noxtasks.probe.noxtasks_probe import copied


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a package, and an install of the same that has a compiled module besides."""
    for folder, files in {
        "copy": ("__init__.py", "cart.py"),
        "site": ("__init__.py", "cart.py", "_fast.abi3.so"),
    }.items():
        (tmp_path / folder / "shop").mkdir(parents=True)
        for name in files:
            (tmp_path / folder / "shop" / name).touch()
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "copy"


class Redirecting:
    """Finds the package where it was developed, as the finders of editable installs do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        if name != "shop":
            return None
        return spec_from_file_location(
            name, self._folder / "__init__.py", submodule_search_locations=[str(self._folder)]
        )


def test_the_copy_comes_first_and_what_it_lacks_from_the_install(copy: Path) -> None:
    finder = copied.Finder(["shop"], [str(copy)], {})
    spec = finder.find_spec("shop")
    assert spec is not None
    assert spec.origin == str(copy / "shop" / "__init__.py")
    path = spec.submodule_search_locations
    assert path == [str(copy / "shop"), str(copy.parent / "site" / "shop")]
    inner = finder.find_spec("shop.cart", path)
    assert inner is not None
    assert inner.origin == str(copy / "shop" / "cart.py")
    assert finder.find_spec("shop._fast", path) is None, "the finders behind it look in all of the path"
    assert finder.find_spec("till") is None


def test_what_another_finder_knows_besides_is_kept(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy.parent / "built").mkdir()
    (copy.parent / "built" / "_generated.py").touch()
    (copy / "shop" / "_fast.abi3.so").touch()
    monkeypatch.setattr(sys, "meta_path", [Redirecting(copy.parent / "built"), *sys.meta_path])
    spec = copied.Finder(["shop"], [str(copy)], {}).find_spec("shop")
    assert spec is not None
    assert spec.submodule_search_locations == [str(copy / "shop"), str(copy.parent / "built")]


def test_a_package_may_be_called_otherwise_than_its_folder(copy: Path) -> None:
    finder = copied.Finder(["store"], [], {"store": str(copy / "shop")})
    spec = finder.find_spec("store")
    assert spec is not None
    assert spec.origin == str(copy / "shop" / "__init__.py")
    inner = finder.find_spec("store.cart", spec.submodule_search_locations)
    assert inner is not None
    assert inner.origin == str(copy / "shop" / "cart.py")


def test_the_conftests_of_the_original_are_no_part_of_the_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = tmp_path / "project"
    copy = original / ".noxtasks" / "mutation" / "one"
    copy.mkdir(parents=True)
    manager: Any = SimpleNamespace(_is_in_confcutdir=lambda path: path != tmp_path.parent)
    monkeypatch.chdir(copy)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    copied.settle(manager, f'{{"packages": [], "entries": [], "folders": {{}}, "original": "{original.as_posix()}"}}')
    taken = [path for path in (copy / "tests", *(copy / "tests").parents) if manager._is_in_confcutdir(path)]
    assert taken[:3] == [copy / "tests", copy, tmp_path]
