"""Sources are found without configuration, in every layout that projects have."""

from __future__ import annotations

import tomllib

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.mutation import sources

LAYOUTS = {
    "src": ("src/shop/__init__.py src/shop/cart.py tests/test_cart.py setup.py", "", "shop shop.cart", "src"),
    "lib": ("lib/shop/__init__.py lib/shop/cart.py lib/shop/tests/test_cart.py", "", "shop shop.cart", "lib"),
    "source": ("source/shop/__init__.py docs/conf.py", "", "shop", "source"),
    "a module in src": ("src/shop.py tests/test_shop.py", "", "shop", "src"),
    "a namespace in src": ("src/acme/shop/__init__.py", "", "acme.shop", "src"),
    "flat, by name": (
        "my_shop/__init__.py my_shop/cart.py benchmarks/__init__.py other/__init__.py",
        "[project]\nname = 'My-Shop'",
        "my_shop my_shop.cart",
        ".",
    ),
    "flat, without a name": ("shop/__init__.py till/__init__.py tests/__init__.py docs/conf.py", "", "shop till", "."),
    "a module": ("shop.py test_shop.py shop_test.py setup.py conftest.py noxfile.py", "", "shop", "."),
    "a package that is called lib": ("lib/__init__.py lib/cart.py", "", "lib lib.cart", "."),
    "setuptools, where": (
        "code/shop/__init__.py other/__init__.py",
        "[tool.setuptools.packages.find]\nwhere = ['code']",
        "shop",
        "code",
    ),
    "setuptools, modules": ("shop.py other.py", "[tool.setuptools]\npy-modules = ['shop']", "shop", "."),
    "hatch": (
        "python/shop/__init__.py other/__init__.py",
        "[tool.hatch.build.targets.wheel]\npackages = ['python/shop']",
        "shop",
        "python",
    ),
    "poetry": ("code/shop/__init__.py", "[[tool.poetry.packages]]\ninclude = 'shop'\nfrom = 'code'", "shop", "code"),
    "flit": ("shop.py other.py", "[tool.flit.module]\nname = 'shop'", "shop", "."),
    "mutmut": (
        "src/shop/__init__.py src/shop/cart.py src/till.py",
        "[tool.mutmut]\nsource_paths = ['src/shop/']\nonly_mutate = ['src/shop/c*']",
        "shop.cart",
        "src",
    ),
    "mutmut of old": (
        "shop/__init__.py shop/cart.py",
        "[tool.mutmut]\npaths_to_mutate = 'shop'\ndo_not_mutate = ['shop/__init__.py']",
        "shop.cart",
        ".",
    ),
    "what the build names is not there": ("shop.py", "[tool.setuptools]\npy-modules = ['till']", "shop", "."),
    "only tests": ("tests/test_shop.py conftest.py", "", "", ""),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sources_are_found_with_the_names_that_they_are_imported_by(layout: str) -> None:
    paths, pyproject, modules, entries = LAYOUTS[layout]
    found = sources.find(paths.split(), tomllib.loads(pyproject))
    assert sorted(source.module for source in found.files) == modules.split()
    assert found.entries == tuple(entries.split())
    assert bool(found.found_by) == bool(modules)


def test_the_packages_are_the_names_at_the_top() -> None:
    found = sources.find(["src/shop/__init__.py", "src/shop/cart.py", "src/till.py"], {})
    assert found.packages == ("shop", "till")


SHOP = ["src/shop/__init__.py", "src/shop/cart.py", "src/shop/tests/test_cart.py", "tools/till.py"]


@pytest.mark.parametrize(
    ("places", "modules", "entries"),
    [
        (["src/shop/cart.py"], ["shop.cart"], ("src",)),
        (["./src/shop/"], ["shop", "shop.cart"], ("src",)),
        (["tools"], ["till"], ("src", "tools")),
        (["src/shop/cart.py", "tools"], ["shop.cart", "till"], ("src", "tools")),
    ],
)
def test_places_that_are_named_are_the_sources(places: list[str], modules: list[str], entries: tuple[str, ...]) -> None:
    found = sources.find(SHOP, {}, places)
    assert sorted(source.module for source in found.files) == modules
    assert (found.entries, found.found_by) == (entries, "mutation.paths")


def test_places_without_sources_are_told_with_the_nearest_that_has() -> None:
    with pytest.raises(ConfigurationError) as caught:
        sources.find(SHOP, {}, ["src/shp", "src/shop/tests"])
    assert caught.value.problems[0].remedy == "Did you mean src/shop?"
    assert len(caught.value.problems) == 2


def test_the_cap_of_mutmut_of_old_is_one() -> None:
    assert sources.cap({}) is None
    assert sources.cap({"tool": {"mutmut": {"max_mutations": 50}}}) == 50
    for wrong in (0, True, "50"):
        with pytest.raises(ConfigurationError, match="max_mutations"):
            sources.cap({"tool": {"mutmut": {"max_mutations": wrong}}})
