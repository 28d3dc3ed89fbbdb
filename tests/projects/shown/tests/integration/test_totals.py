from shop.prices import is_dear, total


def test_a_dear_basket():
    assert is_dear(total([60, 60]))


def test_a_basket_of_many():
    assert total(range(100)) == 4950
