import pytest


@pytest.mark.notifier
def test_notifier():
    pass
