"""The page on the architecture is true: its layers are those of the contract, and what it names is there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from noxtasks.config import read_toml

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
STEPS = PAGE.partition("## Adding an objective\n")[2].partition("\n## ")[0]
PATHS = sorted(
    {
        name
        for name in re.findall(r"`([^`]+)`", PAGE)
        if re.match(r"(noxtasks|tests)/|docs$|pyproject\.toml$|CHANGELOG\.md$", name) and "/taste" not in name
    }
)
OBJECTIVES = next(line for line in re.findall(r"^\w+(?: \| \w+)+$", PAGE, re.MULTILINE) if "flake" in line).split(" | ")
PLACES = {  # what a step says is there, in the module that it names
    "noxtasks/cli": "COMMANDS",
    "noxtasks/sessions.py": "OBJECTIVES",
    "noxtasks/evidence/events.py": "EventType",
}


def test_the_layers_are_those_of_the_contract() -> None:
    contracts = read_toml(ROOT / "pyproject.toml")["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == ["noxtasks"])
    assert "\n".join(["```text", *layers, "```"]) in PAGE


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("path", "name"), PLACES.items())
def test_a_step_names_what_its_module_has(path: str, name: str) -> None:
    assert re.search(rf"`{path}`: [^\n]*`{name}`", STEPS)
    assert hasattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_an_objective_has_a_docstring_that_says_what_it_is(objective: str) -> None:
    assert importlib.import_module(f"noxtasks.{objective}").__doc__


def test_every_layer_has_its_row() -> None:
    table = PAGE.partition("| package | what it is |")[2].partition("\n## ")[0]
    singles = ["__main__", "cli", "sessions", "history", "suite", "evidence", "stats", "config", "probe", "errors"]
    assert [name for name in singles if not re.search(rf"`noxtasks/{name}(\.py)?`", table)] == []


@pytest.mark.parametrize("variable", ["NOXTASKS_WIRE"])
def test_the_probe_heeds_the_variable(variable: str) -> None:
    assert variable in (ROOT / "noxtasks" / "probe" / "noxtasks_probe" / "__init__.py").read_text("utf-8")
    assert variable in PAGE
