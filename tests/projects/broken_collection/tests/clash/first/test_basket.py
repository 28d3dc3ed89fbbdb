def test_the_first_of_that_name():
    assert True
