"""What all gates together come to. Pure: what each says stands in `evidence.gating`."""

from __future__ import annotations

from collections.abc import Sequence

from noxtasks.errors import ExitCode
from noxtasks.evidence.gating.judging import gravest
from noxtasks.evidence.gating.model import Evaluation
from noxtasks.stats import Verdict


def overall(evaluations: Sequence[Evaluation]) -> Verdict:
    """What the gates that block come to: fail before unmeasured before pass. Without any it passes."""
    return gravest(each.verdict for each in evaluations if each.is_blocking)


def exit_code(verdict: Verdict) -> ExitCode:
    """How the command ends."""
    codes = {Verdict.PASS: ExitCode.NOTHING_FOUND, Verdict.FAIL: ExitCode.FOUND}
    return codes.get(verdict, ExitCode.NOT_MEASURED)
