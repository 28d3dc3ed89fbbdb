"""See README.md: half of these tests are flaky on purpose."""

import os
import random
import time

import pytest

STATE = []


def test_sets_the_state():
    STATE.append("set")


def test_victim_of_the_polluter():
    assert not STATE or random.random() < 0.2


def test_brittle_without_its_state_setter():
    assert STATE


def test_follows_the_seed():
    assert random.random() < 0.7


def test_follows_the_hash_seed():
    assert next(iter({"a", "b", "c", "d"})) != "a"


def test_is_broken():
    assert {"a": 1} == {"a": 2}


def test_shares_a_file():
    handle = os.open("shared.lock", os.O_CREAT | os.O_EXCL)
    time.sleep(0.05)
    os.close(handle)
    os.unlink("shared.lock")


@pytest.mark.parametrize("number", range(5))
def test_is_steady(number):
    assert number < 5


def test_draws_the_same_for_the_same_seed(tmp_path):
    assert random.random() != random.random()
