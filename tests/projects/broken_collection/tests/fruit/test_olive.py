def test_olive_has_a_name(basket):
    assert 'olive'.isalpha() and basket
