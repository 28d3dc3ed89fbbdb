"""See README.md."""

import datetime
import os
import pathlib
import random
import secrets
import time


def test_draws():
    assert secrets.randbelow(5) < 5


def test_reads_the_clock():
    assert datetime.date.today().year > 2000


def test_waits():
    time.sleep(0.001)


def test_lists(tmp_path):
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    assert os.listdir(tmp_path)[0] in "ab"


def test_leaves_a_file():
    left = pathlib.Path("left")
    assert left.exists() or left.touch()


def test_always_fails():
    assert {"a": 1} == {"a": 2}


def test_is_sound(seeded, tmp_path):
    assert random.random() < 1
    assert sorted(tmp_path.iterdir()) == []
