"""What counts in code, and what does not."""

from __future__ import annotations

import textwrap

import pytest

from noxtasks.mutation.remembered import content

SOURCE = '''
"""A shop."""
LIMIT = 3

def price(kind):
    return LIMIT * helper(kind)

class Cart:
    size = 1

    def total(self, *, rate=1):
        return self.sum() * rate
'''
CHOSEN = {"price", "Cart.total"}


def source(text: str) -> content.Source:
    return content.read_source(textwrap.dedent(text).encode(), CHOSEN)


BEFORE = source(SOURCE)


def changed(after: content.Source) -> set[str]:
    """The names of what differs from `BEFORE`; "" is the rest."""
    names = {name for name in CHOSEN if after.functions.get(name) != BEFORE.functions[name]}
    return names | ({""} if after.rest != BEFORE.rest else set())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("LIMIT = 3", "LIMIT = 4", {""}),
        ("LIMIT = 3", "# of what one may buy\n\nLIMIT  =  3", set()),
        ("size = 1", "size = 2", {""}),
        ("return LIMIT *", "return 2 *", {"price"}),
        ("return LIMIT *", "# so many\n    return LIMIT *", set()),
        ("self.sum() * rate", "self.sum()", {"Cart.total"}),
        ("rate=1", "rate=2", {"Cart.total"}),
        ("rate=1", "rate=LIMIT", {"Cart.total", ""}),
        ("def price", "@cache\ndef price", {"price", ""}),
        ("def price", "def cost", {"price", ""}),
        ("def price", "def other():\n    return 1\n\ndef price", {""}),
        ("A shop", "The shop", {""}),
    ],
)
def test_a_change_shows_where_it_is_made(old: str, new: str, expected: set[str]) -> None:
    assert old in SOURCE
    assert changed(source(SOURCE.replace(old, new))) == expected


def test_where_a_function_stands_does_not_count() -> None:
    function = "def price(kind):\n    return LIMIT * helper(kind)\n"
    assert changed(source(f"{SOURCE.replace(function, '')}\n{function}")) == set()


def test_a_function_mentions_what_it_may_call() -> None:
    assert BEFORE.functions["price"].mentions == {"LIMIT", "helper", "kind"}
    assert BEFORE.functions["Cart.total"].mentions == {"self", "sum", "rate"}


def test_what_is_no_python_counts_as_a_whole() -> None:
    broken = content.read_source(b"def (", {"price"})
    assert broken.functions["price"].digest == broken.rest != content.read_source(b"def  (", {"price"}).rest


def test_what_is_too_deep_or_too_long_to_be_said_counts_somehow() -> None:
    for value in ("0x" + "f" * 5000, " + ".join(["1"] * 2000)):
        text = f"VALUE = {value}\n".encode()
        assert (
            content.read_source(text, {"price"}).rest != content.read_source(text.replace(b"V", b"W"), {"price"}).rest
        )


TESTS = """
import json
import shop

CASES = [1, 2]

def given():
    return 3

def test_price():
    assert shop.price(given()) == 1

class TestCart:
    def test_total(self):
        pass

def test_calls_another():
    test_shared()

def test_shared():
    pass
"""
NAMES = {"test_price", "TestCart.test_total", "test_calls_another", "test_shared", "test_from_elsewhere"}
OLD = content.read_tests(TESTS.encode(), NAMES)


@pytest.mark.parametrize(
    ("old", "new", "expected", "acts"),
    [
        ("== 1", "== 2", {"test_price"}, False),
        ("pass\n\ndef test_calls", "assert 1\n\ndef test_calls", {"TestCart.test_total"}, False),
        ("return 3", "return 4", NAMES, False),
        ("CASES = [1, 2]", "CASES = [1]", NAMES, False),
        ("CASES = [1, 2]", "CASES = list()", NAMES, True),
        ("CASES = [1, 2]", "shop.LIMIT = 2", NAMES, True),
        ("import json", "import toml", NAMES, True),
        ("def test_shared():\n    pass", "def test_shared():\n    assert 1", NAMES, False),
    ],
)
def test_a_test_rests_on_itself_and_what_the_file_shares(old: str, new: str, expected: set[str], acts: bool) -> None:
    assert old in TESTS
    now = content.read_tests(TESTS.replace(old, new).encode(), NAMES)
    changed = {name for name in NAMES if now.digest(name) != OLD.digest(name)}
    assert changed - {"test_from_elsewhere"} == expected - {"test_from_elsewhere"}
    assert "test_from_elsewhere" in changed  # which is not found by its name
    assert (now.acts != OLD.acts) is acts


def test_a_further_test_changes_no_other() -> None:
    now = content.read_tests(f"{TESTS}\ndef test_new():\n    pass\n".encode(), NAMES | {"test_new"})
    assert {name for name in NAMES if now.digest(name) != OLD.digest(name)} == {"test_from_elsewhere"}


def test_the_name_of_a_test_has_no_parameters() -> None:
    assert content.test_name("tests/test_a.py::TestB::test_c[x::y]") == ("tests/test_a.py", "TestB.test_c")
    assert content.test_name("README.md::README.md") == ("README.md", "README.md")


def test_a_file_may_import_what_its_imports_and_strings_say() -> None:
    found = content.imports(b"import a.b\nfrom .c import d as e\nimport_module('tests.test_f')\ntest_g = 1\n")
    assert {"a", "b", "c", "d", "tests", "test_f"} <= found
    assert not {"e", "test_g"} & found
