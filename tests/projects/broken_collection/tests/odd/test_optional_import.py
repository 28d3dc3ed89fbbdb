import pytest

absent = pytest.importorskip('fruitbasket_of_nowhere')


def test_absent():
    assert absent
