def test_walnut_has_a_name(basket):
    assert 'walnut'.isalpha() and basket
