def test_fig_has_a_name(basket):
    assert 'fig'.isalpha() and basket
