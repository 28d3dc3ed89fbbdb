def test_ugli_has_a_name(basket):
    assert 'ugli'.isalpha() and basket
