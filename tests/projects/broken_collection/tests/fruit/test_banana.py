def test_banana_has_a_name(basket):
    assert 'banana'.isalpha() and basket
