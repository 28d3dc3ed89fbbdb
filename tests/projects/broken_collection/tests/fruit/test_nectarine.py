def test_nectarine_has_a_name(basket):
    assert 'nectarine'.isalpha() and basket
