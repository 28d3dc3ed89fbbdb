import pytest


@pytest.mark.slwo
def test_marked():
    assert True
