def test_mango_has_a_name(basket):
    assert 'mango'.isalpha() and basket
