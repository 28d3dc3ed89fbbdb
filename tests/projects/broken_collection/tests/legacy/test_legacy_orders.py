def test_orders(connection):
    assert connection
