import time

import pytest


@pytest.mark.parametrize("number", range(4))
def test_of_the_whole(number):
    time.sleep(0.4)


@pytest.mark.parametrize("number", range(60))
def test_of_a_unit(number):
    time.sleep(0.01)
