"""See README.md."""

import pytest

USED = []


@pytest.fixture(scope="module")
def account():
    return {"money": 10}


def test_not_idempotent():
    assert not USED
    USED.append(True)


def test_spends_all(account):
    account["money"] -= 10
    assert account["money"] == 0


def test_steady(tmp_path):
    assert not list(tmp_path.iterdir())
