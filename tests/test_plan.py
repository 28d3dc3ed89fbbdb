"""The page on the plan is true: what it names is there, and no item of the plan is left out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from noxtasks import config
from noxtasks.bundle import milestones
from noxtasks.cli import build_parser
from noxtasks.evidence import schemas
from noxtasks.evidence.events import EventType
from noxtasks.evidence.gating.model import Level
from noxtasks.gates import table
from noxtasks.sessions import OBJECTIVES

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "plan.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| item", "| word"))
]
MEANINGS, ITEMS = [row for row in ROWS if len(row) == 2], [row for row in ROWS if len(row) == 3]
NAMED = sorted(set(re.findall(r"`([^`]+)`", PAGE)))
PATHS = [name for name in NAMED if re.match(r"(noxtasks|tests|docs|benchmarks|\.github)/|CHANGELOG|pyproject", name)]
FILES = [name for name in NAMED if re.fullmatch(r"[\w.-]+\.(json|jsonl|yaml|html|xml|sarif|gz)", name)]
THEIRS = {"governance.yaml"}  # what a project writes, or another program reads
SOURCES = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "noxtasks").rglob("*.py")))
COMMANDS = [name for name in NAMED if re.match(r"(noxtasks|nox -s) ", name)]
SETTINGS = {one.key for one in config.SETTINGS}

COUNTS = {"M1 deliverable": 5, "M2 deliverable": 7, "M3 deliverable": 7, "M1 gate": 5, "M2 gate": 6, "M3 gate": 7}
KEY_RESULTS = {1: 4, 2: 5, 3: 4, 4: 4, 5: 5, 6: 5, 7: 4}


def told(kind: str) -> Iterator[str]:
    """The names that follow "gate:" or "gates:", and so on, up to the next word that is none."""
    for names in re.findall(rf"(?<!\w ){kind}s?: (`[^`]+`(?:, `[^`]+`)*)", PAGE):
        yield from re.findall(r"`([^`]+)`", names)


def test_every_item_says_where_it_is_met_or_why_it_is_not() -> None:
    words = {row[0] for row in MEANINGS}
    assert [row for row in ITEMS if row[1] not in words or not row[2]] == []
    assert {row[1] for row in ITEMS} == words


def test_no_item_of_the_plan_is_left_out() -> None:
    first = "\n".join(row[0] for row in ITEMS)
    wanted = [f"**O{number}**" for number in KEY_RESULTS]
    wanted += [f"KR{objective}.{number}" for objective, last in KEY_RESULTS.items() for number in range(1, last + 1)]
    wanted += [f"AC-{number} " for number in range(8, 16)]
    wanted += [f"**Pillar {number}**" for number in range(1, 6)]
    assert [each for each in wanted if each not in first] == []
    numbered = {int(number) for number in re.findall(r"§(\d+)", first)}
    assert set(range(1, 26)) - numbered == {3, 4, 5, 21}, "these have no row that begins so: O1-O7, M1-M3, pillars, ACs"


@pytest.mark.parametrize(("kind", "count"), COUNTS.items())
def test_all_lines_of_a_milestone_are_told(kind: str, count: int) -> None:
    milestone, noun = kind.split()
    rows = [row[0] for row in ITEMS if milestone in row[0]]
    if noun == "gate":
        assert len([row for row in rows if f"{kind}:" in row]) == count
    else:
        numbers = {
            int(number) for row in rows if noun in row for number in re.findall(r"\d+", row.partition(":")[0][5:])
        }
        assert set(range(1, count + 1)) <= numbers


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_one_that_is_written(name: str) -> None:
    ending = re.sub(r"^M\d(?=-)", "", name)
    stem = name.rpartition(".")[0]
    assert name in THEIRS or stem in schemas.shipped() or f'{name}"' in SOURCES or f"{ending}" in SOURCES


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_there_is(command: str) -> None:
    words = shlex.split(command)
    if words[0] == "noxtasks":
        assert build_parser().parse_args(words[1:]).command
    else:
        assert words[2] in {objective.name for objective in OBJECTIVES}


def test_settings_are_there() -> None:
    groups = {key.partition(".")[0] for key in SETTINGS if "." in key}
    dotted = [name for name in NAMED if re.fullmatch(r"[a-z]+\.[a-z_]+", name) and name.partition(".")[0] in groups]
    assert [name for name in dotted if name not in SETTINGS and name not in FILES and name not in PATHS] == []


def test_events_are_told_whole_and_no_others() -> None:
    assert set(told("event")) == {event.value for event in EventType}


def test_gates_are_there() -> None:
    names = set(told("gate"))
    assert names <= {gate.name for gate in table.GATES}
    levels = [gate.level for gate in table.GATES]
    assert (levels.count(Level.BLOCKING), levels.count(Level.ADVISORY)) == (7, 11)


def test_gates_of_milestones_are_told_whole_and_no_others() -> None:
    known = {gate.name for milestone in milestones.MILESTONES for gate in milestone.gates}
    said = set(told("milestone gate"))
    assert said <= known
    assert {
        name for name in known - said if not re.match(r"AC-15 event|evidence bundle of|.* blocks$|gate of the", name)
    } == set()
