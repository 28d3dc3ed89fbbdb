import time

USERS = {}


def sign_up(name):
    time.sleep(0.4)
    USERS[name] = "new"


def test_signing_up():
    sign_up("ada")
    assert USERS["ada"] == "new"


def test_renaming():
    time.sleep(0.4)
    USERS["countess"] = USERS.pop("ada")
    assert USERS == {"countess": "new"}
