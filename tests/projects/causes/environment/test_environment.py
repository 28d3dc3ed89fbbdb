"""See README.md."""

from pathlib import Path


def test_needs_a_home_that_is_not_empty():
    assert list(Path.home().iterdir())


def test_steady():
    assert Path.cwd().exists()
