def test_sound_in_a_broken_module(database):
    assert database


def test_mistyped(databse):
    assert databse
