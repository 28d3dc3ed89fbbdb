import pytest


@pytest.mark.gateway
def test_gateway():
    pass
