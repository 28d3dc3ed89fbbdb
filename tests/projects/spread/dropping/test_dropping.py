def test_dropped():
    pass


def test_kept():
    pass
