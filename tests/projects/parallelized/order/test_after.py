import time

import pytest


@pytest.fixture
def users():
    time.sleep(0.4)
    return {"ada": "new"}


def test_signing_up(users):
    assert users["ada"] == "new"


def test_renaming(users):
    users["countess"] = users.pop("ada")
    assert users == {"countess": "new"}
