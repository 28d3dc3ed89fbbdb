"""The playbook is true: what it says breaks is a finding of that kind alone, and what it says is portable is none."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from noxtasks.cli import build_parser
from noxtasks.config.table import BREAKS
from noxtasks.matrix.lint import reading
from noxtasks.matrix.lint.model import Kind
from noxtasks.matrix.lint.reasons import REASONS

PLAYBOOK = (Path(__file__).parents[3] / "docs" / "playbook-cross-os.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## ([\w-]+)\n(.*?)(?=^## )", PLAYBOOK, re.MULTILINE | re.DOTALL))
EXAMPLES = [
    (kind, manner, code)
    for kind, text in SECTIONS.items()
    for manner, code in re.findall(r'^```python title="(breaks|portable)"\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize(("kind", "manner", "code"), EXAMPLES)
def test_an_example_is_a_finding_of_its_kind_or_none(kind: str, manner: str, code: str) -> None:
    found = reading.read({"shop.py": code.encode()}, ["shop.py"]).findings
    assert {each.kind.value for each in found} == ({kind} if manner == "breaks" else set())


def test_every_kind_has_a_section_a_reason_and_a_name_in_the_settings() -> None:
    kinds = {kind.value for kind in Kind}
    assert set(SECTIONS) == kinds == set(BREAKS)
    assert {kind.value for kind in REASONS} == kinds
    told = {kind for kind, _, _ in EXAMPLES}
    assert told == kinds - {Kind.LETTER_CASE.value}  # that takes two files
    assert len(EXAMPLES) == 2 * len(told)


@pytest.mark.parametrize("command", re.findall(r"^\$ (.*)$", PLAYBOOK, re.MULTILINE))
def test_its_commands_are_ours(command: str) -> None:
    assert build_parser().parse_args(shlex.split(command)[1:]).command
