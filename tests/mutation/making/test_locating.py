"""Sources on disk: all of the project's, or those at places that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.mutation.making import locating

SHOP = ("src/shop/__init__.py", "src/shop/cart.py", "src/shop/tests/test_cart.py", "tools/till.py")


@pytest.mark.parametrize(
    ("places", "modules"),
    [
        (["src/shop/cart.py"], ["shop.cart"]),
        (["./src/shop/"], ["shop", "shop.cart"]),
        (["tools"], ["till"]),
        (["src/shop/cart.py", "tools"], ["shop.cart", "till"]),
    ],
)
def test_places_that_are_named_are_the_sources(tmp_path: Path, places: list[str], modules: list[str]) -> None:
    found = locating.locate(tmp_path, SHOP, places).sources
    assert sorted(source.module for source in found.files) == modules
    assert found.found_by == "mutation.paths"


def test_places_without_sources_are_told_with_the_nearest_that_has(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        locating.locate(tmp_path, SHOP, ["src/shp", "src/shop/tests", "tools"])
    assert caught.value.problems[0].remedy == "Did you mean src/shop?"
    assert len(caught.value.problems) == 2


def test_where_there_is_none_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match="no source to mutate"):
        locating.locate(tmp_path, ["tests/test_cart.py"])


def test_a_file_whose_name_is_no_text_is_left_out_and_told(tmp_path: Path) -> None:
    found = locating.locate(tmp_path, [*SHOP, "src/shop/\udcff.py"])
    assert [source.path for source in found.sources.files] == ["src/shop/__init__.py", "src/shop/cart.py"]
    assert found.nameless == ("src/shop/\\udcff.py",)
