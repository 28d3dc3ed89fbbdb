import pytest


def test_leaves():
    pytest.exit("enough", returncode=7)


def test_lives():
    pass
