from collections import Mapping


def test_is_a_mapping():
    assert isinstance({}, Mapping)
