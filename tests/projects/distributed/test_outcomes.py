import logging
import threading
import unittest
import warnings

import pytest


class Unpicklable(Exception):
    def __init__(self):
        super().__init__("holds a lock")
        self.lock = threading.Lock()


@pytest.fixture
def broken():
    raise ValueError("setup")


@pytest.fixture
def broken_later():
    yield
    raise ValueError("teardown")


def test_passes():
    pass


def test_fails():
    print("said before")
    assert {"a": 1} == {"a": 2}


def test_errs_in_setup(broken):
    pass


def test_errs_in_teardown(broken_later):
    pass


def test_fails_twice(broken_later):
    raise AssertionError


def test_skips():
    pytest.skip("not today")


@pytest.mark.xfail
def test_fails_as_expected():
    raise AssertionError


@pytest.mark.xfail
def test_passes_unexpectedly():
    pass


@pytest.mark.xfail(strict=True)
def test_may_not_pass():
    pass


def test_raises_what_cannot_be_pickled():
    raise Unpicklable


def test_records_what_cannot_be_pickled(record_property):
    record_property("lock", threading.Lock())


def test_warns():
    warnings.warn("mind the step", stacklevel=1)


def test_logs(caplog):
    logging.getLogger(__name__).error("logged")
    assert "logged" in caplog.text


def test_captures(capsys, capfd):
    pass


def test_writes(tmp_path):
    (tmp_path / "file").write_text("x")


@pytest.mark.parametrize("text", ["a b", "ü", "[x]", "a/b::c", "\ud800", "a\nb"])
def test_takes(text):
    assert text


class TestCase(unittest.TestCase):
    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertLess(number, 2)

    def test_plain(self):
        self.assertTrue(True)

    @unittest.skip("unittest's own")
    def test_skipped(self):
        pass


def test_closes_descriptors():
    import os

    lowest = os.dup(0)
    os.close(lowest)
    os.closerange(lowest, lowest + 20)


def test_goes_on():
    pass
