import pytest


@pytest.fixture
def database():
    return {"apple": 3, "pear": 4}


@pytest.fixture
def basket(database):
    return list(database)
