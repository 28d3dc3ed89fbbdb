"""See README.md."""

import secrets


def test_draws():
    assert secrets.randbelow(10) < 5


def test_steady():
    assert secrets.token_hex(4)
