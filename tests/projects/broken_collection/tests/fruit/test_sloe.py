def test_sloe_has_a_name(basket):
    assert 'sloe'.isalpha() and basket
