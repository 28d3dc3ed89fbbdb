import random

import pytest

from shop.prices import is_dear

STOCK = []


@pytest.mark.fast
def test_is_dear():
    assert is_dear(1000)
    assert not is_dear(1)


def test_chance():
    assert random.random() < 0.5


def test_stock_is_filled():
    STOCK.append(1)
    assert STOCK


def test_stock_is_empty():
    assert not STOCK
