def test_juniper_has_a_name(basket):
    assert 'juniper'.isalpha() and basket
