LIMIT = 10
RATE = LIMIT / (LIMIT - 10)


def test_rate():
    assert RATE
