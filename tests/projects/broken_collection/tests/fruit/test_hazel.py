def test_hazel_has_a_name(basket):
    assert 'hazel'.isalpha() and basket
