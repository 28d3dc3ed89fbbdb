"""What `markers` says on the terminal and, on GitHub, beside the lines and in the job's summary."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.display import github
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import counted, shown
from noxtasks.markers.emit import AUDIT
from noxtasks.markers.model import (
    Audit,
    Class,
    Consolidation,
    Facet,
    Gate,
    Grade,
    Marker,
    Merge,
    Reference,
    Registration,
    Removal,
    Use,
)
from noxtasks.suite.launch import Suite

if TYPE_CHECKING:
    from noxtasks.markers.applying import Applied  # loads what edits Python, which takes long

_ROWS = 60  # live markers in the table; the artifact and the page have them all
_NAMED = 3  # files that cannot be collected
_LISTED = 15  # of the others, of each kind
_STYLE = {Grade.PASS: "green", Grade.WARN: "yellow", Grade.FAIL: "red", Grade.UNMEASURED: "yellow"}
_HEADS = {
    Class.UNREGISTERED: "used, and registered nowhere",
    Class.UNRESOLVED: "unresolved: something may use them, and nothing tells",
    Class.ALIASED: "another name is given to them, and used nowhere",
}


def print_beginning(suite: Suite) -> None:
    """Say what is about to be done."""
    open_console().print(Text(f"{suite.python} collects"), soft_wrap=True)


def print_applied(applied: Applied) -> None:
    """Say what was done, and what had to be left."""
    console = open_console()
    for each in applied.given_up:
        where = f"{shown(each.path)}:{each.line}"
        console.print(
            Text(f"{shown(each.marker)} stays as it is: {shown(each.why)} at {where}", "yellow"), soft_wrap=True
        )
    plan = applied.plan
    console.print(
        Text(
            f"{len(plan.removed)} removed, {len(plan.renamed)} renamed, {len(plan.added)} registered, "
            f"{len(plan.described)} described in {counted(len(applied.edits), 'file')}",
            "green",
        )
    )
    console.print(Text("every test carries the same markers, and every -m selects the same tests; see git diff"))


def print_audit(audit: Audit, plan: Consolidation, *, page: Path, is_applied: bool = False) -> None:
    """Say which markers are alive, which can go, what may be merged, and how the gates ended."""
    console = open_console()
    _say_observations(console, audit)
    _say_live(console, audit)
    for kind, head in _HEADS.items():
        _say_list(console, head, [(marker.name, marker.reason) for marker in audit.of(kind)])
    _say_removals(console, plan, audit)
    _say_merges(console, plan.merges)
    for path in audit.unread[:_LISTED]:
        console.print(Text(f"not read to its end: {shown(path)}", "yellow"), soft_wrap=True)
    _say_summary(console, audit, plan)
    for gate in audit.gates:
        _say_gate(console, gate)
    console.print(Text(f"as a page: {page}", "dim"), soft_wrap=True)
    if audit.markers:
        console.print(Text(f"why: noxtasks markers explain {_example(audit)}", "dim"), soft_wrap=True)
    if not is_applied and (plan.removed or plan.renamed or plan.added or plan.described):
        console.print(Text("carry it out: noxtasks markers --apply", "dim"), soft_wrap=True)
    _tell_github(audit, plan)


def print_explanation(marker: Marker, *, note: str = "") -> None:
    """Say all that is known of one marker."""
    console = open_console()
    if note:
        console.print(Text(note, "yellow"), soft_wrap=True)
    console.print(
        Text.assemble((shown(marker.name), "bold"), f": {marker.kind.value}, {marker.reason}"), soft_wrap=True
    )
    if marker.description:
        console.print(Text(f"  {shown(marker.description)}"), soft_wrap=True)
    if marker.term:
        console.print(Text(f"  {marker.term.facet.value}: {marker.term.term}, {marker.term.meaning}"), soft_wrap=True)
    age = marker.age
    known = {"registered": age.registered, "first use": age.first_use, "last use": age.last_use}
    if any(known.values()):
        console.print(Text("  " + ", ".join(f"{what} {date}" for what, date in known.items() if date)), soft_wrap=True)
    if marker.usage is not None:
        console.print(Text(f"  on {counted(marker.usage.tests, 'test')} when pytest collected"))
    for registration in marker.registrations:
        _say_place(console, "registered", registration, registration.how)
    for use in Use:
        for reference in marker.references:
            if reference.use is use:
                _say_place(console, use.value, reference, reference.how)


def _say_place(console: Console, what: str, place: Reference | Registration, how: str) -> None:
    where = f"{shown(place.path)}:{place.line}" if place.line else shown(place.path)
    console.print(Text.assemble(f"  {what:<10} ", (where, "cyan"), f"  {shown(how)}"), soft_wrap=True)


def _say_observations(console: Console, audit: Audit) -> None:
    if not audit.observations:
        console.print(Text("pytest has not collected: what follows is read from the files alone", "yellow"))
    for each in audit.observations:
        outside = f", {each.outside} of them outside of its testpaths" if each.outside else ""
        console.print(Text(f"{counted(each.tests, 'test')} collected by {each.interpreter}{outside}"), soft_wrap=True)
        if each.broken:
            named = ", ".join(map(shown, each.broken[:_NAMED])) + (" …" if len(each.broken) > _NAMED else "")
            files = counted(len(each.broken), "file")
            console.print(Text(f"  {files} cannot be collected, and what they hold is read alone: {named}", "yellow"))
        if not each.is_complete:
            console.print(Text(f"  not to the end: {shown(each.reason)}", "yellow"), soft_wrap=True)


_ROW = "  {:<30} {:<18} {:>6} {:>8}"


def _say_live(console: Console, audit: Audit) -> None:
    live = [marker for marker in audit.markers if marker.kind.is_live]
    if not live:
        return
    console.print(Text(_ROW.format("marker", "class", "tests", "folders"), "dim"))
    rows = 0
    for facet in (*Facet, None):
        markers = [marker for marker in live if (marker.term.facet if marker.term else None) is facet]
        if not markers or rows >= _ROWS:
            continue
        console.print(Text(facet.value if facet else "no facet", "bold"))
        for marker in sorted(markers, key=_by_tests)[: _ROWS - rows]:
            console.print(Text(_row(marker)))
            rows += 1
    if len(live) > rows:
        console.print(f"  … and {len(live) - rows} more in {AUDIT}")
    console.print()


def _row(marker: Marker) -> str:
    tests, folders = ("-", "-") if marker.usage is None else (str(marker.usage.tests), str(len(marker.usage.folders)))
    kind = "unregistered" if marker.kind is Class.UNREGISTERED else marker.kind.value
    return _ROW.format(_cut(shown(marker.name), 30), kind, tests, folders)


def _by_tests(marker: Marker) -> tuple[int, str]:
    return -(marker.usage.tests if marker.usage else 0), marker.name


def _say_list(console: Console, head: str, rows: Sequence[tuple[str, str]]) -> None:
    if not rows:
        return
    console.print(Text(f"{head} ({len(rows)})", "bold"))
    for name, reason in rows[:_LISTED]:
        _say_pair(console, name, reason)
    if len(rows) > _LISTED:
        console.print(f"  … and {len(rows) - _LISTED} more in {AUDIT}")
    console.print()


def _say_pair(console: Console, name: str, reason: str) -> None:
    indent = " " * 4
    for line in textwrap.wrap(
        f"{shown(name)}: {shown(reason)}", console.width, initial_indent="  ", subsequent_indent=indent
    ):
        console.print(Text(line), soft_wrap=True)


def _say_removals(console: Console, plan: Consolidation, audit: Audit) -> None:
    places = {marker.name: marker.registrations for marker in audit.markers}
    for decided, head in ((True, "removable"), (False, "removable, and held back")):
        removals = [removal for removal in plan.removals if removal.is_decided is decided]
        if len(removals) > _LISTED and decided:
            console.print(Text(f"{head} ({len(removals)})", "bold"))
            names = ", ".join(shown(removal.marker) for removal in removals)
            for line in textwrap.wrap(names, console.width - 2, break_on_hyphens=False):
                console.print(Text(f"  {line}"))
            console.print()
        else:
            _say_list(console, head, [_removal_row(removal, places[removal.marker]) for removal in removals])


def _removal_row(removal: Removal, registrations: Sequence[Registration]) -> tuple[str, str]:
    where = ", ".join(f"{each.path}:{each.line}" for each in registrations)
    return removal.marker, f"{removal.reason} ({where})"


def _say_merges(console: Console, merges: Iterable[Merge]) -> None:
    _say_list(
        console,
        "may be one",
        [
            (
                f"{merge.old} -> {merge.new}",
                f"{merge.likeness.value}{_overlap(merge)}; {'merged: ' if merge.is_decided else ''}{merge.reason}",
            )
            for merge in merges
        ],
    )


def _overlap(merge: Merge) -> str:
    if merge.both is None:
        return ""
    if not merge.new_tests:
        return f", on {merge.old_tests} tests"
    return f", on {merge.old_tests} and {merge.new_tests} tests, {merge.both} of them the same"


def _say_summary(console: Console, audit: Audit, plan: Consolidation) -> None:
    registered = [marker for marker in audit.markers if marker.registrations]
    live = sum(marker.kind.is_live for marker in registered)
    removable = len(audit.of(Class.REMOVABLE))
    console.print(
        Text.assemble(
            f"{counted(len(registered), 'registered marker')}: {live} in use, ",
            (f"{removable} removable", "yellow" if removable else "green"),
            f", {len(audit.of(Class.UNRESOLVED))} unresolved",
        )
    )
    console.print(f"after the consolidation: {counted(len(plan.target), 'marker')}, at most {plan.limit} are wanted")


def _say_gate(console: Console, gate: Gate) -> None:
    indent = " " * 24
    lines = textwrap.wrap(shown(gate.reason), console.width - len(indent)) or [""]
    console.print(Text.assemble(f"  {gate.name:<10} ", (f"{gate.grade.value:<11}", _STYLE[gate.grade]), lines[0]))
    for line in lines[1:]:
        console.print(Text(f"{indent}{line}"))


def _example(audit: Audit) -> str:
    telling = audit.of(Class.UNREGISTERED, Class.REMOVABLE, Class.UNRESOLVED) or audit.markers
    return shlex.quote(shown(telling[0].name))


def _tell_github(audit: Audit, plan: Consolidation) -> None:
    for marker in audit.of(Class.UNREGISTERED):
        place = next((each for each in marker.references if each.use in {Use.APPLIED, Use.DYNAMIC}), None)
        if place is not None:
            message = f"the marker {marker.name} is used here, and registered nowhere"
            github.annotate(place.path, message, title="markers", line=place.line or None)
    rows = [
        (github.code(shown(marker.name)), marker.kind.value, str(marker.usage.tests) if marker.usage else "-")
        for marker in audit.markers
        if marker.kind.is_live
    ]
    gates = [(gate.name, f"**{gate.grade.value}**", shown(gate.reason)) for gate in audit.gates]
    removable = ", ".join(github.code(shown(name)) for name in sorted(plan.removed))
    lines = [
        f"### markers: {len(rows)} in use, {len(audit.of(Class.REMOVABLE))} removable",
        "",
        *github.table(("gate", "verdict", "reason"), gates),
        "",
        *([f"removable: {removable}", ""] if removable else []),
        *github.table(("marker", "class", "tests"), rows),
    ]
    github.summarise("\n".join(lines) + "\n\n")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
