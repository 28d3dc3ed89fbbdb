import pytest

from shop.cart import total


def test_total():
    assert total([1, 2]) == 3


@pytest.mark.parametrize("name", ["a [b]", "c::d", "e\nf"])
def test_named(name):
    assert total([]) == 0


def test_failing():
    assert total([200]) == 200


@pytest.mark.parametrize("twice", [1, 2], ids=["same", "same"])
def test_twice(twice):
    assert twice
