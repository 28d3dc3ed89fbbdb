def test_grape_has_a_name(basket):
    assert 'grape'.isalpha() and basket
