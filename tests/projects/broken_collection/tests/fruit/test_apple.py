def test_apple_has_a_name(basket):
    assert 'apple'.isalpha() and basket
