import pytest


@pytest.fixture
def database(database):
    return {**database, 'plum': 5}


def test_plum(database):
    assert 'plum' in database
