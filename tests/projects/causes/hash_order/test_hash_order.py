"""See README.md."""

def test_first_of_a_set():
    assert "".join({"a", "b"}) == "ab"


def test_steady():
    assert {"a", "b"} == {"b", "a"}
