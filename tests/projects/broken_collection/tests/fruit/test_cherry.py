def test_cherry_has_a_name(basket):
    assert 'cherry'.isalpha() and basket
