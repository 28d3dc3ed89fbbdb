import time

import pytest


@pytest.fixture(scope="session")
def database():
    time.sleep(0.05)


@pytest.mark.parametrize("number", range(12))
def test_waiting(database, number):
    time.sleep(0.03)
