"""Which files a glob means."""

from __future__ import annotations

import pytest

from noxtasks.ladder import globs

PATHS = ("a.py", "unit/a.py", "tests/unit/a.py", "tests/unit/deep/b.py", "tests/units/a.py", "src/shop/cart.py")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("**/unit/**", "unit/a.py tests/unit/a.py tests/unit/deep/b.py"),
        ("tests/unit", "tests/unit/a.py tests/unit/deep/b.py"),
        ("./tests/unit/", "tests/unit/a.py tests/unit/deep/b.py"),
        ("tests/unit/*", "tests/unit/a.py"),
        ("tests/unit?/*.py", "tests/units/a.py"),
        ("**/a.py", "a.py unit/a.py tests/unit/a.py tests/units/a.py"),
        ("src/[st]hop/c*.py", "src/shop/cart.py"),
        ("src/[!s]hop/*", ""),
        ("tests", "tests/unit/a.py tests/unit/deep/b.py tests/units/a.py"),
        ("*.py", "a.py"),
        (".", " ".join(PATHS)),
    ],
)
def test_a_star_stops_at_slashes_and_two_do_not(pattern: str, found: str) -> None:
    assert globs.meant(pattern, PATHS) == set(found.split())
    assert all(globs.is_meant(path, (pattern,)) for path in found.split())
