"""What pytest keeps of a test elsewhere than in its reports, and what a test says past the capture."""

import os
import subprocess
import sys
import warnings

import pytest


warnings.warn("at import")


class Odd(UserWarning):
    """Can be pickled, and then not be read."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


def test_warns():
    warnings.warn(Odd("this", "that"))


def test_warns_with_a_class_of_its_own():
    class Local(UserWarning):
        pass

    warnings.warn(Local("local"))


class OddValue:
    def __init__(self, one, other):
        self.args = (one, other)

    def __reduce__(self):
        return OddValue, (self.args[0],)

    def __str__(self):
        return "odd"


def test_records(record_property, record_xml_attribute):
    record_property("odd", OddValue(1, 2))
    record_xml_attribute("assertions", "7")


def test_records_of_the_suite(record_testsuite_property):
    record_testsuite_property("of all", "yes")


@pytest.mark.parametrize("number", range(3))
def test_speaks_past_the_capture(capsys, number):
    print("captured")
    with capsys.disabled():
        print(f"<said {number}>")
        subprocess.run(["echo", f"<echoed {number}>"], check=True)
        print(f"<complained {number}>", file=sys.stderr)
    print("captured again")


def test_prints():
    print("<printed>")
    os.write(1, b"<written>\n")


@pytest.fixture(scope="session")
def said_at_the_end():
    yield
    print("<said at the end>")
    warnings.warn("at the end")


def test_sets_up(said_at_the_end):
    pass
