import os


def test_that_wants_to_be_alone():
    assert "PYTEST_XDIST_WORKER" not in os.environ


def test_sound():
    pass
