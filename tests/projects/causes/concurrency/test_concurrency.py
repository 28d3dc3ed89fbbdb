"""See README.md."""

import os
import time


def test_takes_a_file():
    handle = os.open("taken.lock", os.O_CREAT | os.O_EXCL)
    try:
        time.sleep(0.05)
    finally:
        os.close(handle)
        os.unlink("taken.lock")


def test_steady(tmp_path):
    (tmp_path / "own").touch(exist_ok=False)
