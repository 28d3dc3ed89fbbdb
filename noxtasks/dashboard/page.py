"""The page as HTML, complete in itself: it loads nothing, and what it may run and how it may look is named by digest.

What everybody wants first is plain HTML: the verdict, the panels, the first rows of each list. The rest is data at the
end of the file, packed (see `packing`), that the page's script unpacks after all of that is seen.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from importlib import resources

import msgspec

from noxtasks.dashboard import packing, plots, tables, wording
from noxtasks.dashboard.model import Bar, Bars, Page, Panel, Point, Series
from noxtasks.evidence.display import html
from noxtasks.evidence.display.text import counted, shown
from noxtasks.stats import Verdict

NAME = "index.html"

_SCRIPTS = ("figures", "unpacking", "building", "drawing", "listing", "detail", "main")
_STYLE = "dashboard.css"
_GATES = "gates"  # the objective that answers whether it may be merged
_BLOCKING = "blocking"  # as their kind says of those that keep it from being merged
_NOTED = 10  # gates that failed, below the verdict
_POINTS = 50  # of a series, in its table; the drawing has more
_ORDER = {Verdict.FAIL: 0, Verdict.UNMEASURED: 1, Verdict.PASS: 2}


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """A series with its drawing, and the newest of its points for a table."""

    series: Series
    trend: plots.Trend
    newest: tuple[Point, ...]
    older: int

    @property
    def is_drawn(self) -> bool:
        """Whether there is more than one measurement, of which a sentence says all."""
        return len(self.series.points) > 1

    @property
    def ends(self) -> tuple[str, str]:
        """When the first and the last of its points were measured."""
        return wording.span(self.series.points[0].at, self.series.points[-1].at)


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """Bars with where they end."""

    of: Bars
    rows: tuple[tuple[Bar, plots.Strip], ...]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A panel with its drawings. `key` is its id on the page."""

    panel: Panel
    key: str
    courses: tuple[Course, ...]
    plots: tuple[Plot, ...]

    @property
    def more(self) -> str:
        """What is there to be opened: nothing where all stands on the panel."""
        if self.plots or len(self.courses) > 1:
            return "Figures"
        return "As a table" if any(each.is_drawn for each in self.courses) else ""


def render(page: Page) -> bytes:
    """The page's content, the same bytes for the same page."""
    style, script = _style(), _script()
    lists = (tables.findings(page.panels), tables.tests(page), tables.modules(page))
    return html.render(
        "noxtasks.dashboard",
        filters={
            "brief": wording.brief,
            "figure": wording.figure,
            "when": wording.when,
        },
        policy=_policy(style, script),
        style=style,
        script=script,
        blocks=packing.blocks(page) if any(each.total for each in lists) else (),
        page=page,
        panels=[_shown(each, key) for each, key in zip(page.panels, _keys(page.panels), strict=True)],
        failed=_failed(page.panels),
        noted=_NOTED,
        tally=_tally(page.panels),
        lists=lists,
        cut=any(each.total > len(each.rows) for each in lists),
        signs=wording.SIGNS,
        verdicts=Verdict,
        counted=counted,
        tables=tables,
        plots=plots,
        none=wording.NONE,
    )


def _policy(style: str, script: str) -> str:
    """Nothing but this style and this script, and nothing from anywhere; the icon is an empty one of its own."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _style() -> str:
    return html.style() + "\n" + resources.files(__package__).joinpath(_STYLE).read_text("utf-8")


def _script() -> str:
    folder = resources.files(__package__).joinpath("script")
    return "\n".join(folder.joinpath(f"{name}.js").read_text("utf-8") for name in _SCRIPTS)


def _keys(panels: Sequence[Panel]) -> list[str]:
    """An id each: the objective's name, with a number where it has been given already or is no word."""
    keys: list[str] = []
    for number, panel in enumerate(panels):
        is_fit = panel.objective.isascii() and panel.objective.isidentifier() and panel.objective not in keys
        keys.append(panel.objective if is_fit else f"{number}")
    return keys


def _shown(panel: Panel, key: str) -> Shown:
    return Shown(
        panel=panel,
        key=key,
        courses=tuple(_courses(panel.series)),
        plots=tuple(Plot(of=each, rows=tuple(zip(each.bars, plots.strips(each), strict=True))) for each in panel.bars),
    )


def _courses(several: Iterable[Series]) -> Iterable[Course]:
    for series in several:
        trend = plots.trend(series)
        if trend is not None:
            newest = tuple(reversed(series.points[-_POINTS:]))
            yield Course(series=series, trend=trend, newest=newest, older=len(series.points) - len(newest))


def _failed(panels: Iterable[Panel]) -> list[tuple[Verdict, str, str]]:
    """The blocking gates that do not hold, and why. The kind of such a finding begins with the verdict."""
    found = [each for panel in panels if panel.objective == _GATES for each in panel.findings if _BLOCKING in each.kind]
    verdicts = {each.value: each for each in Verdict}
    return [
        (verdicts.get(each.kind.partition(",")[0], Verdict.FAIL), shown(each.what), shown(each.detail))
        for each in found
    ]


def _tally(panels: Sequence[Panel]) -> list[tuple[Verdict, int]]:
    """How many objectives have which verdict, the gravest first."""
    counts = [(verdict, sum(each.verdict is verdict for each in panels)) for verdict in _ORDER]
    return [(verdict, count) for verdict, count in counts if count]
