"""Each gate under, at and over its threshold; and where only its artifact has one, by the verdict of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from noxtasks.config import Settings
from noxtasks.evidence.gating import judging
from noxtasks.evidence.gating.model import Document, Gate, Take
from noxtasks.gates import table
from noxtasks.stats import Verdict

from .samples import TODAY, cause, comparison, flakes, health, tier

GATES = {each.name: each for each in table.settle(Settings())}
PASS, FAIL = Verdict.PASS, Verdict.FAIL
OF_ARTIFACT = 0.7  # where the artifact alone has a threshold


def own(figure: float, **parts: Any) -> dict[str, Any]:
    return {"figure": figure, "verdict": "pass", "threshold": None, "reason": "", **parts}


def rung(name: str) -> Callable[[float], dict[str, Any]]:
    return lambda figure: {"tiers": [own(figure, name=name, target=None), own(0.0, name="tier4_mutation", target=None)]}


def sure(metric: str) -> Callable[[float], dict[str, Any]]:
    """A benchmark whose change is known exactly, beside one under another metric that is far off."""
    other = tier("p50", 9.0, "fail")
    return lambda change: comparison(tier(metric, change, "pass", threshold=9, low=change, high=change), other)


FIGURES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "performance mean": sure("mean"),
    "performance p95": sure("p95"),
    "cross-OS consistency": lambda figure: {"consistency": own(figure)},
    "ladder tier 1": rung("tier1_unit"),
    "ladder tier 2": rung("tier2_integration"),
    "flake rate": lambda figure: flakes(
        claim={**own(figure, threshold=0.9), "interval": {"low": figure, "high": figure}}
    ),
    "marker count": lambda figure: {"gates": [{"name": "few", "figure": figure}]},
    "mutation score": lambda figure: {"judgement": own(figure), "score": {"interval": None}},
    "parallel speed-up": lambda figure: {"gates": [own(figure, name="speed-up")]},
    "parallel flake increase": lambda figure: {"gates": [own(figure, name="flake increase")]},
    "ladder tier 3": rung("tier3_system"),
    "new-code coverage": lambda figure: {"new_code": own(figure)},
}
COUNTS: dict[str, Callable[[int], dict[str, Any]]] = {
    "collection errors": lambda count: {"result": health(causes=[cause(blocking=False), *[cause()] * count])},
    "evidence integrity": lambda count: {"artifacts": [{"name": "a"}] * (count // 2), "events": [1] * (-(-count // 2))},
    "quarantine expiry": lambda count: {"result": {"quarantine": {"expired": ["a"] * count}}},
    "marker audit": lambda count: {
        "result": {"gates": [{"name": "registered", "figure": count, "grade": "fail" if count else "pass"}]}
    },
    "mutation ratchet": lambda count: {
        "result": {"ratchet": {"regressed": ["a"] * (count // 2), "new": [1] * -(-count // 2)}}
    },
    "determinism": lambda count: {"result": {"findings": [1] * (count // 2), "differing": ["a"] * -(-count // 2)}},
    "event chain": lambda count: {"findings": [1] * count},
    "bundle completeness": lambda count: {"result": {"missing": [1] * count}},
    "governance": lambda count: {"result": {"violations": [1] * count}},
}


def verdict(gate: Gate, content: dict[str, Any]) -> Verdict:
    return judging.evaluate(gate, Document(name=gate.artifact, content=content), today=TODAY).verdict


def test_there_is_a_case_for_every_gate() -> None:
    assert FIGURES.keys() | COUNTS.keys() == GATES.keys()
    assert {name for name, each in GATES.items() if each.take is Take.COUNT} <= COUNTS.keys()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_under_at_and_over_the_threshold(name: str) -> None:
    gate = GATES[name]
    if gate.threshold is None:
        gate = msgspec.structs.replace(gate, threshold=OF_ARTIFACT)
    assert isinstance(gate.threshold, int | float)
    step = 1 if name == "marker count" else 1e-9
    figures = (gate.threshold - step, gate.threshold, gate.threshold + step)
    wanted = {
        "<": [PASS, FAIL, FAIL],
        "<=": [PASS, PASS, FAIL],
        ">=": [FAIL, PASS, PASS],
    }[gate.operator.value]
    assert [verdict(gate, {"result": FIGURES[name](figure)}) for figure in figures] == wanted


@pytest.mark.parametrize("name", COUNTS)
def test_none_is_allowed_of_what_is_counted(name: str) -> None:
    assert [verdict(GATES[name], COUNTS[name](count)) for count in (0, 1, 2)] == [PASS, FAIL, FAIL]


@pytest.mark.parametrize("name", [name for name, each in GATES.items() if each.threshold is None])
@pytest.mark.parametrize("said", ["pass", "fail", "unmeasured"])
def test_a_gate_without_a_threshold_has_the_artifacts_own_verdict(name: str, said: str) -> None:
    gate = GATES[name]
    result = _with(FIGURES[name](OF_ARTIFACT), {"verdict": said, gate.judged_at: OF_ARTIFACT})
    assert verdict(gate, {"result": result}).value == said


def _with(value: Any, said: dict[str, Any]) -> Any:
    """`value`, where each object with a verdict has `said`."""
    if isinstance(value, list):
        return [_with(item, said) for item in value]
    if isinstance(value, dict):
        found = {key: _with(item, said) for key, item in value.items()}
        return {**found, **said} if "verdict" in found else found
    return value
