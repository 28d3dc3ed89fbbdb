"""See README.md."""

import registry


def test_polluter():
    registry.ENTRIES.append("left")


def test_cleaner():
    registry.ENTRIES.clear()


def test_victim():
    assert registry.ENTRIES == []


def test_steady():
    assert registry.VERSION == 1
