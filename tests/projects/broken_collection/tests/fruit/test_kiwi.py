def test_kiwi_has_a_name(basket):
    assert 'kiwi'.isalpha() and basket
