import pathlib

import shop
from shop import cart as under_test
from shop.rates import rate


def test_an_empty_cart(cart):
    assert cart.prices == []


def test_total(cart):
    cart.prices.append(3)
    assert cart.total() == 3


def test_waits():
    assert under_test.waits(3) == 0


def test_is_dear():
    assert under_test.is_dear(200)
    assert not under_test.is_dear(5)


def test_rate():
    assert rate("book") == 7


def test_where_the_package_lies():
    """Fails in a copy."""
    assert ".noxtasks" not in str(pathlib.Path(shop.__file__))
