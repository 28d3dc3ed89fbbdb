"""The lists of the page: their columns, and the first rows, which are there before any script runs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from noxtasks.dashboard import wording
from noxtasks.dashboard.model import Finding, Module, Page, Panel, Test
from noxtasks.evidence.display.text import counted, end_of, shown
from noxtasks.stats import Verdict

FIRST = 20  # rows
OF_A_PANEL = 5  # of its findings
_NAME = 160  # characters of a name; where it is opened it stands in full


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column by what it shows. `way` is how it is sorted when its head is pressed first."""

    key: str  # as the script knows it
    title: str
    way: str = "ascending"
    is_number: bool = False


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A text; `more` stands below it."""

    text: str
    more: str = ""
    is_code: bool = False


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a list can be narrowed to."""

    value: str
    text: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A list: all of it is `total`, of which the first `rows` are here."""

    name: str  # findings
    columns: tuple[Column, ...]
    sorted_by: str  # the column by which the rows are, "" where they come as they are
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    choices: tuple[Choice, ...]
    choice: str  # what they are of: objective
    empty: str  # what is said where there are none
    note: str = ""  # that stands below


def findings(panels: Sequence[Panel]) -> Table:
    """Of each objective the first."""
    having = [panel for panel in panels if panel.findings]
    shares = max(OF_A_PANEL, FIRST // max(1, len(having)))
    return Table(
        name="findings",
        columns=(
            Column(key="objective", title="objective"),
            Column(key="kind", title="kind"),
            Column(key="what", title="what"),
            Column(key="where", title="where"),
        ),
        sorted_by="",
        rows=tuple(_finding(panel, each) for panel in having for each in panel.findings[:shares]),
        total=sum(len(panel.findings) for panel in panels),
        choice="objective",
        choices=tuple(
            Choice(value=shown(each.objective), text=f"{shown(each.objective)} ({len(each.findings):,})")
            for each in having
        ),
        empty="Nothing was found by what was measured."
        if any(panel.verdict is not Verdict.UNMEASURED for panel in panels)
        else "Nothing was measured that could find anything.",
    )


def _finding(panel: Panel, each: Finding) -> tuple[Cell, ...]:
    return (
        Cell(text=shown(panel.objective)),
        Cell(text=shown(each.kind)),
        Cell(text=_named(each.what), more=_named(each.detail)),
        Cell(text=where(each), is_code=True),
    )


def where(each: Finding) -> str:
    """The test, or the place in a file."""
    if each.test:
        return _named(each.test)
    return f"{_named(each.path)}:{each.line}" if each.line else _named(each.path)


def tests(page: Page) -> Table:
    """The first are those of which something is known against them."""
    several = page.tests
    wanted = (
        (Column(key="test", title="test"), True),
        (Column(key="state", title="state"), True),
        (Column(key="outcomes", title="outcomes", way="descending"), any(each.outcomes.strip() for each in several)),
        (Column(key="failed", title="failed", way="descending"), any(each.runs for each in several)),
        (Column(key="duration", title="last took", way="descending", is_number=True), any(map(_timed, several))),
        (
            Column(key="kills", title="mutants noticed first", way="descending", is_number=True),
            any(each.kills is not None for each in several),
        ),
        (Column(key="tier", title="tier"), any(each.tier for each in several)),
    )
    columns = tuple(column for column, is_there in wanted if is_there)
    first = sorted(several, key=_concern)[:FIRST]
    states = sorted({each.state for each in several if each.state})
    return Table(
        name="tests",
        columns=columns,
        sorted_by="state",
        rows=tuple(tuple(cells[column.key] for column in columns) for cells in map(_test, first)),
        total=len(several),
        choice="state",
        choices=tuple(Choice(value=shown(each), text=shown(each)) for each in states),
        empty=_elsewhere(page.panels) or "No outcome of any test is kept.",
        note=f"{counted(page.left_out, 'test')} that ran longest ago left out." if page.left_out else "",
    )


def _timed(each: Test) -> bool:
    return any(duration is not None for duration in each.durations_s)


def _concern(each: Test) -> tuple[bool, str, float]:
    """By state, and there what fails most often first; those of which nothing is known as they come."""
    return (not each.state, each.state, -each.failed / each.runs if each.state and each.runs else 0.0)


def _test(each: Test) -> dict[str, Cell]:
    last = next((one for one in reversed(each.durations_s) if one is not None), None)
    return {
        "test": Cell(text=_named(each.id), is_code=True),
        "state": Cell(text=shown(each.state) or wording.NONE),
        "outcomes": Cell(text=outcomes(each.outcomes)),
        "failed": Cell(text=wording.failures(each)),
        "duration": Cell(text=wording.figure(last, "seconds")),
        "kills": Cell(text=wording.figure(each.kills, "number")),
        "tier": Cell(text=shown(each.tier) or wording.NONE),
    }


def outcomes(letters: str) -> str:
    """How often there was which outcome, in words."""
    found = [(name, letters.count(letter)) for letter, name in wording.OUTCOMES.items() if letter != " "]
    return ", ".join(f"{name} {count}" for name, count in found if count) or wording.NONE


_OF_MUTANTS = (
    Column(key="killed", title="killed", is_number=True),
    Column(key="survivors", title="survivors", way="descending", is_number=True),
)


def modules(page: Page) -> Table:
    """The first are those in which most mutants live."""
    several = page.modules
    units = list(dict.fromkeys(name for each in several for name, _ in each.tiers))
    has_mutants = any(each.mutants is not None for each in several)
    columns = (
        Column(key="module", title="module"),
        *(Column(key=f"tier:{shown(name)}", title=shown(name), is_number=True) for name in units),
        *(_OF_MUTANTS if has_mutants else ()),
    )
    first = sorted(several, key=lambda each: -len(each.survivors))[:FIRST]
    return Table(
        name="modules",
        columns=columns,
        sorted_by="survivors" if has_mutants else "module",
        rows=tuple(_module(each, units, has_mutants=has_mutants) for each in first),
        total=len(several),
        choice="",
        choices=(),
        empty=_elsewhere(page.panels) or "No source file was measured.",
    )


def _module(each: Module, units: Sequence[str], *, has_mutants: bool) -> tuple[Cell, ...]:
    shares = dict(each.tiers)
    return (
        Cell(text=_named(each.path), is_code=True),
        *(Cell(text=wording.figure(shares.get(name), "share")) for name in units),
        *((Cell(text=wording.killed(each)), Cell(text=_survivors(each))) if has_mutants else ()),
    )


def _survivors(each: Module) -> str:
    return wording.NONE if each.mutants is None else f"{len(each.survivors):,}"


def left(panel: Panel) -> str:
    """How many findings an objective has, as its panel says it."""
    return counted(len(panel.findings), "finding")


def page_of(panel: Panel) -> str:
    """What the page is called to which a panel leads."""
    folder = _folder(panel)
    return f"all of {shown(folder)}" if folder else "its own page"


def _folder(panel: Panel) -> str:
    """Of an interpreter whose page it is."""
    return panel.page.rpartition("/")[0]


def _elsewhere(panels: Sequence[Panel]) -> str:
    """That interpreters have pages of their own, where they do."""
    return "Those of each interpreter are on its page." if any(map(_folder, panels)) else ""


def _named(text: str) -> str:
    return end_of(text, _NAME)
