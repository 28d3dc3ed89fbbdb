def test_date_has_a_name(basket):
    assert 'date'.isalpha() and basket
