import pytest


@pytest.mark.smoke
@pytest.mark.taskman
def test_task():
    pass


@pytest.mark.slow
def test_slow():
    pass


@pytest.mark.undeclared
def test_unregistered():
    pass
