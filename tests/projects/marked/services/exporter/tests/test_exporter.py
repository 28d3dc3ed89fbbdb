import pytest


@pytest.mark.exporter
def test_exporter():
    pass
