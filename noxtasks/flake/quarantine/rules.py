"""Pure decisions about the quarantine: who goes in, who stays, who returns, and whose time is over."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from noxtasks import stats
from noxtasks.flake.quarantine.model import Entry, Measured, Plan, Policy, Standing, Store
from noxtasks.history.model import Tally
from noxtasks.probe.noxtasks_probe import entries as probe
from noxtasks.stats import Interval


def measured(report: Mapping[str, Any], tallies: Iterable[Tally], *, confidence: float) -> tuple[Measured, ...]:
    """What is known of each test: by the flake report's `result` where that names it, else by the history's tallies.

    Both are of one code version. A test that the report could not measure, or that never ran, has no runs.
    """
    found = {each["test"]: _unsteady(each, is_flaky=True) for each in report["flaky"]}
    found |= {each["test"]: _unsteady(each, is_flaky=False) for each in report["broken"]}
    unmeasured = {*report["only_beside_others"], *report["only_in_forks"]} - found.keys()
    for name in (*report["never_run"], *unmeasured):
        found.setdefault(name, Measured(test=name, runs=0, failures=0, interval=stats.wilson(0, 0)))
    for tally in tallies:
        if tally.nodeid not in found:
            interval = stats.wilson(tally.failures, tally.runs, confidence=confidence)
            found[tally.nodeid] = Measured(
                test=tally.nodeid, runs=tally.runs, failures=tally.failures, interval=interval
            )
    return tuple(found[name] for name in sorted(found))


def _unsteady(told: Mapping[str, Any], *, is_flaky: bool) -> Measured:
    return Measured(
        test=told["test"],
        runs=told["runs"],
        failures=told["failures"],
        interval=msgspec.convert(told["interval"], Interval),
        exception=told["causes"][0]["exception"].rpartition(".")[2] if told["causes"] else "",
        is_flaky=is_flaky,
    )


def plan(tests: Sequence[Measured], entries: Sequence[Entry], *, today: date, policy: Policy) -> Plan:
    """Decide about every entry, and about every test that is measured and has none.

    An entry returns only when all that it holds for was measured, and each of it below the threshold. Being mended
    goes before being out of time.
    """
    held: dict[str, list[Measured]] = defaultdict(list)
    known = {entry.test for entry in entries}
    new = []
    for test in tests:
        covering = known.intersection(probe.ids_covering(test.test))
        for name in covering:
            held[name].append(test)
        if not covering and goes_in(test, policy):
            new.append(Standing(entry=entry_for(test, today=today, policy=policy), measured=(test,)))
    standings = [Standing(entry=entry, measured=tuple(held[entry.test])) for entry in entries]
    released = [each for each in standings if may_return(each.measured, policy)]
    others = [each for each in standings if each not in released]
    return Plan(
        added=tuple(new),
        kept=tuple(each for each in others if not is_expired(each.entry, today)),
        released=tuple(released),
        expired=tuple(each for each in others if is_expired(each.entry, today)),
    )


def unchanged(entries: Iterable[Entry], *, today: date) -> Plan:
    """What is in quarantine, where nothing is to become of it."""
    standings = [Standing(entry=entry) for entry in entries]
    return Plan(
        kept=tuple(each for each in standings if not is_expired(each.entry, today)),
        expired=tuple(each for each in standings if is_expired(each.entry, today)),
    )


def goes_in(test: Measured, policy: Policy) -> bool:
    """Whether a test is flaky beyond doubt, and too often. A test that always fails is broken: that is to be seen."""
    return test.is_flaky and test.interval.low > policy.enter_above


def may_return(tests: Sequence[Measured], policy: Policy) -> bool:
    """Whether each of `tests` is below the threshold beyond doubt. What was not measured, [0, 1], never is."""
    return bool(tests) and all(test.interval.high < policy.release_below for test in tests)


def is_expired(entry: Entry, today: date) -> bool:
    """Whether the last day of the entry is over."""
    return today > entry.expires


def excused(tests: Iterable[str], entries: Iterable[Entry], *, today: date) -> frozenset[str]:
    """Those of `tests` that are in quarantine, and not beyond its last day."""
    inside = {entry.test for entry in entries if not is_expired(entry, today)}
    return frozenset(test for test in tests if not inside.isdisjoint(probe.ids_covering(test)))


def entry_for(test: Measured, *, today: date, policy: Policy) -> Entry:
    """The entry with which `test` goes in today."""
    reason = f"failed {test.failures} of {test.runs} runs"
    return Entry(
        test=test.test,
        since=today,
        expires=probe.expiry(today, policy.days),
        reason=f"{reason}: {test.exception}" if test.exception else reason,
        owner=policy.owner,
        issue=policy.issue,
        reruns=policy.reruns,
    )


def in_source(added: Sequence[Standing], tests: Sequence[Measured], entries: Sequence[Entry]) -> tuple[Standing, ...]:
    """The additions as marks can say them: one for a function of which all parameters go in, together.

    Where only some do, they stay what they are, with their parameters: a mark would hold for the sound ones too.
    """
    groups: dict[str, list[Standing]] = defaultdict(list)
    for each in added:
        groups[function_of(each.entry.test)].append(each)
    known = {entry.test for entry in entries}
    placed = []
    for function, group in groups.items():
        variants = {test.test for test in tests if function_of(test.test) == function}
        whole = variants <= {each.entry.test for each in group} and function not in known
        if whole and (len(group) > 1 or group[0].entry.test != function):
            placed.append(_together(function, group))
        else:
            placed += group
    return tuple(
        msgspec.structs.replace(each, entry=msgspec.structs.replace(each.entry, store=Store.SOURCE))
        if each.entry.test == function_of(each.entry.test)
        else each
        for each in placed
    )


def function_of(test: str) -> str:
    """The node id without its parameters."""
    path, colons, names = test.partition("::")
    return path + colons + names.partition("[")[0]


def may_hold(source: str, test: str) -> bool:
    """Whether a file with this text may have the test: false only where its name, or that of its class, is not in it.

    A method that is not there may come from a base class, unless its class has none.
    """
    if "::" not in test:
        return True
    *classes, name = function_of(test).split("::")[1:]
    words = [each.rpartition(".")[2] for each in (*classes, name)]
    missing = [word for word in words if not re.search(rf"\b{re.escape(word)}\b", source)]
    inherits = classes and re.search(rf"\bclass\s+{re.escape(words[-2])}\s*(\[.*?\]\s*)?\(\s*[^\s)]", source, re.DOTALL)
    return not missing or (missing == words[-1:] and bool(inherits))


def _together(function: str, group: Sequence[Standing]) -> Standing:
    worst = max(group, key=lambda each: each.measured[0].interval.low)
    return Standing(
        entry=msgspec.structs.replace(worst.entry, test=function),
        measured=tuple(test for each in group for test in each.measured),
    )
