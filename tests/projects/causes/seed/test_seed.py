"""See README.md."""

import random


def test_draws():
    assert random.random() < 0.6


def test_steady():
    assert 0 <= random.random() < 1
