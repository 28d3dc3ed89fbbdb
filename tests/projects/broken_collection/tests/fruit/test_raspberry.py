def test_raspberry_has_a_name(basket):
    assert 'raspberry'.isalpha() and basket
