import pytest

CONNECTION = {}['dsn']


@pytest.fixture
def connection():
    return CONNECTION
