import os

from shop import cart


def test_total():
    assert cart.total([]) == 0


def test_waiting():
    if "LAYERED_PIPE" in os.environ:
        open(os.environ["LAYERED_PIPE"], "w").close()  # until someone reads
        open(os.environ["LAYERED_PIPE"], "w").close()
