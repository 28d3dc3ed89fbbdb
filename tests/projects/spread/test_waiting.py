import time

import pytest


@pytest.fixture(scope="session")
def database():
    time.sleep(0.05)


@pytest.mark.xdist_group("one")
def test_of_a_group(database):
    pass


@pytest.mark.parametrize("number", range(11))
def test_waiting(database, number):
    time.sleep(0.03)
