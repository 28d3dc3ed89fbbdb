"""The tier of mutants, as the last scan has left it in the reports folder: an artifact, and none of its code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts
from noxtasks.ladder import rules
from noxtasks.ladder.model import Measured, Tier
from noxtasks.stats import Interval, Judgement

REPORT = "mutation.initial.report.json"
_COMMAND = "noxtasks mutation"


def measured(tier: Tier, reports: Path, *, code_version: str) -> Measured:
    """The tier by the report of a whole scan of this code; anything else is no figure."""
    if not (reports / REPORT).exists():
        return _as(tier, rules.unmeasured(tier, f"no mutants have been tried: {_COMMAND}"))
    try:
        found = artifacts.read(reports, REPORT)
    except EvidenceError as error:
        return _as(tier, rules.unmeasured(tier, f"{REPORT} cannot be trusted, {error.message}: {_COMMAND}"))
    if found.provenance.code_version != code_version:
        return _as(tier, rules.unmeasured(tier, f"the last scan is about other code: {_COMMAND}"), is_stale=True)
    if not found.provenance.complete:
        return _as(tier, rules.unmeasured(tier, f"the last scan was interrupted: {_COMMAND} --resume"))
    return _as(tier, judge(tier, found.result))


def judge(tier: Tier, result: dict[str, Any]) -> Judgement:
    """The score of a scan against the target. What a sample leaves open is unmeasured. Pure."""
    if result["extent"]["choice"] == "since":
        return rules.unmeasured(tier, f"the last scan is of what has changed, and not of all: {_COMMAND}")
    score = result["score"]
    figure, total = score["figure"], score["total"]
    if figure is None:
        return rules.unmeasured(tier, f"the last scan has no score: {result['judgement']['reason']}")
    told = score["interval"] or {"low": figure, "high": figure}
    return rules.decide(tier, figure, Interval(low=told["low"], high=told["high"]), sample=total)


def _as(tier: Tier, judgement: Judgement, *, is_stale: bool = False) -> Measured:
    return Measured(tier=tier, tests=0, failed=(), coverage=None, edges=None, judgement=judgement, is_stale=is_stale)
