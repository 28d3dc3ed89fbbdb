"""What an import error means: each way in which a name cannot be imported has its own remedy."""

from __future__ import annotations

from typing import Any

import pytest

from noxtasks.suite.causes import Kind
from noxtasks.suite.import_errors import Surroundings, explain
from noxtasks.suite.problems import Parent, Raised

AT = "tests/unit/test_a.py"


def missing(name: str, message: str = "", parent: Parent = Parent()) -> Raised:  # noqa: B008 - frozen
    text = message or f"No module named {name!r}"
    return Raised(
        type="ModuleNotFoundError", bases=("ModuleNotFoundError", "ImportError"), message=text, name=name, parent=parent
    )


def refused(message: str, **more: Any) -> Raised:
    return Raised(type="ImportError", bases=("ImportError",), message=message, **more)


@pytest.mark.parametrize(
    ("error", "around", "kind", "distribution", "remedy"),
    [
        (missing("cv2"), {}, Kind.MISSING_IMPORT, "opencv-python", "Add opencv-python"),
        (
            missing("google.cloud.storage"),
            {},
            Kind.MISSING_IMPORT,
            "google-cloud-storage",
            "probably google-cloud-storage",
        ),
        (missing("wares_of_old"), {}, Kind.MISSING_IMPORT, "wares-of-old", "probably wares-of-old"),
        (missing("yaml"), {"installed": {"pyyaml": "6.0"}}, Kind.MISSING_IMPORT, "PyYAML", "6.0 is installed but"),
        (
            missing("pkg_resources"),
            {"installed": {"setuptools": "82.0"}},
            Kind.MISSING_SUBMODULE,
            "setuptools<81",
            "setuptools 82.0 no longer has",
        ),
        (missing("tomllib"), {"python": "3.10.1"}, Kind.MISSING_IMPORT, "tomli", "since Python 3.11"),
        (missing("imp"), {"python": "3.12.1"}, Kind.MISSING_IMPORT, "", "left the standard library in Python 3.12"),
        (missing("urllib2"), {}, Kind.MISSING_IMPORT, "", "Python 2"),
        (missing("shop"), {"local": {"shop": ["src/shop/__init__.py"]}}, Kind.OWN_PACKAGE, "", '["src"]'),
        (missing("shop"), {"local": {"shop": ["shop/__init__.py"]}}, Kind.OWN_PACKAGE, "", '["."]'),
        (
            missing("shop"),
            {"local": {"shop": ["src/shop/__init__.py"]}, "inifile": "tox.ini"},
            Kind.OWN_PACKAGE,
            "",
            "set pythonpath = src in tox.ini",
        ),
        (missing("wares"), {"local": {"wares": ["tests/unit/wares.py"]}}, Kind.HELPER_MODULE, "", '["tests/unit"]'),
        (missing("wares"), {"local": {"wares": ["tests/wares.py"]}}, Kind.HELPER_MODULE, "", '["tests"]'),
        (missing("tests"), {"local": {"tests": ["tests/"]}}, Kind.HELPER_MODULE, "", '["."]'),
        (missing("wares"), {"local": {"wares": ["docs/wares.py"]}}, Kind.MISSING_IMPORT, "wares", "probably wares"),
        (
            missing("rest_framework"),
            {"local": {"rest_framework": ["tests/rest_framework/__init__.py"]}},
            Kind.MISSING_IMPORT,
            "djangorestframework",
            "Add djangorestframework",
        ),
        (
            missing("numpy"),
            {"local": {"numpy": ["tests/unit/numpy/__init__.py"]}},
            Kind.HELPER_MODULE,
            "",
            '["tests/unit"]',
        ),
        (
            missing("numpy"),
            {"local": {"numpy": [AT]}},
            Kind.MISSING_IMPORT,
            "numpy",
            "probably numpy",
        ),
        (
            missing("shop._fast", parent=Parent(name="shop", file="shop/__init__.py")),
            {},
            Kind.OWN_PACKAGE,
            "",
            "build it in place",
        ),
        (
            missing(
                "tests.wares", parent=Parent(name="tests", file="/site-packages/tests/__init__.py", distribution="odd")
            ),
            {"local": {"tests": ["tests/__init__.py"]}},
            Kind.OWN_PACKAGE,
            "",
            "uninstall the distribution that brings it: odd",
        ),
        (
            missing(
                "wares.old",
                parent=Parent(name="wares", file="/x/site-packages/wares/__init__.py", distribution="Wares"),
            ),
            {"installed": {"wares": "2.0"}},
            Kind.MISSING_SUBMODULE,
            "Wares",
            "too old or too new",
        ),
        (
            missing(
                "yaml.x", "No module named 'yaml.x'; 'yaml' is not a package", Parent(name="yaml", file="tests/yaml.py")
            ),
            {},
            Kind.OWN_PACKAGE,
            "",
            "Rename tests/yaml.py",
        ),
        (
            refused(
                "cannot import name 'Mapping' from 'collections' (/usr/lib/…)", name="collections", path="/usr/lib/x"
            ),
            {"python": "3.12.1"},
            Kind.IMPORT_NAME,
            "",
            "Python 3.12.1",
        ),
        (
            refused(
                "cannot import name 'old' from 'wares' (/x)",
                path="/x/site-packages/wares/__init__.py",
                parent=Parent(name="wares", file="/x", distribution="wares"),
            ),
            {"installed": {"wares": "2.0"}},
            Kind.IMPORT_NAME,
            "wares",
            "This version of wares has no old",
        ),
        (
            refused("cannot import name 'till' from 'shop' (/home/shop/shop.py)", path="shop.py"),
            {},
            Kind.IMPORT_NAME,
            "",
            "shop.py does not define till",
        ),
        (
            refused("cannot import name 'a' from partially initialized module 'shop' (most likely …)", path="shop.py"),
            {},
            Kind.IMPORT_NAME,
            "",
            "Break the circle",
        ),
        (
            refused("libGL.so.1: cannot open shared object file: No such file or directory"),
            {},
            Kind.NATIVE_LIBRARY,
            "",
            "libGL.so.1",
        ),
        (refused("x.so: undefined symbol: _ZN"), {}, Kind.NATIVE_LIBRARY, "", "reinstall both"),
        (
            refused("Missing optional dependency 'lxml'.  Use pip or conda to install lxml."),
            {},
            Kind.MISSING_IMPORT,
            "lxml",
            "Add lxml",
        ),
        (
            refused("Wares need more: pip install 'wares[all]' please"),
            {},
            Kind.MISSING_IMPORT,
            "wares[all]",
            "Add wares[all]",
        ),
        (refused("this machine has no display"), {}, Kind.MISSING_IMPORT, "", "importorskip"),
    ],
    ids=lambda value: value.message[:40] if isinstance(value, Raised) else "",
)
def test_an_import_error(error: Raised, around: dict[str, Any], kind: Kind, distribution: str, remedy: str) -> None:
    found = explain(error, AT, Surroundings(**around))

    assert (found.kind, found.distribution) == (kind, distribution)
    assert remedy in found.remedy


def test_a_distribution_that_is_only_a_guess_says_so() -> None:
    assert explain(missing("wares"), AT, Surroundings()).guessed
    assert not explain(missing("cv2"), AT, Surroundings()).guessed
