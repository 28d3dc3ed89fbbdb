import os

import pytest


@pytest.mark.parametrize("number", range(6))
def test_that_ends_a_worker(number):
    if number == 2 and "PYTEST_XDIST_WORKER" in os.environ:
        os._exit(3)


def test_after():
    pass
