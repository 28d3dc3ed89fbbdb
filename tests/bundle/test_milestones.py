"""Each gate of each milestone under, at and over its threshold; and every pointer leads somewhere in its artifact."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from noxtasks.bundle import milestones as plan
from noxtasks.cli import COMMANDS, build_parser
from noxtasks.config import GATES
from noxtasks.evidence import schemas
from noxtasks.evidence.events import EventType
from noxtasks.evidence.gating import judging
from noxtasks.evidence.gating.model import Document, Gate, Level, Take
from noxtasks.stats import Verdict

from .told import TODAY, placed

PASS, FAIL, UNMEASURED = Verdict.PASS, Verdict.FAIL, Verdict.UNMEASURED
ALL = [(each, gate) for each in plan.MILESTONES for gate in each.gates]
MEASURED = [gate for _, gate in ALL if gate.artifact]
FIGURES = [gate for gate in MEASURED if gate.take is Take.EACH and gate.threshold is not None]
COUNTS = [gate for gate in MEASURED if gate.take is Take.COUNT]
ADDED = {plan.SUMS, plan.EVENTS, plan.COMPLETENESS}  # their content is made by checks, and by `prepare`
OF_SCHEMAS = [
    gate
    for gate in MEASURED
    if gate.artifact not in ADDED
    and gate.pointer.startswith("/result/")
    and schemas.is_artifact(plan.FLAKES if gate.artifact in plan.FLAKES_OF.values() else gate.artifact)
]
IN_ORDER = {
    "<": [PASS, FAIL, FAIL],
    "<=": [PASS, PASS, FAIL],
    ">=": [FAIL, PASS, PASS],
    "==": [FAIL, PASS, FAIL],
}


def named(gate: Gate) -> str:
    return f"{gate.name} {gate.operator.value} {gate.threshold}"


def verdict(gate: Gate, content: dict[str, Any]) -> Verdict:
    return judging.evaluate(gate, Document(name=gate.artifact, content=content), today=TODAY).verdict


def exact(gate: Gate, figure: Any) -> dict[str, Any]:
    """An artifact with that figure, of which it is sure, and which has judged it by no threshold that it tells."""
    content = placed(gate, [figure], verdict="pass", reason="")
    if gate.bounds:
        content["result"]["bounds"] = {"low": figure, "high": figure}
    return content


@pytest.mark.parametrize("gate", FIGURES, ids=named)
def test_a_figure_under_at_and_over_the_threshold(gate: Gate) -> None:
    if isinstance(gate.threshold, bool):
        assert [verdict(gate, exact(gate, said)) for said in (True, False)] == [PASS, FAIL]
    elif isinstance(gate.threshold, str):
        assert gate.operator.value == "!="
        assert [verdict(gate, exact(gate, said)) for said in ("other", gate.threshold)] == [PASS, FAIL]
    else:
        assert gate.threshold is not None
        figures = (gate.threshold - 1e-9, gate.threshold, gate.threshold + 1e-9)
        assert [verdict(gate, exact(gate, figure)) for figure in figures] == IN_ORDER[gate.operator.value]


@pytest.mark.parametrize("gate", COUNTS, ids=named)
def test_a_count_under_at_and_over_the_threshold(gate: Gate) -> None:
    assert isinstance(gate.threshold, int)
    for away, wanted in zip((-1, 0, 1), IN_ORDER[gate.operator.value], strict=True):
        count = gate.threshold + away
        if count >= 0:
            assert verdict(gate, placed(gate, [{}] * count)) is wanted


@pytest.mark.parametrize("gate", FIGURES, ids=named)
def test_what_has_no_figure_is_not_measured(gate: Gate) -> None:
    assert verdict(gate, exact(gate, None)) is UNMEASURED
    assert verdict(gate, {}) is UNMEASURED


@pytest.mark.parametrize("gate", [gate for gate in FIGURES if not isinstance(gate.threshold, str | bool)], ids=named)
def test_an_interval_on_both_sides_decides_nothing(gate: Gate) -> None:
    if not gate.operator.is_order:
        return
    assert isinstance(gate.threshold, int | float)
    ends = {"low": gate.threshold - 0.1, "high": gate.threshold + 0.1}
    content = placed(gate, [gate.threshold + 0.01], verdict="pass", reason="", interval=ends)
    content.setdefault("result", {})["bounds"] = ends
    assert verdict(gate, content) is UNMEASURED


@pytest.mark.parametrize("gate", [gate for gate in MEASURED if gate.threshold is None], ids=named)
@pytest.mark.parametrize("said", list(Verdict))
def test_a_gate_without_a_threshold_has_the_artifacts_own_verdict(gate: Gate, said: Verdict) -> None:
    content = placed(gate, [0.7], verdict=said.value, reason="", **{gate.judged_at: 0.7})
    assert verdict(gate, content) is said


@pytest.mark.parametrize("gate", OF_SCHEMAS, ids=named)
def test_every_pointer_is_one_that_the_schema_has(gate: Gate) -> None:
    name = plan.FLAKES if gate.artifact in plan.FLAKES_OF.values() else gate.artifact
    whole = schemas.shipped()[schemas.of_artifact(name)]
    tokens = gate.pointer.split("/")[1:]
    assert list(reached(whole, tokens, whole)), gate.pointer
    if gate.bounds:
        assert list(reached(whole, gate.bounds.split("/")[1:], whole))
    if gate.verdict:
        (holder,) = [each for each in reached(whole, tokens[:-1], whole) if "properties" in each]
        assert {gate.verdict, gate.judged_at} <= holder["properties"].keys()


def test_only_these_figures_are_judged_by_an_interval_beside_them() -> None:
    """Ends that happen to stand beside a figure, and are not its own, would judge it."""
    found = set()
    for gate in OF_SCHEMAS:
        name = plan.FLAKES if gate.artifact in plan.FLAKES_OF.values() else gate.artifact
        whole = schemas.shipped()[schemas.of_artifact(name)]
        holders = reached(whole, gate.pointer.split("/")[1:-1], whole)
        if any({"low", "high", "interval"} & each.get("properties", {}).keys() for each in holders):
            found.add(gate.pointer)
    assert found == {
        "/result/claim/figure",
        "/result/score/figure",
        "/result/scopes/*/figure",
        "/result/change/difference",
        "/result/gates/name=speed-up/figure",
        "/result/gates/name=flake increase/figure",
        *(f"/result/cells/system={system}/pass_rate" for system in plan.SYSTEMS),
    }


def reached(schema: dict[str, Any], tokens: list[str], whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts of a schema that a pointer leads to; a choice of an item has to be among what the schema allows."""
    reference = schema.get("$ref", "")
    if reference.startswith("#/$defs/"):
        yield from reached(whole["$defs"][reference.removeprefix("#/$defs/")], tokens, whole)
    elif "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from reached(one, tokens, whole)
    elif not tokens:
        yield schema
    elif "items" in schema:
        key, equals, value = tokens[0].partition("=")
        for chosen in reached(schema["items"], [key], whole) if equals else ():
            assert value in chosen.get("enum", [value]) or (chosen.get("type"), value) == ("boolean", "true")
        yield from reached(schema["items"], tokens[1:], whole)
    elif tokens[0] in schema.get("properties", {}):
        yield from reached(schema["properties"][tokens[0]], tokens[1:], whole)


