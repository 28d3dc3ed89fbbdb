"""Whether a skip is the platform's: by its reason, or by the condition in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.matrix.skipping import Conditions, is_named

NAMED = [
    "Windows only",
    "does not work on Windows",
    "requires Python 3.12",
    "Python >= 3.11 is needed",
    "condition: sys.platform == 'win32'",
    "needs fork",
    "no AF_UNIX sockets here",
    "POSIX permissions",
    "PyPy has no refcounts",
    "only on macOS",
    "not on 32-bit",
    "needs procfs",
]
NOT_NAMED = [
    "no database",
    "could not import 'numpy': No module named 'numpy'",
    "slow",
    "unconditional skip",
    "window manager is missing",
    "see issue 12",
    "network is down",
    "need a winning ticket",
    "",
]
SOURCE = """
import os, sys, unittest, pytest
IS_LEGACY = os.name == "nt"
needs_signals = pytest.mark.skipif(not hasattr(os, "kill"), reason="not here")
@pytest.mark.skipif(IS_LEGACY, reason="old")
def test_a(): pass
@unittest.skipIf(sys.platform == "darwin", "no such luck")
def test_b(): pass
def test_c():
    if sys.version_info < (3, 12):
        pytest.skip("too early")
@pytest.mark.skipif(os.environ.get("SLOW") is None, reason="slow")
def test_d(): pass
def test_e():
    if not os.environ.get("DB"):
        pytest.skip("no database")
"""


@pytest.mark.parametrize("reason", NAMED)
def test_a_reason_may_name_the_platform(reason: str) -> None:
    assert is_named(reason)


@pytest.mark.parametrize("reason", NOT_NAMED)
def test_most_reasons_do_not(reason: str) -> None:
    assert not is_named(reason)


@pytest.mark.parametrize(
    ("reason", "is_it"),
    [
        ("not here", True),
        ("old", True),
        ("no such luck", True),
        ("too early", True),
        ("slow", False),
        ("no database", False),
    ],
)
def test_where_it_does_not_the_condition_tells(tmp_path: Path, reason: str, is_it: bool) -> None:
    (tmp_path / "test_a.py").write_text(SOURCE, "utf-8")
    assert Conditions(tmp_path).are_of_platform("test_a.py", reason) is is_it


@pytest.mark.parametrize("content", [b"def", b"\xff\xfe\x00", b"x = 1\0", b"(" * 5000])
def test_a_file_that_cannot_be_read_tells_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "test_a.py").write_bytes(content)
    conditions = Conditions(tmp_path)
    assert not conditions.are_of_platform("test_a.py", "not here")
    assert not conditions.are_of_platform("missing.py", "not here")
    assert not conditions.are_of_platform("../../etc", "not here")
