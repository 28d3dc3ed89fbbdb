"""See README.md."""

from pathlib import Path

LEFT = Path(__file__).with_name("left.txt")


def test_writes():
    LEFT.write_text("left")


def test_removes():
    LEFT.unlink(missing_ok=True)


def test_finds_nothing():
    assert not LEFT.exists()
