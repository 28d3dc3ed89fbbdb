"""Scopes take the files that they name, and say what they do not find."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import ConfigurationError
from noxtasks.mutation.deciding import scopes

PATHS = ["src/shop/__init__.py", "src/shop/billing/tax.py", "src/shop/billing/rates.py", "src/shop/orders/cart.py"]


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("src/shop/billing", {"tax", "rates"}),
        ("src/shop/billing/", {"tax", "rates"}),
        ("./src/shop/billing", {"tax", "rates"}),
        ("src/shop/billing/**", {"tax", "rates"}),
        ("src/shop/*/cart.py", {"cart"}),
        ("src/shop/billing/tax.py", {"tax"}),
        (".", {"__init__", "tax", "rates", "cart"}),
        ("shop", set()),
        ("src/shop/bill", set()),
    ],
)
def test_a_pattern_means_a_file_a_folder_or_what_a_glob_matches(pattern: str, files: set[str]) -> None:
    assert {path.rpartition("/")[2].removesuffix(".py") for path in scopes.meant(pattern, PATHS)} == files


def test_a_file_belongs_to_the_first_scope_that_names_it() -> None:
    found = scopes.assign(PATHS, {"tax": ["src/shop/billing/tax.py"], "billing": ["src/shop/billing"]}, {"tax": 0.9})
    assert found == {"tax": ("src/shop/billing/tax.py",), "billing": ("src/shop/billing/rates.py",)}


def test_of_a_part_of_the_sources_scopes_elsewhere_are_left_out() -> None:
    named = {"billing": ["src/shop/billing"], "till": ["src/till"], "shop": ["src/shop"]}
    thresholds = {"till": 0.9}
    assert scopes.assign(PATHS[1:2], named, thresholds, is_part=True) == {"billing": ("src/shop/billing/tax.py",)}
    with pytest.raises(ConfigurationError):
        scopes.assign(PATHS[:1], {"till": ["src/till"]}, thresholds, is_part=True)


def test_all_that_is_wrong_is_told_with_the_nearest_that_there_is() -> None:
    wrong = {"a": ["src/shop/biling", "nowhere.txt"], "b": ["src"], "c": ["src/shop"]}
    with pytest.raises(ConfigurationError) as caught:
        scopes.assign(PATHS, wrong, {"bb": 0.5})
    assert str(caught.value).splitlines() == [
        "tool.noxtasks.mutation.deciding.scopes.a: there is no source at src/shop/biling",
        "  Did you mean src/shop/billing?",
        "tool.noxtasks.mutation.deciding.scopes.a: there is no source at nowhere.txt",
        "  Name files or folders with sources, from the project's root.",
        "tool.noxtasks.mutation.deciding.scopes.c: all of its files are in scopes before it",
        "tool.noxtasks.mutation.scope_thresholds.bb: there is no such scope",
        "  Did you mean b?",
    ]


@given(st.dictionaries(st.text(min_size=1), st.lists(st.sampled_from([*PATHS, "src", "src/shop/billing"]), min_size=1)))
def test_no_file_is_in_two_scopes(named: dict[str, list[str]]) -> None:
    try:
        found = scopes.assign(PATHS, named, {})
    except ConfigurationError:
        return
    files = [file for scope in found.values() for file in scope]
    assert len(files) == len(set(files))
    assert set(files) == {
        path for patterns in named.values() for each in patterns for path in scopes.meant(each, PATHS)
    }


def test_scopes_without_any_of_the_files_are_not_among_them() -> None:
    found = {"money": ("shop/cart.py", "shop/rates.py"), "rest": ("shop/page.py",)}
    assert scopes.among(found, {"shop/rates.py"}) == {"money": ("shop/cart.py", "shop/rates.py")}
    assert scopes.among(found, ()) == {}
