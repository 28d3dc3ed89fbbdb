"""Markers that code registers."""

from __future__ import annotations

import pytest

from noxtasks.markers.model import Use
from noxtasks.markers.python import read


def registered(source: str, path: str = "conftest.py", **others: str) -> set[str]:
    files = {path: source.encode()} | {f"{name}.py": text.encode() for name, text in others.items()}
    return {each.marker for each in read(files).registrations}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("config.addinivalue_line('markers', 'slow: takes long')", id="literal"),
        pytest.param("config.addinivalue_line('markers', 'slow(reason, x=1): takes long')", id="signature"),
        pytest.param("config.addinivalue_line(name='markers', line='slow')", id="keywords"),
        pytest.param("config.addinivalue_line('markers', 'slow' + ': takes long')", id="concatenation"),
        pytest.param("config.addinivalue_line('markers', f'slow: {config}')", id="f-string with an unknown part"),
        pytest.param("config.addinivalue_line('markers', '%s: %s' % ('slow', config))", id="percent"),
        pytest.param("config.addinivalue_line('markers', '{}: {}'.format('slow', config))", id="format"),
        pytest.param("config.addinivalue_line('markers', '{n}: x'.format(n='slow'))", id="format by name"),
        pytest.param("for each in ['slow: x']:\n        config.addinivalue_line('markers', each)", id="loop"),
        pytest.param(
            "for name, text in NAMES.items():\n        config.addinivalue_line('markers', f'{name}: {text}')",
            id="items",
        ),
        pytest.param("for name in NAMES:\n        config.addinivalue_line('markers', name + ': x')", id="keys"),
        pytest.param("for name, text in PAIRS:\n        config.addinivalue_line('markers', name)", id="pairs"),
        pytest.param(
            "for n, t in far.FAR.items():\n        config.addinivalue_line('markers', n)", id="another module"
        ),
        pytest.param("for n, t in FAR2.items():\n        config.addinivalue_line('markers', n)", id="imported name"),
        pytest.param("for i, n in enumerate(NAMES):\n        config.addinivalue_line('markers', n)", id="enumerate"),
        pytest.param(
            "for n, t in zip(NAMES, NAMES.values()):\n        config.addinivalue_line('markers', n)", id="zip"
        ),
        pytest.param(
            "for line in TEXT.splitlines():\n        config.addinivalue_line('markers', line.strip())", id="lines"
        ),
        pytest.param(
            "for l in TEXT.split('\\n'):\n        l = l.strip()\n        config.addinivalue_line('markers', l)",
            id="split",
        ),
        pytest.param("register(config, 'slow: x')", id="helper"),
        pytest.param("for n in NAMES:\n        register(config, n)", id="helper in a loop"),
        pytest.param("add = config.addinivalue_line\n    add('markers', 'slow: x')", id="bound method"),
        pytest.param("config.addinivalue_line(*LINE)", id="spread"),
        pytest.param("config.addinivalue_line('markers', __doc__.splitlines()[0])", id="docstring of the module"),
        pytest.param("config.addinivalue_line('markers', __doc__.strip().split('\\n')[0])", id="its first line"),
        pytest.param("config.addinivalue_line('markers', Entry.__doc__)", id="docstring of a class"),
        pytest.param("config.getini('markers').append('slow: x')", id="getini"),
        pytest.param("config._inicache['markers'].append('slow: x')", id="inicache"),
        pytest.param("for n in sorted(set(NAMES)):\n        config.addinivalue_line('markers', n)", id="sorted set"),
        pytest.param("[config.addinivalue_line('markers', n) for n in NAMES]", id="comprehension"),
        pytest.param("for m in ENTRIES:\n        config.addinivalue_line('markers', m.name)", id="values of a class"),
    ],
)
def test_the_name_of_a_registration_is_computed(body: str) -> None:
    source = f"""'slow: takes long'
import far
from far import FAR as FAR2
from typing import NamedTuple
class Entry(NamedTuple):
    'slow: takes long'
    name: str
    text: str
ENTRIES = [Entry('slow', 'x')]
NAMES = {{'slow': 'takes long'}}
PAIRS = (('slow', 'takes long'),)
LINE = ('markers', 'slow: x')
TEXT = '''
    slow: takes long
'''
def register(config, line):
    config.addinivalue_line('markers', line)
def pytest_configure(config):
    {body}
"""
    assert "slow" in registered(source, far="FAR = {'slow': 'x'}\n")


def test_a_registration_knows_its_text_and_signature() -> None:
    source = "def pytest_configure(config):\n    config.addinivalue_line('markers', 'slow(why): takes: long')\n"
    (found,) = read({"conftest.py": source.encode()}).registrations
    assert (found.marker, found.description, found.signature, found.line) == ("slow", "takes: long", "slow(why)", 2)


