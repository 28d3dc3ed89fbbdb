import pytest


@pytest.mark.parametrize("number", range(12))
def test_squares_add_up(number):
    last = 2_000_000 + number
    assert sum(each * each for each in range(last + 1)) == last * (last + 1) * (2 * last + 1) // 6
