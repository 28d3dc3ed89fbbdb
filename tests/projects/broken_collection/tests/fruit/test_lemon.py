def test_lemon_has_a_name(basket):
    assert 'lemon'.isalpha() and basket
