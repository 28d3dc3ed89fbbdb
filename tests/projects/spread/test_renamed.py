import time

import pytest


@pytest.mark.parametrize("at", [time.time_ns()])
def test_named_by_the_time(at):
    pass


def test_named_for_good():
    pass
