"""What does not show: tests that a system never runs, and tests that some cells do not have."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from noxtasks.evidence.display.text import counted
from noxtasks.matrix.comparing import Table, by_system, runs
from noxtasks.matrix.model import Absence, Absent, Cell, Hidden

_MOST_SKIPPED = 0.5
"""The share of its tests from which on a system is said to skip most of them."""

_LEAST_HIDDEN = 2  # tests of a module
_REASONS = 3  # that are told
_COMPARED = 2  # systems
_LEFT_OUT = frozenset({Absence.DESELECTED, Absence.PARAMETRISED, Absence.ABSENT})


def hidden(table: Table, cells: Sequence[Cell]) -> tuple[Hidden, ...]:
    """What skips keep from being seen: tests that run nowhere, modules that a system skips, systems that skip most."""
    found: list[Hidden] = []
    nowhere = tuple(test for test, by_cell in table.items() if not runs(by_cell.values()))
    if nowhere:
        found.append(Hidden(system=None, tests=nowhere, reason=_reason(table, nowhere, [cell.name for cell in cells])))
    systems = by_system(cells)
    for system, group in sorted(systems.items()) if len(systems) >= _COMPARED else ():
        here = [cell.name for cell in group]
        lost = [
            test
            for test, by_cell in table.items()
            if runs(by_cell.values()) and not runs(by_cell[name] for name in here)
        ]
        runnable = sum(runs(by_cell.values()) for by_cell in table.values())
        if len(lost) > _MOST_SKIPPED * runnable:
            reason = f"{len(lost)} of {counted(runnable, 'test')} never run there: {_reason(table, lost, here)}"
            found.append(Hidden(system=system, tests=tuple(lost), reason=reason))
            continue
        found += [
            Hidden(system=system, tests=tuple(tests), reason=f"no test of {module} runs: {_reason(table, tests, here)}")
            for module, tests in _whole_modules(table, lost, here)
        ]
    return tuple(found)


def _whole_modules(table: Table, lost: Sequence[str], here: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The modules of which nothing runs in the cells `here`, and something elsewhere; with those of `lost`."""
    running = {_module(test) for test, by_cell in table.items() if runs(by_cell[name] for name in here)}
    modules: dict[str, list[str]] = defaultdict(list)
    for test in lost:
        if _module(test) not in running:
            modules[_module(test)].append(test)
    return [(module, tests) for module, tests in sorted(modules.items()) if len(tests) >= _LEAST_HIDDEN]


def _reason(table: Table, tests: Sequence[str], cells: Sequence[str]) -> str:
    """The reasons that most of `tests` give in `cells`."""
    showings = (table[test][name] for test in tests for name in cells)
    count = Counter(showing.entry.reason or showing.said for showing in showings)
    return "; ".join(reason for reason, _ in count.most_common(_REASONS))


def absent(table: Table) -> tuple[Absent, ...]:
    """The tests that some cells do not have, by why and where."""
    groups: dict[tuple[Absence, tuple[str, ...]], list[str]] = defaultdict(list)
    by_value = {each.value: each for each in _LEFT_OUT}
    for test, by_cell in table.items():
        for absence in {by_value[each.said] for each in by_cell.values() if each.said in by_value}:
            where = tuple(sorted(name for name, each in by_cell.items() if each.said == absence.value))
            groups[absence, where].append(test)
    ordered = sorted(groups.items(), key=lambda each: (each[0][0].value, each[0][1]))
    return tuple(Absent(absence=absence, cells=where, tests=tuple(tests)) for (absence, where), tests in ordered)


def _module(test: str) -> str:
    return test.partition("::")[0]
