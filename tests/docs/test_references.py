"""What the pages take from the code is all there, and a page that asks for what is not there fails."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from noxtasks import config
from noxtasks.cli import COMMANDS
from noxtasks.errors import ExitCode
from noxtasks.evidence import schemas
from noxtasks.evidence.events import EventType
from noxtasks.gates import table
from noxtasks.governance import template
from noxtasks.sessions import OBJECTIVES, Objective

PAGES = Path(__file__).parents[2] / "docs"
ARTIFACTS = [name for name, one in schemas.shipped().items() if "result" in one["properties"] and "$ref" in one]


def loaded() -> Any:
    """As MkDocs has it, which loads a hook by its path."""
    spec = importlib.util.spec_from_file_location("references", PAGES / "references.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


references = loaded()


def built(page: str) -> str:
    text: str = references.on_page_markdown((PAGES / page).read_text("utf-8"))
    return text


def first_cells(text: str) -> list[str]:
    return re.findall(r"^ *\| `(.*?)` \|", text, re.MULTILINE)


def test_every_setting_and_every_part_of_a_gate_is_told_once() -> None:
    expected = [*(one.key for one in config.SETTINGS), *(part.key for part in config.PARTS)]
    assert sorted(first_cells(built("reference/settings.md"))) == sorted(expected)


def test_a_setting_has_its_default_its_meaning_and_what_it_expects() -> None:
    told = references.settings("quarantine")
    meaning = "A test goes into quarantine when the lower bound of its flake rate is above."
    assert f"| `quarantine.threshold` | `0.2` | {meaning} | a number between 0 and 1, such as 0.05 |" in told


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_is_told_with_its_title_and_its_options(command: object) -> None:
    page = built("reference/commands.md")
    name = command.name  # type: ignore[attr-defined]
    section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert f"usage: noxtasks {name} [-h] [--root DIR]" in " ".join(section.split())


@pytest.mark.parametrize("name", ARTIFACTS)
def test_an_artifact_has_each_field_of_its_result_with_a_meaning(name: str) -> None:
    assert f"\n## {name}\n" in built("reference/artifacts.md")
    rows = re.findall(r"^\| `(.*?)` \| (.*?) \| (.*?) \|$", references.artifact(name), re.MULTILINE)
    assert {field for field, _, _ in rows} == set(schemas.shipped()[name]["properties"]["result"]["properties"])
    assert [field for field, kind, meaning in rows if not kind or not meaning] == []


def test_the_fields_below_are_told_by_their_paths_through_references() -> None:
    told = first_cells(references.artifact("flake.report"))
    assert {"result.flaky[].test", "result.claim.interval.low", "timing.duration_s"} <= set(told)
    assert len(told) == len(set(told))


def test_every_exit_code_event_and_gate_is_told() -> None:
    assert re.findall(r"\| (\d+) \| `(\w+)`", built("reference/exit-codes.md")) == [
        (str(code.value), code.name) for code in ExitCode
    ]
    assert first_cells(references.events("")) == [event.type for event in EventType]
    assert first_cells(references.gates("")) == [gate.name for gate in table.GATES]


def test_every_objective_that_has_settings_has_a_page_with_them() -> None:
    tables = {one.key.partition(".")[0] for one in config.SETTINGS if "." in one.key}
    texts = [path.read_text("utf-8") for path in PAGES.glob("*.md")]
    assert {name for name in tables if not any(f"<!-- settings: {name} -->" in text for text in texts)} == set()


def test_every_artifact_is_on_the_page_of_an_objective() -> None:
    texts = [path.read_text("utf-8") for path in PAGES.glob("*.md")]
    assert [name for name in ARTIFACTS if not any(f"<!-- artifact: {name} -->" in text for text in texts)] == []


@pytest.mark.parametrize(
    "place", ["settings: flaek", "settings", "artifact: flaek.report", "commands: flaek", "nonsense", "nonsense: a"]
)
def test_a_place_that_stands_for_nothing_is_an_error(place: str) -> None:
    with pytest.raises(LookupError):
        references.on_page_markdown(f"# A page\n\n<!-- {place} -->\n")


def test_text_is_not_taken_for_markdown_and_cells_stay_cells() -> None:
    assert references._plain("`a_b` is *not* <b> [c]") == r"`a_b` is \*not\* \<b\> \[c\]"
    assert references._table(("a",), [("b | c",)]).splitlines()[2] == "| b &#124; c |"


def test_the_first_page_has_every_objective_and_each_has_a_page() -> None:
    asked = re.findall(r"^\| \[`(\w+)`\]\((\w+)\.md\)", (PAGES / "index.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(asked) == sorted((one.name, one.name) for one in OBJECTIVES)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda one: one.name)
def test_the_page_of_an_objective_has_all_that_the_others_have(objective: Objective) -> None:
    headings = re.findall(r"^## (.+)$", (PAGES / f"{objective.name}.md").read_text("utf-8"), re.MULTILINE)
    wanted = [
        "What it does",
        "How to read the result",
        "Where the methods come from",
        "Settings",
        "Commands",
        "Artifacts",
    ]
    assert [each for each in headings if each in wanted] == wanted


def test_the_file_that_governance_begins_with_is_shown_whole() -> None:
    shown = references.governance_file("")
    assert all(f"    {line}".rstrip() in shown.splitlines() for line in template.text().splitlines())


def test_the_dialog_of_the_search_has_a_name() -> None:
    assert references.on_post_page('<div role="dialog">') == '<div role="dialog" aria-label="Search">'
    assert references.on_post_template("<p>", template_name="404.html") == "<p>"
