"""The playbook is true: its commands parse, and the classes, criteria, settings and gates that it names are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from noxtasks import config
from noxtasks.cli import build_parser
from noxtasks.gates import table
from noxtasks.markers.consolidation import removal_criteria
from noxtasks.markers.model import Class

ROOT = Path(__file__).parents[2]
PLAYBOOK = (ROOT / "docs" / "playbook-markers.md").read_text("utf-8")
TOLD = {  # the criteria of a removal, as the playbook has them
    "no test file": "no test file refers to it",
    "no workflow": "no workflow of CI",
    "no configuration": "no configuration but its registration",
    "no record of a decision": "no record of a decision names it",
    "age": "without use for `markers.idle_days`",
}


@pytest.mark.parametrize("command", re.findall(r"^\$ (.*)$", PLAYBOOK, re.MULTILINE))
def test_its_commands_are_ours(command: str) -> None:
    assert build_parser().parse_args(shlex.split(command)[1:]).command


def test_the_criteria_are_those_of_the_consolidation() -> None:
    source = (ROOT / "noxtasks" / "markers" / "consolidation.py").read_text("utf-8")
    body = source.partition(f"def {removal_criteria.__name__}(")[2].partition("\ndef ")[0]
    assert set(re.findall(r'^        "([\w ]+)": ', body, re.MULTILINE)) == set(TOLD)
    assert [told for told in TOLD.values() if told not in PLAYBOOK] == []


def test_classes_settings_and_gates_are_there() -> None:
    assert {"dynamic", "removable", "read by code only", "selected only", "unresolved"} <= {
        each.value for each in Class
    }
    assert set(re.findall(r"`(markers\.(?!consolidated)\w+)`", PLAYBOOK)) <= {one.key for one in config.SETTINGS}
    assert set(re.findall(r"gate `([^`]+)`", PLAYBOOK)) <= {gate.name for gate in table.GATES}


def test_the_sums_of_the_figures_are_right() -> None:
    """77 registered, 7 removable, 70 in use: in the text as in what the session printed."""
    registered, used, removable = map(
        int,
        re.findall(r"^(\d+) registered markers: (\d+) in use, (\d+) removable, 0 unresolved$", PLAYBOOK, re.MULTILINE)[
            0
        ],
    )
    assert registered == used + removable
    listed = PLAYBOOK.partition(f"removable ({removable})\n")[2].partition("\n...")[0]
    assert len(listed.splitlines()) == removable
