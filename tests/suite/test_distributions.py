"""The tables of what provides what keep their own rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.suite import distributions


def test_a_known_import_name_is_listed_because_it_differs_from_its_distribution() -> None:
    table = distributions._OF_IMPORT

    assert len(table) >= 150
    assert [
        name for name, owner in table.items() if distributions.normalised(name) == distributions.normalised(owner)
    ] == []


@pytest.mark.parametrize(
    ("module", "owner"),
    [
        ("cv2", ("opencv-python", True)),
        ("sklearn.linear_model", ("scikit-learn", True)),
        ("google.protobuf.message", ("protobuf", True)),
        ("google.cloud.wares.v1", ("google-cloud-wares", False)),
        ("zope.interface", ("zope.interface", False)),
        ("my_wares.deep", ("my-wares", False)),
    ],
)
def test_the_longest_part_of_a_dotted_name_that_is_known_decides(module: str, owner: tuple[str, bool]) -> None:
    assert distributions.for_import(module) == owner


@pytest.mark.parametrize(
    ("option", "owner"),
    [
        ("--cov=shop", "pytest-cov"),
        ("--cov-anything", "pytest-cov"),
        ("-n4", "pytest-xdist"),
        ("-n", "pytest-xdist"),
        ("--benchmark-only", "pytest-benchmark"),
        ("--wares", ""),
    ],
)
def test_an_option_is_known_by_its_name_or_by_its_prefix(option: str, owner: str) -> None:
    assert distributions.for_option(option) == owner


def test_the_short_name_of_a_plugin_is_never_taken_for_a_distribution() -> None:
    assert distributions.for_plugin("timeout") == ("pytest-timeout", True)
    assert distributions.for_plugin("wares") == ("pytest-wares", False)


@given(st.text("aA-_.0", min_size=1))
def test_normalised_names_are_normal(name: str) -> None:
    """PEP 503: normalising is idempotent, and blind to case and to the kind of separator."""
    normal = distributions.normalised(name)

    assert distributions.normalised(normal) == normal
    assert distributions.normalised(name.upper().replace("_", ".")) == normal