def test_a_blank_line_registers_nothing_unknown() -> None:
    body = "for line in '\\n slow: x\\n'.split('\\n'):\n        config.addinivalue_line('markers', line)"
    found = read({"conftest.py": f"def pytest_configure(config):\n    {body}\n".encode()})
    assert ([one.marker for one in found.registrations], found.unknown_registrations) == (["slow"], ())


def test_an_entry_over_several_lines_is_one_marker() -> None:
    text = "slow(status, why):\\n  Takes long.\\n\\n  Arguments:\\n    status: how it ends\\n  and more words\\n"
    source = f"def pytest_configure(config):\n    config.addinivalue_line('markers', '{text}')\n"
    (found,) = read({"conftest.py": source.encode()}).registrations
    assert (found.marker, found.signature) == ("slow", "slow(status, why)")
    assert found.description == "Takes long. Arguments: status: how it ends and more words"


@pytest.mark.parametrize(
    ("path", "is_shipped"),
    [
        ("src/shop/plugin.py", True),
        ("conftest.py", False),
        ("tests/plugin.py", False),
        ("src/shop/testing/plugin.py", False),
        ("src/test_plugin.py", False),
        ("src/plugin_test.py", False),
    ],
)
def test_what_a_plugin_registers_is_shipped(path: str, is_shipped: bool) -> None:
    source = "def pytest_configure(config):\n    config.addinivalue_line('markers', 'slow: x')\n"
    (found,) = read({path: source.encode()}).registrations
    assert found.is_shipped is is_shipped


def test_what_nobody_can_compute_is_noted() -> None:
    source = "def pytest_configure(config):\n    config.addinivalue_line('markers', config.getini('x') + ': y')\n"
    found = read({"conftest.py": source.encode()})
    assert (found.registrations, found.unknown_registrations) == ((), (("conftest.py", 2),))


def test_other_lines_of_the_configuration_are_no_markers() -> None:
    assert (
        registered("def pytest_configure(config):\n    config.addinivalue_line('filterwarnings', 'error')\n") == set()
    )


def test_strings_that_registrations_are_made_of_are_no_uses() -> None:
    source = (
        "M = {'slow': 'x'}\ndef pytest_configure(c):\n    for n in M:\n        c.addinivalue_line('markers', n)\n"
        "x = 'fast'\n"
    )
    strings = read({"conftest.py": source.encode()}).strings
    assert "slow" not in strings
    assert strings["fast"] == (("conftest.py", 5),)


def test_names_from_numbers_and_letters_are_known() -> None:
    source = (
        "LETTERS = 'ab'\n"
        "def pytest_configure(config):\n"
        "    for number in range(1, 3):\n"
        "        config.addinivalue_line('markers', f'sprint_{number}: x')\n"
        "    for letter in LETTERS:\n"
        "        config.addinivalue_line('markers', 'wave_' + letter)\n"
    )
    found = read({"conftest.py": source.encode()}).registrations
    assert {each.marker for each in found} == {"sprint_1", "sprint_2", "wave_a", "wave_b"}


REGISTERING = """
GROUPS = ["slow", "gpu"]
def pytest_configure(config):
    for group in GROUPS:
        config.addinivalue_line("markers", group)
"""


@pytest.mark.parametrize(
    ("more", "path", "used"),
    [
        ("", "conftest.py", False),
        (
            "def pytest_addoption(parser):\n    for g in GROUPS:\n        parser.addoption(f'--{g}')\n",
            "conftest.py",
            True,
        ),
        ("from conftest import GROUPS\nassert len(GROUPS) > 1\n", "test_a.py", True),
        ("from conftest import GROUPS\n", "test_a.py", False),
    ],
)
def test_what_is_registered_from_a_collection_with_other_uses_may_be_used(more: str, path: str, used: bool) -> None:
    files = {"conftest.py": REGISTERING, path: (REGISTERING if path == "conftest.py" else "") + more}
    found = read({name: text.encode() for name, text in files.items()})
    assert {each.marker for each in found.references} == ({"slow", "gpu"} if used else set())
    assert {each.use for each in found.references} <= {Use.POSSIBLE}


@pytest.mark.parametrize(
    ("line", "markers"),
    [
        ('f"{group}: tests of {group}"', {"slow", "gpu"}),
        ('"%s: a group" % group', {"slow", "gpu"}),
        ('"needs_" + group', {"needs_slow", "needs_gpu"}),
    ],
)
def test_such_a_collection_may_hold_parts_of_what_is_registered(line: str, markers: set[str]) -> None:
    source = REGISTERING.replace('"markers", group', f'"markers", {line}')
    source += "def pytest_addoption(parser):\n    for g in GROUPS:\n        parser.addoption(f'--{g}')\n"
    found = read({"conftest.py": source.encode()})
    assert {each.marker for each in found.registrations} == markers
    assert {(each.marker, each.use) for each in found.references} == {(each, Use.POSSIBLE) for each in markers}
