"""The gates as data: so many as the plan has, each at a place that its artifact has, with a command that works."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import pytest

from noxtasks import config
from noxtasks.cli import COMMANDS, build_parser
from noxtasks.config import (
    BenchSettings,
    FlakeSettings,
    GateSettings,
    LadderSettings,
    MarkersSettings,
    MatrixSettings,
    MutationSettings,
    Settings,
)
from noxtasks.evidence import schemas
from noxtasks.evidence.gating.model import Gate, Level, Operator, Unit, Waiver
from noxtasks.gates import table

SPECIAL = {table.SUMS, table.EVENTS}
KNOWN = [each for each in table.GATES if schemas.is_artifact(each.artifact)]


def settled(**gates: GateSettings) -> dict[str, Gate]:
    named = {name.replace("_", " "): said for name, said in gates.items()}
    return {each.name: each for each in table.settle(Settings(gates=named))}


def test_7_gates_block_and_11_advise_as_the_plan_has_it() -> None:
    levels = [each.level for each in table.GATES]
    assert (levels.count(Level.BLOCKING), levels.count(Level.ADVISORY), levels.count(Level.OFF)) == (7, 11, 3)
    assert [each.name for each in table.GATES if each.level is Level.BLOCKING] == [
        *("collection errors", "performance mean", "performance p95", "cross-OS consistency"),
        *("ladder tier 1", "ladder tier 2", "evidence integrity"),
    ]


def test_the_names_are_those_that_the_configuration_knows() -> None:
    assert tuple(each.name for each in table.GATES) == config.GATES
    assert len(table.SHIPPED) == len(table.GATES)


@pytest.mark.parametrize("which", KNOWN, ids=lambda each: each.name)
def test_every_pointer_is_one_that_the_schema_has(which: Gate) -> None:
    found = list(_reached(_whole(which.artifact), which.pointer.split("/")[1:]))
    assert found, which.pointer
    if which.bounds:
        assert list(_reached(_whole(which.artifact), which.bounds.split("/")[1:]))
    if which.verdict:
        *holder, _ = which.pointer.split("/")[1:]
        (inner,) = [each for each in _reached(_whole(which.artifact), holder) if "properties" in each]
        assert {which.verdict, which.judged_at} <= inner["properties"].keys()


def _whole(artifact: str) -> dict[str, Any]:
    return schemas.shipped()[schemas.of_artifact(artifact)]


def _reached(
    schema: dict[str, Any], tokens: list[str], whole: dict[str, Any] | None = None
) -> Iterator[dict[str, Any]]:
    """The parts of a schema that a pointer leads to; a choice of an item has to be among what the schema allows."""
    whole = whole or schema
    reference = schema.get("$ref", "")
    if reference.startswith("#/$defs/"):
        yield from _reached(whole["$defs"][reference.removeprefix("#/$defs/")], tokens, whole)
        return
    if "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from _reached(one, tokens, whole)
        return
    if not tokens:
        yield schema
        return
    first, *rest = tokens
    if "items" in schema:
        key, equals, value = first.partition("=")
        assert first == "*" or equals
        if equals:
            (chosen,) = _reached(schema["items"], [key], whole)
            assert value in chosen.get("enum", [value]) or (chosen.get("type"), value) == ("boolean", "true")
        yield from _reached(schema["items"], rest, whole)
        return
    for name in first.strip("{}").split(","):
        if name in schema.get("properties", {}):
            yield from _reached(schema["properties"][name], rest, whole)


@pytest.mark.parametrize("which", table.GATES, ids=lambda each: each.name)
def test_every_command_is_one_that_there_is(which: Gate) -> None:
    words = shlex.split(which.command)
    if words[0] == "noxtasks" and {words[1], " ".join(words[1:3])} & {command.name for command in COMMANDS}:
        assert build_parser().parse_args(words[1:]).command
    elif words[0] != "noxtasks":
        assert which.artifact in SPECIAL


def test_thresholds_are_the_projects_own() -> None:
    settings = Settings(
        flake=FlakeSettings(threshold=0.07),
        markers=MarkersSettings(limit=44),
        mutation=MutationSettings(threshold=0.8, blocking_after=date(2026, 12, 24)),
        bench=BenchSettings(thresholds={"p95": 0.5}),
        matrix=MatrixSettings(consistency=0.99),
    )
    found = {each.name: each for each in table.settle(settings)}
    assert (found["flake rate"].threshold, found["marker count"].threshold) == (0.07, 44)
    assert (found["performance mean"].threshold, found["performance p95"].threshold) == (0.1, 0.5)
    assert (found["mutation score"].threshold, found["mutation score"].blocking_after) == (0.8, date(2026, 12, 24))
    assert found["cross-OS consistency"].threshold == 0.99


def test_a_tier_blocks_where_the_ladder_has_it_block() -> None:
    ladder = LadderSettings(
        levels={"integration": "advisory", "system": "blocking"}, blocking_after={"unit": date(2026, 12, 24)}
    )
    found = {each.name: each for each in table.settle(Settings(ladder=ladder))}
    said = [
        (found[f"ladder tier {number}"].level, found[f"ladder tier {number}"].blocking_after) for number in (1, 2, 3)
    ]
    assert said == [
        (Level.BLOCKING, date(2026, 12, 24)),
        (Level.ADVISORY, None),
        (Level.BLOCKING, None),
    ]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("ladder tier 1", Settings(ladder=LadderSettings(blocking_after={"unit": date(2020, 1, 1)}))),
        ("mutation score", Settings(mutation=MutationSettings(blocking_after=date(2020, 1, 1)))),
    ],
)
def test_a_level_that_a_gate_is_given_is_not_undone_by_another_setting(name: str, settings: Settings) -> None:
    given = msgspec.structs.replace(settings, gates={name: GateSettings(level="advisory")})
    (found,) = [each for each in table.settle(given) if each.name == name]
    assert (found.level, found.blocking_after) == (Level.ADVISORY, None)


def test_what_is_said_of_a_gate_goes_before_and_the_rest_stays() -> None:
    said = GateSettings(
        threshold=0.7,
        level="blocking",
        owner="ada",
        waived_until=date(2026, 12, 1),
        waiver="the parser is being rewritten",
    )
    found = settled(mutation_score=said)["mutation score"]
    assert (found.threshold, found.level, found.owner) == (0.7, Level.BLOCKING, "ada")
    assert found.waiver == Waiver(until=date(2026, 12, 1), reason="the parser is being rewritten")
    assert (found.artifact, found.operator, found.verdict) == (table.MUTATION, Operator.AT_LEAST, "verdict")


def test_a_gate_of_the_projects_own_advises_unless_it_says_otherwise() -> None:
    said = GateSettings(artifact="coverage.json", pointer="/totals/percent_covered", operator=">=", threshold=80)
    found = settled(lines=said)["lines"]
    assert (found.level, found.unit, found.title, found.verdict) == (Level.ADVISORY, Unit.NUMBER, "lines", "")
    assert [*settled(lines=said)][-1] == "lines"
