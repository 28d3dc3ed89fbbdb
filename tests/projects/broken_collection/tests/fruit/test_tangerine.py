def test_tangerine_has_a_name(basket):
    assert 'tangerine'.isalpha() and basket
