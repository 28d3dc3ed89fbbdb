import pytest

pytestmark = pytest.mark.functional


@pytest.mark.system
def test_with_a_database(db):
    assert db == {}
