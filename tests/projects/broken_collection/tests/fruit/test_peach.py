def test_peach_has_a_name(basket):
    assert 'peach'.isalpha() and basket
