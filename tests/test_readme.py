"""The README is true: its commands parse, its settings and its exit codes are those of the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from noxtasks import config
from noxtasks.cli import build_parser
from noxtasks.errors import ExitCode
from noxtasks.sessions import OBJECTIVES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [line.removeprefix("$ ") for line in re.findall(r"^ *\$ .*$", README, re.MULTILINE)]


def rows(heading: str) -> list[list[str]]:
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("| ").split(" | ")] for line in lines]


@pytest.mark.parametrize("command", [line.strip() for line in COMMANDS if line.strip(" $").startswith("noxtasks ")])
def test_every_command_is_one_that_the_parser_knows(command: str) -> None:
    words = shlex.split(command.strip(" $"))
    assert build_parser().parse_args(words[1:]).command


def test_every_link_into_the_repository_leads_to_a_file_that_is_there() -> None:
    links = [link for link in re.findall(r"\]\((.+?)\)", README) if not link.startswith(("https://", "#"))]
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link.partition("#")[0]).is_file()] == []


def test_every_link_within_the_page_leads_to_a_heading() -> None:
    headings = re.findall(r"^## (.+)$", README, re.MULTILINE)
    places = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    links = set(re.findall(r"\]\(#(.+?)\)", README))
    assert len(links) > 10
    assert links <= places


def test_every_objective_is_in_the_table_of_questions() -> None:
    asked = re.findall(r"^\| \[`(\w+)`\]", README, re.MULTILINE)
    assert sorted(asked) == sorted(objective.name for objective in OBJECTIVES)


def test_the_settings_are_those_of_the_configuration() -> None:
    said = {row[0]: row[1:] for row in rows("Settings")}
    assert said == {one.key: [one.default, one.meaning] for one in config.SETTINGS}


def test_the_exit_codes_are_unique_and_documented() -> None:
    told = {row[1]: (int(row[0]), row[2]) for row in rows("Exit codes")}
    assert told == {code.name: (code.value, code.meaning) for code in ExitCode}
    assert len({code.value for code in ExitCode}) == len(list(ExitCode.__members__))
