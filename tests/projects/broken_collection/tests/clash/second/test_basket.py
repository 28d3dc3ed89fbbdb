def test_the_second_of_that_name():
    assert True
