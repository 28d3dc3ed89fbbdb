"""The playbook is true: its tests are in the suite, its changes are of lines that are in the sources."""

from __future__ import annotations

import re
import shlex
from itertools import chain
from pathlib import Path

import pytest

from noxtasks.cli import build_parser
from noxtasks.config import read_toml

ROOT = Path(__file__).parent.parent
PLAYBOOK = (ROOT / "docs" / "playbook-mutation.md").read_text("utf-8")
CHANGES = re.findall(r"^```diff\n # (\S+), (\w+)\n-(.*)\n\+(.*)\n```$", PLAYBOOK, re.MULTILINE)
TESTS = re.findall(r"^def (test_\w+)", PLAYBOOK, re.MULTILINE)
COMMANDS = re.findall(r"^\$ (.*)$", PLAYBOOK, re.MULTILINE)


@pytest.mark.parametrize(("path", "function", "line", "changed"), CHANGES)
def test_a_change_is_of_a_line_that_the_function_has(path: str, function: str, line: str, changed: str) -> None:
    source = (ROOT / path).read_text("utf-8")
    body = re.split(r"^def ", source.partition(f"\ndef {function}(")[2], maxsplit=1, flags=re.MULTILINE)[0]
    assert line in f"def {function}({body}"
    assert line != changed


@pytest.mark.parametrize("name", TESTS)
def test_a_test_is_in_the_suite_with_the_lines_that_are_quoted(name: str) -> None:
    quoted = PLAYBOOK.partition(f"def {name}(")[2].partition("```")[0].splitlines()[1:]
    texts = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    (text,) = (text for text in texts if f"def {name}(" in text)
    body = text.partition(f"def {name}(")[2].partition("\ndef ")[0].splitlines()
    assert [line for line in quoted if line and line not in body] == []


def test_there_are_as_many_ways_as_it_says() -> None:
    ways = PLAYBOOK.partition("## Eight ways")[2].partition("\n## ")[0]
    assert len(re.findall(r"^### \d", ways, re.MULTILINE)) == ways.count("```diff") == ways.count("```python") == 8


def test_its_commands_name_what_there_is() -> None:
    for command in COMMANDS:
        words = shlex.split(command)
        if words[0] == "noxtasks":
            assert build_parser().parse_args(words[1:]).command
        else:
            assert words == ["nox", "-s", "mutation"]


def test_the_modules_that_are_measured_and_their_tests_are_there() -> None:
    tools = read_toml(ROOT / "pyproject.toml")["tool"]
    scopes = tools["noxtasks"]["mutation"]["scopes"]
    assert len(scopes) == 5
    assert all(f"`{name}`" in PLAYBOOK for name in scopes)
    for path in (*chain(*scopes.values()), *tools["mutmut"]["pytest_add_cli_args_test_selection"]):
        assert (ROOT / path).is_file()
