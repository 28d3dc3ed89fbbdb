def test_iris_has_a_name(basket):
    assert 'iris'.isalpha() and basket
