"""See README.md."""

import random

LEFT = []


def test_polluter():
    LEFT.append(True)


def test_partial_victim():
    assert not LEFT or random.SystemRandom().random() < 0.15


def test_steady():
    assert True
