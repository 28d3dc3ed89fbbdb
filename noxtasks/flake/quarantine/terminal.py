"""What `flake quarantine` says: each test with its rate and terms, what would change, and what has to be done."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from noxtasks.evidence.display import github
from noxtasks.evidence.display.console import open_console
from noxtasks.evidence.display.text import shown
from noxtasks.flake.quarantine.model import Plan, Standing, Store

_ROW = "{:>10}  {:<9}  {:<10}  {:<10}  {:<9}  {}"
_GROUPS = (("added", "goes in", "yellow"), ("kept", "stays", ""), ("released", "returns", "green"))
_EXPIRED = "expired"


def print_plan(plan: Plan, notes: tuple[str, ...]) -> None:
    """List every entry, old or new, and say what is to become of it."""
    console = open_console()
    for note in notes:
        console.print(Text(note, "yellow"))
    groups = [(getattr(plan, name), said, style) for name, said, style in _GROUPS]
    groups.append((plan.expired, _EXPIRED, "red"))
    if any(standings for standings, _, _ in groups):
        console.print(Text(_ROW.format("failed", "interval", "since", "expires", "", "owner"), "bold"))
    for standings, said, style in groups:
        for standing in standings:
            _say(console, standing, said, style)
    console.print(Text(", ".join(f"{len(standings)} {_plural(said, len(standings))}" for standings, said, _ in groups)))


def _plural(said: str, count: int) -> str:
    return {"goes in": "go in", "stays": "stay", "returns": "return"}.get(said, said) if count != 1 else said


def print_diff(text: str) -> None:
    """Show what would be written."""
    console = open_console()
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in text.splitlines():
        style = "bold" if line.startswith(("+++", "---")) else styles.get(line[:1], "")
        console.print(Text(shown(line), style), soft_wrap=True)


def print_end(plan: Plan, *, files: list[str], is_written: bool) -> None:
    """Say what was written, or how it is, and what has to be done about what has expired."""
    console = open_console()
    if files:
        names = ", ".join(shown(name) for name in files)
        console.print(Text(f"written: {names}" if is_written else f"not written: {names}; --apply writes it"))
    for standing in plan.expired:
        entry = standing.entry
        text = (
            f"{shown(entry.test)}: its quarantine ended on {entry.expires}; its failures count again.\n"
            f"  {shown(entry.owner or 'Somebody')}: mend the test, or set another last day ({entry.store.value})."
        )
        console.print(Text(text, "red"), soft_wrap=True)
    _tell_github(plan)


def _say(console: Console, standing: Standing, said: str, style: str) -> None:
    """Two lines: the test, which may have any length, and what is known of it."""
    entry = standing.entry
    failures = sum(test.failures for test in standing.measured)
    runs = sum(test.runs for test in standing.measured)
    worst = max(standing.measured, key=lambda test: test.interval.high, default=None)
    bounds = f"{worst.interval.low:.0%}-{worst.interval.high:.0%}" if worst and runs else "-"
    counts = f"{failures}/{runs}" if runs else "-"
    owner = shown(entry.owner) + (" (marked)" if entry.store is Store.SOURCE else "")
    row = _ROW.format(counts, bounds, str(entry.since), str(entry.expires), said, owner)
    console.print(Text(shown(entry.test), style), soft_wrap=True)
    console.print(Text(row.rstrip()), soft_wrap=True)
    if entry.issue:
        console.print(Text(f"{'':12}{shown(entry.issue)}", "dim"), soft_wrap=True)


def _tell_github(plan: Plan) -> None:
    for standing in plan.expired:
        message = f"{standing.entry.test}: its quarantine ended on {standing.entry.expires}"
        github.annotate(standing.entry.test.partition("::")[0], message, title="quarantine")
