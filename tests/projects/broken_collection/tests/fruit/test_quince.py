def test_quince_has_a_name(basket):
    assert 'quince'.isalpha() and basket
