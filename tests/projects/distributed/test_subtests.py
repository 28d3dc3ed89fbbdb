import pytest


@pytest.mark.parametrize("number", range(4))
def test_of_several(subtests, number):
    for each in range(2):
        with subtests.test(each=each):
            assert (number, each) != (2, 1)
