import pytest

from shop.cart import Cart


@pytest.fixture(scope="session")
def cart():
    return Cart()