def test_most_pointers_are_held_against_a_schema() -> None:
    """The others lead to what `prepare` adds, and to what no artifact of this project writes yet."""
    rest = {gate.pointer for gate in MEASURED} - {gate.pointer for gate in OF_SCHEMAS}
    assert {pointer for pointer in rest if pointer.startswith("/result/")} <= {
        *(f"/result/missing/milestone={each.name}" for each in plan.MILESTONES),
        *(f"/result/archives/name={each.archive}" for each in plan.MILESTONES),
        *(f"/result/deliverables/name={name}/sha256" for name in plan.PLAYBOOKS),
    }


def test_chosen_names_are_those_that_there_are() -> None:
    """In the schema they are any text: gates of `gates`, markers' own gates, kinds of events."""
    names = {
        gate.pointer.split("name=")[1].split("/")[0]
        for gate in MEASURED
        if gate.artifact == plan.GATES and "name=" in gate.pointer
    }
    assert names <= set(GATES)
    kinds = {gate.pointer.removeprefix("/types/") for gate in MEASURED if gate.artifact == plan.EVENTS}
    assert kinds <= {each.value for each in EventType}


@pytest.mark.parametrize("milestone", plan.MILESTONES, ids=lambda each: each.name)
def test_gates_of_a_milestone_have_names_of_their_own(milestone: Any) -> None:
    names = [gate.name for gate in milestone.gates]
    assert len(set(names)) == len(names)
    assert all(gate.title.endswith(".") for gate in milestone.gates)


