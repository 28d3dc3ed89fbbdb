import pytest


@pytest.mark.parametrize('count', [1, 2])
@pytest.mark.slow
def test_elder_counts(count, database):
    assert count and database
