from brokenshop import PRICES


def test_has_prices():
    assert PRICES
