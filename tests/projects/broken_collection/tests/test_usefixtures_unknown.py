import pytest


@pytest.mark.usefixtures('clean_shelves')
class TestShelves:
    def test_one(self):
        assert True

    def test_two(self):
        assert True
