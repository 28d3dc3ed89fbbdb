import pytest

LANGUAGES = {"de", "en", "fr", "it", "nl", "pl"}


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_a_code_has_two_letters(code):
    assert len(code) == 2