def test_every_criterion_of_the_plan_has_a_gate() -> None:
    names = {gate.name.partition(" ")[0] for _, gate in ALL if gate.name.startswith("AC-")}
    assert names == {"AC-1", *(f"AC-{number}" for number in range(8, 16))}


def test_what_the_plan_has_no_text_of_is_never_measured() -> None:
    unmeasured = [gate for _, gate in ALL if not gate.artifact]
    assert [gate.name for gate in unmeasured] == [plan.CARRIED_OVER]
    assert all(gate.absent and gate.level is Level.ADVISORY for gate in unmeasured)


def test_where_the_plan_contradicts_itself_the_other_reading_only_advises() -> None:
    advisory = {
        each.name: {gate.name for gate in each.gates if gate.level is Level.ADVISORY} for each in plan.MILESTONES
    }
    assert advisory["M1"] == {
        "mutation baseline of one module",
        "AC-8 marker reduction by 82 %",
        plan.CARRIED_OVER,
    }
    assert advisory["M2"] == {
        "parallel speed-up of 5",
        "parallel speed-up for this machine",
        "flake rate of KR6.4",
        "5 modules with a mutation score",
    }


@pytest.mark.parametrize("command", sorted({gate.command for gate in MEASURED if gate.command}))
def test_every_command_is_one_that_there_is(command: str) -> None:
    words = shlex.split(command)
    if words[0] != "noxtasks":
        assert words == ["sha256sum", "-c", plan.SUMS]
    elif words[1] in {"bundle", "governance"} - {each.name for each in COMMANDS}:
        pytest.skip(f"there is no command {words[1]} yet")
    else:
        assert build_parser().parse_args(words[1:]).command


def test_the_numbers_are_those_of_the_plan() -> None:
    """Its section 4, by milestone and in its order."""
    thresholds = {
        each.name: {gate.name: (gate.operator.value, gate.threshold) for gate in each.gates} for each in plan.MILESTONES
    }
    wanted: dict[str, dict[str, tuple[str, Any]]] = {
        "M1": {
            "collection error rate": ("==", 0),
            "flake rate": ("<", 0.05),
            "flake sample": (">=", 100),
            "active markers": ("<", 50),
            "mutation baseline": (">=", None),
        },
        "M2": {
            "cross-OS consistency": (">=", 0.95),
            "cross-OS pass rate": (">=", 0.95),
            "performance baseline": (">=", 10),
            "parallel speed-up": (">=", 3),
            "parallel speed-up of 5": (">=", 5),
            "flake rate": ("<", 0.07),
            "flake rate of KR6.4": ("<", 0.05),
            "parallel flake increase": ("<=", 0.02),
            "mutation score": (">=", 0.6),
            "modules with a mutation score": (">=", 3),
            "5 modules with a mutation score": (">=", 5),
        },
        "M3": {
            "flake rate on Linux": ("<", 0.05),
            "mutation score": (">=", 0.6),
            "speed-up since M2": (">=", 0.9),
            "after-action report": ("==", 7),
        },
    }
    for name, gates in wanted.items():
        assert gates.items() <= thresholds[name].items()
    assert plan.MODULES == 5  # where there are as many


def test_the_page_has_every_gate_by_its_milestone_and_level() -> None:
    page = (Path(__file__).parents[2] / "docs" / "bundle.md").read_text("utf-8")
    section = page.partition("## Milestones\n")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| M")]
    for milestone in plan.MILESTONES:
        said = [name for row in rows if row[0] == f"| {milestone.name}" for name in re.findall(r"\*?`[^`]+`", row[2])]
        levels = {gate.name: gate.level for gate in milestone.gates}
        wanted = {f"{'*' * (level is Level.ADVISORY)}`{name}`" for name, level in levels.items()}
        assert sorted(said) == sorted(wanted)


def test_artifacts_are_named_once() -> None:
    assert len(set(plan.artifacts())) == len(plan.artifacts())
    assert "" not in plan.artifacts()
    assert set(plan.artifacts((plan.M1,))) < set(plan.artifacts())
