import pytest


@pytest.mark.e2e
def test_tour():
    pass


@pytest.mark.also_undeclared
def test_detour():
    pass
