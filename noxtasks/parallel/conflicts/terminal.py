"""What `parallel conflicts` says: what is shared by which tests, what trials have shown, and what would mend it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import counted, shown
from noxtasks.parallel.conflicts import rules
from noxtasks.parallel.conflicts.grouping import Marks
from noxtasks.parallel.conflicts.model import Conflict, Findings, Standing, Watched
from noxtasks.suite import edits

_SHOWN = 20  # suspicions; the proven are all shown
_NAMED = 4  # further tests that share a thing
_FAILURE = 200  # characters of what a test said


def print_nominees(tests: int, nominees: int) -> None:
    """Say how many are tried."""
    open_console().print(f"{counted(tests, 'test')} looked at; groups of them that share something: {nominees}")


def print_findings(found: Findings) -> None:
    """The proven with all that is known of them, the suspected in a line each, and what was not looked at."""
    console = open_console()
    for each in found.proven:
        _say_proven(console, each)
    suspected = [each for each in found.conflicts if each.standing is Standing.SUSPECTED]
    if suspected:
        console.print(Text("shared, and no failure at the same time is proven:", "bold"))
    for each in suspected[:_SHOWN]:
        text = f"  {each.resource.kind.value} {shown(each.resource.name)}: {_names(each.sharing)}"
        console.print(Text(text, "dim"), soft_wrap=True)
    if len(suspected) > _SHOWN:
        console.print(f"  … and {len(suspected) - _SHOWN} more")
    _say_watched(console, found.watched)
    for note in _limits(found):
        console.print(Text(note, "yellow"))
    proven = len(found.proven)
    said = (f"{counted(proven, 'conflict')} proven", "red" if proven else "green")
    console.print(Text.assemble(said, f", {len(suspected)} suspected, in {found.elapsed_s:.0f} s"))


def print_marks(marks: Marks, versions: Mapping[str, str], *, is_written: bool) -> None:
    """Show the marks that keep tests together, and why some cannot be set; and who heeds them, of these `versions`."""
    console = open_console()
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in edits.diff(marks.edits).splitlines() if not is_written else ():
        style = "bold" if line.startswith(("+++", "---")) else styles.get(line[:1], "")
        console.print(Text(shown(line), style), soft_wrap=True)
    for test, why in marks.refused.items():
        console.print(Text(f"{shown(test)} is not marked, {why}", "yellow"), soft_wrap=True)
    files = ", ".join(shown(edit.path) for edit in marks.edits)
    if files:
        how = f"written: {files}" if is_written else f"not written: {files}; --apply writes it"
        console.print(Text(f"{how}.\n{_heeding(versions)}."), soft_wrap=True)


def _heeding(versions: Mapping[str, str]) -> str:
    ours = "noxtasks run keeps tests of the same mark together"
    if "pytest-xdist" not in versions:
        return ours
    if rules.heeds_groups(versions):
        return f"{ours}, and so does pytest-xdist with --dist loadgroup"
    which = f"pytest-xdist {versions['pytest-xdist']} beside pytest {versions['pytest']}"
    return f"{ours}. {which} does not, unless noxtasks is installed there: with --dist loadgroup --noxtasks-schedule"


def _say_watched(console: Console, found: Sequence[Watched]) -> None:
    """A line each, of no more than a few of a kind."""
    if found:
        console.print(Text("no conflict is known of these, and one may come of them:", "bold"))
    for watch, group in itertools.groupby(found, key=lambda each: each.watch):
        all_of_it = list(group)
        for each in all_of_it[:_NAMED]:
            who = f"fixture {each.fixture}" if each.fixture else _names(each.tests)
            what = shown(each.what) or "a folder elsewhere"
            console.print(Text(f"  {watch.value}: {what}: {shown(who)}", "dim"), soft_wrap=True)
        if len(all_of_it) > _NAMED:
            console.print(Text(f"  {watch.value}: … and {len(all_of_it) - _NAMED} more", "dim"))


def _say_proven(console: Console, each: Conflict) -> None:
    console.print(Text.assemble(each.resource.kind.value, " ", (shown(each.resource.name), "bold red")), soft_wrap=True)
    first, other = each.tests
    rates = (
        f"failed {each.together.failures}/{each.together.trials} at the same time, "
        f"{each.apart.failures}/{each.apart.trials} one after the other (p = {each.p_value:.1g})"
    )
    console.print(Text(f"  {shown(first)}\n  {shown(other)}\n    {rates}"), soft_wrap=True)
    if each.failure:
        first_line = shown(each.failure.strip().partition("\n")[0])
        console.print(Text(f"    {first_line[:_FAILURE]}", "dim"), soft_wrap=True)
    further = [test for test in each.sharing if test not in each.tests]
    if further:
        console.print(Text(f"  shared, too, by {_names(further)}"), soft_wrap=True)
    if each.also:
        also = ", ".join(f"{more.kind.value} {shown(more.name)}" for more in each.also[:_NAMED])
        console.print(Text(f"  they share besides: {also}"), soft_wrap=True)
    console.print(Text(f"  {each.remedy}", "green"), soft_wrap=True)
    console.print(Text(f"  $ {each.command}", "dim"), soft_wrap=True)


def _names(tests: Iterable[str]) -> str:
    names = [shown(test) for test in tests]
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + rest


def _limits(found: Findings) -> list[str]:
    notes = []
    if found.left_out:
        notes.append(f"left out, as they did not pass by themselves: {counted(found.left_out, 'test')}")
    if found.starting:
        notes.append(f"other programs are started by {counted(found.starting, 'test')}; what those share is not seen")
    if found.untried:
        notes.append(f"not tried, as the time was up: {counted(found.untried, 'group')}")
    return notes
