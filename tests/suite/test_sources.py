"""Sources are found without configuration, in every layout that projects have."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from noxtasks.mutation.making.configured import configured
from noxtasks.suite import sources
from noxtasks.suite.declared import Declarations


def project(pyproject: str = "", **rest: dict[str, Any]) -> Declarations:
    declared: dict[str, dict[str, Any]] = {"setup_cfg": {}, "setup_py": {}} | rest
    return Declarations(root=Path(), pyproject=tomllib.loads(pyproject), **declared)


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
    "setuptools, a package of another name than its folder": (
        "code/__init__.py code/inner/till.py other.py",
        "[tool.setuptools]\npackages = ['shop', 'shop.inner']\npackage-dir = {shop = 'code'}",
        "shop shop.inner.till",
        "",
    ),
    "a namespace, by name": (
        "acme/shop/__init__.py acme/shop/a.py x/y.py",
        "[project]\nname = 'acme-shop'",
        "acme.shop acme.shop.a",
        ".",
    ),
    "a namespace, by hatch": (
        "src/shop/__init__.py",
        "[tool.hatch.build.targets.wheel]\npackages = ['src/shop']",
        "shop",
        "src",
    ),
    "a namespace, without a name": ("shop/cart.py docs/conf.py tests/test_cart.py", "", "shop.cart", "."),
    "a maturin project": ("python/shop/__init__.py", "[tool.maturin]\nmodule-name = 'shop._shop'", "shop", "python"),
    "uv": ("src/till/__init__.py src/other.py", "[tool.uv.build-backend]\nmodule-name = 'till'", "till", "src"),
    "tests within the package": (
        "shop/__init__.py shop/cart.py shop/tests/__init__.py shop/tests/test_cart.py shop/tests.py shop/testing.py",
        "",
        "shop shop.cart shop.testing",
        ".",
    ),
    "Django": (
        "manage.py site/__init__.py site/settings.py till/__init__.py till/tests.py till/migrations/__init__.py",
        "",
        "site site.settings till till.migrations",
        ".",
    ),
    "only scripts": ("bin/till.py tests/test_till.py", "", "till", "bin"),
    "what is generated or of others": (
        "shop/__init__.py shop/_version.py shop/a_pb2.py shop/_vendor/six.py",
        "",
        "shop",
        ".",
    ),
    "what the build names is not there": ("shop.py", "[tool.setuptools]\npy-modules = ['till']", "shop", "."),
    "only tests": ("tests/test_shop.py conftest.py", "", "", ""),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sources_are_found_with_the_names_that_they_are_imported_by(layout: str) -> None:
    paths, pyproject, modules, entries = LAYOUTS[layout]
    declared = project(pyproject)
    asked = configured(declared)
    found = sources.find(paths.split(), declared, named=asked.source_paths, named_by=asked.where, takes=asked.takes)
    assert sorted(source.module for source in found.files) == modules.split()
    assert found.entries == tuple(entries.split())
    assert bool(found.found_by) == bool(modules)


def test_the_packages_are_the_names_at_the_top() -> None:
    found = sources.find(["src/shop/__init__.py", "src/shop/cart.py", "src/till.py"], project())
    assert found.packages == ("shop", "till")


@pytest.mark.parametrize(
    ("declared", "modules"),
    [
        ({"setup_cfg": {"options": {"packages": "find:"}, "options.packages.find": {"where": "code"}}}, "shop"),
        ({"setup_cfg": {"options": {"py_modules": "till"}}}, "till"),
        ({"setup_cfg": {"options": {"package_dir": "\n= code", "packages": "\nshop"}}}, "shop"),
        ({"setup_cfg": {"metadata": {"name": "till"}}}, "till"),
        ({"setup_py": {"packages": ["shop"], "package_dir": {"": "code"}}}, "shop"),
        ({"setup_py": {"packages": ["store"], "package_dir": {"store": "code/shop"}}}, "store"),
        ({"setup_py": {"py_modules": ["till"]}}, "till"),
    ],
)
def test_what_setuptools_is_told_in_its_own_files_counts(declared: dict[str, Any], modules: str) -> None:
    found = sources.find(["code/shop/__init__.py", "till.py", "wrong.py"], project(**declared))
    assert " ".join(source.module for source in found.files) == modules


def test_projects_in_folders_are_looked_at_one_by_one() -> None:
    paths = (
        *("conftest.py", "helper.py", "docs/setup.py", "libs/a/pyproject.toml", "libs/a/src/a/__init__.py"),
        *("libs/b/setup.py", "libs/b/b.py", "libs/b/tests/t.py"),
    )
    assert list(sources.projects_within(paths)) == ["libs/a", "libs/b"]
    inner = {"libs/a": project(), "libs/b": project(setup_py={"py_modules": ["b"]})}
    found = sources.find(paths, project(), inner)
    assert [(source.path, source.module) for source in found.files] == [
        ("libs/a/src/a/__init__.py", "a"),
        ("libs/b/b.py", "b"),
    ]
    assert found.entries == ("libs/a/src", "libs/b")
