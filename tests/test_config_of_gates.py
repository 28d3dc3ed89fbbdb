"""`[tool.noxtasks.gates."NAME"]`: every part, all that is wrong at once, and how sources are put together."""

from __future__ import annotations

from datetime import date
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from noxtasks import config
from noxtasks.config import GateSettings, Override
from noxtasks.errors import ConfigurationError

GOOD: dict[str, Any] = {
    "level": "blocking",
    "threshold": 0.7,
    "blocking_after": "2026-12-24",
    "owner": "ada",
    "waived_until": date(2026, 12, 1),
    "waiver": "the parser is being rewritten",
    "artifact": "own/coverage.json",
    "pointer": "/totals/percent_covered",
    "operator": ">=",
    "take": "each",
    "verdict": "verdict",
    "judged_at": "target",
    "bounds": "/totals/interval",
    "unit": "share",
    "title": "Lines are covered.",
    "command": "coverage json -o reports/own/coverage.json",
}
WRONG: dict[str, list[Any]] = {
    "level": ["block", True, "disabled"],
    "threshold": [nan, inf, "", [1], None],
    "blocking_after": ["soon", 5, True, "2026-13-01"],
    "owner": ["", 3],
    "waived_until": ["2026", 1.5],
    "waiver": ["", False],
    "artifact": ["/etc/passwd", "../x.json", "a/../b.json", "a\\b.json", "c:/x.json", "", "a//b.json", "./a.json"],
    "pointer": ["totals", "", 3],
    "operator": ["=", "=>", "less"],
    "take": ["all"],
    "verdict": [""],
    "judged_at": [0],
    "bounds": ["interval"],
    "unit": ["%"],
    "title": [""],
    "command": [[]],
}
NONE = "there is no such gate, and one of your own needs"
OWN = 'artifact = "c.json"\npointer = "/a"\noperator = ">="\nthreshold = 1\n'


def load(root: Path, text: str, *overrides: Override) -> dict[str, GateSettings]:
    (root / "pyproject.toml").write_text(text, "utf-8")
    return config.load(root, overrides).gates


def wrong(root: Path, text: str, *overrides: Override) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(root, text, *overrides)
    return [str(problem) for problem in caught.value.problems or (caught.value,)]


def given_as(part: str, value: Any) -> Override:
    return Override(key=f"gates.own.{part}", value=value, where=f"--given {part}")


def test_every_part_can_be_given(tmp_path: Path) -> None:
    assert GOOD.keys() == WRONG.keys() == {part.key for part in config.PARTS} == set(GateSettings.__struct_fields__)
    lines = [config.as_assignment(Override(key=key, value=value, where="")) for key, value in GOOD.items()]
    found = load(tmp_path, "\n".join(("[tool.noxtasks.gates.own]", *lines)))["own"]
    assert found == GateSettings(**{**GOOD, "blocking_after": date(2026, 12, 24)})


@pytest.mark.parametrize(("part", "value"), [(part, value) for part, values in WRONG.items() for value in values])
def test_a_wrong_part_is_told_with_its_place_and_with_what_was_expected(tmp_path: Path, part: str, value: Any) -> None:
    others = [given_as(name, good) for name, good in GOOD.items() if name != part]
    (said,) = wrong(tmp_path, "", *others, given_as(part, value))
    expected = next(each.expects for each in config.PARTS if each.key == part)
    assert said.startswith(f"--given {part}: expected {expected}, got ")


def test_dates_of_toml_are_dates(tmp_path: Path) -> None:
    text = '[tool.noxtasks.gates."mutation score"]\nblocking_after = 2026-12-24\nthreshold = 0.7\n'
    found = load(tmp_path, text)
    assert found == {"mutation score": GateSettings(blocking_after=date(2026, 12, 24), threshold=0.7)}


def test_all_that_is_wrong_is_told_at_once_with_the_nearest_name(tmp_path: Path) -> None:
    text = """
[tool.noxtasks.flake]
runs = "many"
[tool.noxtasks.gates."mutaton score"]
level = "off"
[tool.noxtasks.gates."flake rate"]
thresold = 0.1
waiver = "later"
[tool.noxtasks.gates."marker count"]
threshold = "few"
[tool.noxtasks.gates.own]
artifact = "c.json"
operator = "<"
threshold = true
"""
    at = "pyproject.toml: tool.noxtasks.gates"
    assert wrong(tmp_path, text) == [
        'pyproject.toml: tool.noxtasks.flake.runs: expected a whole number of runs, at least 1, got "many"',
        f"{at}.flake rate.thresold: there is no such part of a gate\n  Did you mean threshold?",
        f"{at}.mutaton score: {NONE} artifact, pointer, operator, threshold\n  Did you mean mutation score?",
        f"{at}.flake rate: a waiver needs its last day\n  Write waived_until = …",
        f'{at}.marker count: an order takes a number; got "few"\n  Use == or !=, or another threshold.',
        f"{at}.own: {NONE} pointer\n  The gates are {', '.join(config.GATES)}.",
        f"{at}.own: < takes a number; got true\n  Use == or !=, or another threshold.",
    ]


@pytest.mark.parametrize("text", ["[tool.noxtasks]\ngates = 3", "[tool.noxtasks.gates]\nown = 3"])
def test_what_is_no_table_is_told(tmp_path: Path, text: str) -> None:
    (said,) = wrong(tmp_path, text)
    assert "expected a table; got 3" in said


def test_sources_are_put_together_part_by_part(tmp_path: Path) -> None:
    text = f'[tool.noxtasks.gates."v1.0 own"]\n{OWN}level = "advisory"\n'
    found = load(
        tmp_path,
        text,
        *config.from_keywords({"gates": {"v1.0 own": {"threshold": 2}}}),
        config.from_assignment("gates.v1.0 own.level=blocking"),
        config.from_assignment("gates.mutation score={level = 'off'}"),
    )
    own = GateSettings(artifact="c.json", pointer="/a", operator=">=", threshold=2, level="blocking")
    assert found == {"v1.0 own": own, "mutation score": GateSettings(level="off")}
