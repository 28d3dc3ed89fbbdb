import warnings

warnings.warn('apples go out of season', DeprecationWarning, stacklevel=1)


def test_season():
    assert True
