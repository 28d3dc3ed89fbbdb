def test_is_mocked(mocker):
    assert mocker.Mock()


def test_sound_beside_it():
    assert True
