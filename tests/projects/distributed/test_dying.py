import os
import signal
import time

import pytest


@pytest.mark.parametrize("number", range(10))
def test_lives(number):
    pass


def test_leaves():
    os._exit(0)


def test_is_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def test_hangs():
    time.sleep(600)


@pytest.mark.parametrize("number", range(10, 20))
def test_lives_on(number):
    pass
