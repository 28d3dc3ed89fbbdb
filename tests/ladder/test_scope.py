"""Which sources a tier is to cover."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.config import LadderSettings
from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.ladder import coverage_py, profiles, scope, tiers
from noxtasks.ladder.model import Name
from noxtasks.ladder.scope import Scopes

PATHS = ("src/shop/__init__.py", "src/shop/cart.py", "src/shop/_version.py", "tests/test_shop.py", "tools/make.py")


def located(root: Path, settings: LadderSettings, paths: tuple[str, ...] = PATHS, **known: tuple[str, ...]) -> Scopes:
    asked = tiers.tiers(settings, profiles.targets("baseline"))[:3]
    told = coverage_py.Settings(version="7.10", pytest="9", **known)  # type: ignore[arg-type] # fields by name
    return scope.locate(root, paths, asked, told)


def test_without_settings_it_is_what_mutation_finds_too(tmp_path: Path) -> None:
    found = located(tmp_path, LadderSettings())
    assert set(found.of_tiers.values()) == {frozenset({"src/shop/__init__.py", "src/shop/cart.py"})}
    assert found.together.entries == ("src",)


def test_named_files_are_it_whatever_they_look_like_and_whatever_coverage_is_told(tmp_path: Path) -> None:
    settings = LadderSettings(scope=("src/shop/c*.py",), scopes={"unit": ("tools", "src/shop/_version.py")})
    found = located(tmp_path, settings, source=("elsewhere",))
    assert found.of_tiers[Name.UNIT] == {"tools/make.py", "src/shop/_version.py"}
    assert found.of_tiers[Name.SYSTEM] == {"src/shop/cart.py"}
    assert [each.path for each in found.together.files] == ["src/shop/_version.py", "src/shop/cart.py", "tools/make.py"]


def test_one_tier_may_name_its_own_and_leave_the_others_theirs(tmp_path: Path) -> None:
    found = located(tmp_path, LadderSettings(scopes={"system": ("src/shop/cart.py",)}))
    assert found.of_tiers[Name.SYSTEM] == {"src/shop/cart.py"}
    assert found.of_tiers[Name.UNIT] == {"src/shop/__init__.py", "src/shop/cart.py"}


def test_what_means_nothing_is_an_error_with_what_is_near(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        located(tmp_path, LadderSettings(scope=("src/shp",), scopes={"unit": ("tests/*.txt",)}))
    assert "Did you mean src/shop?" in str(caught.value)
    assert "'tests/*.txt'" in str(caught.value)


def test_an_empty_scope_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match="no source to cover"):
        located(tmp_path, LadderSettings(), ("tests/test_shop.py",))
    with pytest.raises(NotMeasuredError, match="no source to cover"):
        located(tmp_path, LadderSettings(), source=("elsewhere",))
