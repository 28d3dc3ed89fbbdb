import pytest


def test_of_no_tier():
    from shop.cart import never

    assert never(1) == 2


@pytest.mark.unit
@pytest.mark.integration
def test_of_two():
    pass


@pytest.mark.slow
def test_slow():
    pass
