from fruitbasket_of_nowhere import weigh


def test_weighs():
    assert weigh('apple')
