import sys


def test_main():
    assert True


sys.exit(3)
