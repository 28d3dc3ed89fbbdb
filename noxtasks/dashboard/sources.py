"""Every source file, and all that artifacts know of it: which tiers cover it, and which mutants live in it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from noxtasks.dashboard.model import Module, Survivor
from noxtasks.dashboard.panels.ladder import named
from noxtasks.dashboard.panels.mutation import LIVING
from noxtasks.dashboard.panels.objective import Content

_LINES = 200  # of a diff
_LONGEST = 600


def modules(ladder: Content | None, mutation: Content | None) -> tuple[Module, ...]:
    """All files that `coverage.ladder.v2.yaml` or `mutation.initial.report.json` knows, by path."""
    tiers = _tiers(ladder) if ladder else {}
    scores = {each["path"]: each for each in mutation["modules"]} if mutation else {}
    living: dict[str, list[Survivor]] = defaultdict(list)
    for each in mutation["mutants"] if mutation else ():
        if each["status"] in LIVING:
            living[each["path"]].append(_survivor(each))
    return tuple(
        Module(
            path=path,
            tiers=tuple(tiers.get(path, {}).items()),
            killed=scores[path]["killed"] if path in scores else None,
            mutants=scores[path]["total"] if path in scores else None,
            untried=scores[path]["counts"]["unchecked"] if path in scores else 0,
            survivors=tuple(living[path]),
        )
        for path in sorted({*tiers, *scores, *living})
    )


def _tiers(ladder: Content) -> dict[str, dict[str, float | None]]:
    """By path, what each tier covers of its lines, the lowest tier first; None where it does not look at the file."""
    measured = {named(each["name"]): each.get("files", {}) for each in ladder["tiers"] if each["metric"] != "score"}
    paths = {path for files in measured.values() for path in files}
    return {path: {tier: _share(files.get(path)) for tier, files in measured.items()} for path in paths}


def _share(counts: Content | None) -> float | None:
    return counts["covered"] / counts["total"] if counts and counts["total"] else None


def _survivor(each: Any) -> Survivor:
    return Survivor(
        id=each["id"],
        line=each["line"],
        function=each["function"],
        diff=tuple(line[:_LONGEST] for line in each["diff"][:_LINES]),
        command=f"noxtasks mutation explain {each['id']}",
    )
