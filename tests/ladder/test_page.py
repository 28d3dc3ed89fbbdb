"""The page: where the suite stands first, that no name can break it, that every drawing has words, and its bounds."""

from __future__ import annotations

import hashlib
import re
import shlex
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxtasks.evidence import artifacts
from noxtasks.evidence.provenance import Interpreter, Platform, Provenance
from noxtasks.ladder import captions, history, page
from noxtasks.ladder.model import Gain, Metric, Name

ODD = "</script><b>\"'&\n\udcff"
BEGAN = datetime(2026, 1, 5, 12, tzinfo=UTC)
FIGURES = {"tier1_unit": 0.742, "tier2_integration": 0.36, "tier3_system": 0.2, "tier4_mutation": None}
PROVENANCE = Provenance(
    session_id="0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    created=datetime(2026, 3, 4, 5, 6, tzinfo=UTC),
    tools={"noxtasks": "0.1.0", "coverage": "7.10.<b>"},
    interpreter=Interpreter(implementation="CPython", version="3.12.4"),
    platform=Platform(system="Linux", release="6.1", machine="x86_64"),
    vcs=None,
    code_version=f"tree.{'0' * 64}",
    settings={},
)


class Reader(HTMLParser):
    """The tags of a page, its ids, what it loads, its drawings without words, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.labels: list[str] = []
        self.unlabelled: list[str] = []
        self.texts: list[str] = []
        self._is_hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.loads += [tag] if tag in {"link", "img", "iframe", "object", "script"} or "src" in found else []
        if found.get("role") == "img":
            (self.labels if found.get("aria-label") else self.unlabelled).append(found.get("aria-label") or tag)
        self._is_hidden = tag == "style" or self._is_hidden

    def handle_endtag(self, tag: str) -> None:
        self._is_hidden = self._is_hidden and tag != "style"

    def handle_data(self, data: str) -> None:
        if not self._is_hidden:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def condition(name: str, verdict: str = "pass", reason: str = "it is so") -> dict[str, str]:
    return {"name": name, "verdict": verdict, "reason": reason}


def tier(name: str, target: float, **given: Any) -> dict[str, Any]:
    figure = FIGURES[name]
    verdict = "unmeasured" if figure is None else "pass" if figure >= target else "fail"
    return {
        "name": name,
        "metric": "line",
        "target": target,
        "level": "advisory",
        "is_blocking": False,
        "blocking_after": None,
        "tools": [],
        "figure": figure,
        "verdict": verdict,
        "reason": {"pass": "at or above", "fail": "below", "unmeasured": "no artifact"}[verdict] + f" {target:.0%}",
        "tests": 0 if figure is None else 120,
        "failed": [],
        "lines": None if figure is None else {"covered": int(figure * 1000), "total": 1000},
        "branches": None if figure is None else {"covered": 30, "total": 90},
        "stale": False,
        "trend": None,
        "edges": None,
        **given,
    }


def measurement(number: int, figures: dict[str, float | None], **given: Any) -> dict[str, Any]:
    commit = hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()
    return {
        "at": f"{BEGAN + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}",
        "revision": commit,
        "code_version": commit,
        "figures": figures,
        "collection_errors": 0,
        "flake_rate": 0.01,
        "consistency": None,
        "slower": 0.031,
        "system_tests_pass": True,
        "branches": 0.3,
        "has_mutation_score": False,
        "ways": dict.fromkeys(FIGURES, "0123456789ab"),
        **given,
    }


def advance(number: int, before: str | None, to: str | None, *, down: bool = False) -> dict[str, Any]:
    verdict = "fail" if down else "pass"
    return {
        "at": f"{BEGAN + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}",
        "revision": f"{number:08x}" * 5,
        "before": before,
        "tier": to,
        "is_demotion": down,
        "conditions": [condition(f"<b>{before or to} at target", verdict, "68% is below 70%" if down else "it is so")],
    }


def course(number: int) -> dict[str, float | None]:
    risen = min(1.0, number / 39)
    unit = 0.64 + 0.102 * risen - (0.06 if number == 25 else 0)
    return {
        "tier1_unit": unit,
        "tier2_integration": 0.2 + 0.16 * risen,
        "tier3_system": 0.2 if number > 10 else None,
        "tier4_mutation": 0.41 if number % 7 == 3 and number < 20 else None,
    }


FULL: dict[str, Any] = {
    "profile": "baseline",
    "tiers": [
        tier("tier1_unit", 0.7, is_blocking=True, level="blocking", trend=0.021, failed=[f"tests/a.py::test[{ODD}]"]),
        tier(
            "tier2_integration",
            0.4,
            is_blocking=True,
            level="blocking",
            trend=-0.004,
            edges={"crossed": 11, "total": 13, "missing": [["shop", "till"], ["shop.<b>", "store"]]},
        ),
        tier("tier3_system", 0.25, metric="branch", trend=0.0, blocking_after="2026-12-31"),
        tier("tier4_mutation", 0.6, metric="score", tools=["mutmut"], stale=True),
    ],
    "total": {"lines": {"covered": 812, "total": 1000}, "branches": {"covered": 60, "total": 90}, "figure": 0.812},
    "unassigned": {
        "none": [f"tests/b.py::test_<b>{ODD}"],
        "several": {"tests/c.py::t": ["tier1_unit", "tier3_system"]},
    },
    "scope": {"found_by": "a src <layout>", "files": ["src/shop.py"]},
    "new_code": {
        "against": "origin/<main>",
        "lines": {"covered": 8, "total": 12},
        "figure": 8 / 12,
        "threshold": 0.8,
        "verdict": "fail",
        "reason": "8 of 12 new lines covered",
        "missing": {"src/<b>.py": [3, 4, 5, 9]},
    },
    "standing": {
        "tier": "tier1_unit",
        "following": "tier2_integration",
        "missing": [
            condition("tier2_integration at target", "fail", "36% is below 40%"),
            condition("flake rate"),
            condition("cross-OS <pass> rate", "unmeasured", "no os.matrix.baseline.json"),
        ],
        "fallen": [condition("tier3_system", "fail", "20% is 3% below the 23% that it had")],
    },
    "advances": [
        advance(20, None, "tier1_unit"),
        advance(25, "tier1_unit", None, down=True),
        advance(28, None, "tier1_unit"),
    ],
    "measurements": [
        measurement(number, course(number), **({"code_version": "a+dirty.1"} if number % 9 == 5 else {}))
        for number in range(40)
    ],
    "gains": [
        {"tier": "tier1_unit", "path": "src/<b>.py", "function": "Till.pay", "line": 31, "missing": 40, "rise": 0.04},
        {"tier": "tier1_unit", "path": "src/<b>.py", "function": "", "line": 1, "missing": 7, "rise": 0.007},
        {"tier": "tier2_integration", "path": "a.py", "function": "x", "line": 3, "missing": 25, "rise": 0.025},
        {"tier": "tier2_integration", "path": "b.py", "function": f"<b>{ODD}", "line": 3, "missing": 20, "rise": 0.02},
    ],
    "notes": ["coverage.py 7.6 does not see <processes>"],
}
BARE: dict[str, Any] = {
    **FULL,
    "tiers": [
        tier(
            name,
            0.7,
            figure=None,
            verdict="unmeasured",
            reason="no test",
            tests=0,
            lines=None,
            branches=None,
            stale=False,
        )
        for name in FIGURES
    ],
    "total": None,
    "unassigned": {"none": [], "several": {}},
    "new_code": None,
    "standing": {"tier": None, "following": "tier1_unit", "missing": [], "fallen": []},
    "advances": [],
    "measurements": [],
    "gains": [],
    "notes": [],
}
FIRST = {**BARE, "measurements": [measurement(0, dict.fromkeys(FIGURES))]}
TOP = {**FULL, "standing": {"tier": "tier4_mutation", "following": None, "missing": [], "fallen": []}}
LONG = "a" * 5000
HUGE: dict[str, Any] = {
    **FULL,
    "tiers": [
        {
            **each,
            "failed": [f"{LONG}::test_{number}" for number in range(300)],
            "edges": {"crossed": 0, "total": 999, "missing": [[f"p{number}{LONG}", LONG] for number in range(999)]},
        }
        for each in FULL["tiers"]
    ],
    "unassigned": {
        "none": [f"{LONG}::t[{number}]" for number in range(900)],
        "several": {f"{LONG}::t[{number}]": ["tier1_unit", "tier2_integration"] for number in range(900)},
    },
    "new_code": {**FULL["new_code"], "missing": {f"{number}/{LONG}": [*range(1, 400, 2)] for number in range(300)}},
    "standing": {
        **FULL["standing"],
        "missing": [condition(LONG, "fail", LONG), *FULL["standing"]["missing"]],
    },
    "advances": [
        advance(number, "tier1_unit", None, down=True) if number % 2 else advance(number, None, "tier1_unit")
        for number in range(300)
    ],
    "measurements": [measurement(number, course(number % 40)) for number in range(500)],
    "gains": [
        {
            "tier": list(FIGURES)[number % 3],
            "path": f"{LONG}/{number % 40}.py",
            "function": f"{LONG}{number}",
            "line": number + 1,
            "missing": 5000 - number,
            "rise": (5000 - number) / 1e8,
        }
        for number in range(5000)
    ],
    "notes": [f"{number} {LONG}" for number in range(100)],
}
ALL = {"full": FULL, "bare": BARE, "first": FIRST, "top": TOP, "huge": HUGE}


def rendered(result: dict[str, Any], provenance: Provenance = PROVENANCE) -> str:
    return page.render(result, project="a <b>shop</b>", provenance=provenance).decode()


def read(whole: str) -> Reader:
    reader = Reader()
    reader.feed(whole)
    reader.close()
    return reader


@cache
def known(name: str) -> tuple[str, Reader]:
    """One of `ALL`, rendered once for all tests that only look at it."""
    return (whole := rendered(ALL[name])), read(whole)


def told(name: str) -> str:
    return known(name)[1].text


@pytest.mark.parametrize("name", ["full", "bare", "first", "top"])
def test_what_is_shown_here_could_be_written(name: str, tmp_path: Path) -> None:
    result = _without_surrogates(ALL[name])
    artifacts.write(tmp_path, history.NAME, result=result, timing={"duration_s": 1.0}, provenance=PROVENANCE)
    assert rendered(artifacts.read(tmp_path, history.NAME).result) == rendered(result)


def _without_surrogates(value: Any) -> Any:
    """A lone surrogate is what no artifact can hold."""
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(each) for each in value]
    return value.replace("\udcff", "?") if isinstance(value, str) else value


@pytest.mark.parametrize("name", ALL)
def test_no_name_can_break_it_and_it_loads_nothing(name: str) -> None:
    whole, reader = known(name)
    assert reader.loads == []
    assert not re.search(r"@import|url\(|https?:", whole)
    assert len(reader.ids) == len(set(reader.ids))
    assert "Coverage ladder of a <b>shop</b>" in reader.text
    assert "7.10.<b>" in reader.text


def test_names_stand_there_as_they_are() -> None:
    text = told("full")
    for said in (
        "tests/a.py::test[</script><b>\"'&\\u{a}\\u{dcff}]",
        "<b></script><b>\"'&\\u{a}\\u{dcff} b.py:3",
        "shop.<b> → store",
        "src/<b>.py 3\N{EN DASH}5, 9",
        "found by a src <layout>",
        "cross-OS <pass> rate",
    ):
        assert said in text


@pytest.mark.parametrize(("name", "courses"), [("full", 4), ("bare", 0), ("first", 0), ("top", 4), ("huge", 4)])
def test_every_drawing_has_words(name: str, courses: int) -> None:
    reader = known(name)[1]
    assert reader.unlabelled == []
    assert len(reader.labels) == 4 + courses


def test_drawings_say_what_they_show() -> None:
    labels = known("full")[1].labels
    assert "unit: 74.2%, target 70%" in labels
    assert "mutation: unmeasured, target 60%" in labels
    assert (
        "unit over 40 measurements, target 70%: 64% on 2026-01-05, 74.2% on 2026-02-13, between 64% and 74.2%" in labels
    )
    assert any(each.startswith("mutation over 3 measurements, target 60%: 41%") for each in labels)


def test_where_the_suite_stands_comes_first_and_the_highest_rung_above_the_others() -> None:
    text = told("full")
    assert "shop</b> earned: unit; 2 of 3 conditions missing for integration Fallen fail: tier3_system" in re.sub(
        "✗ ", "", text
    )
    places = [text.index(said) for said in ("mutation tier 4", "system tier 3", "integration next", "unit earned")]
    assert places == sorted(places)


def test_a_rung_has_its_figure_target_trend_verdict_and_what_it_lacks() -> None:
    text = told("full")
    for said in (
        "tier 2 blocking 120 tests 36% of 40% lines ▼ -0.4 points since the commit before",
        "fail : below 40% 40 lines more for its target 360 of 1000 lines, 30 of 90 branches",
        "unmeasured : no artifact 60% (of other code)",
        "tier 3 advisory until 2026-12-31 120 tests 20% of 25% branches = +0.0",
        "1 test failed; what failing tests cover counts",
        "All tests together cover 81.2% of lines",
    ):
        assert said in text


def test_what_is_missing_comes_before_what_is_there() -> None:
    text = told("full")
    part = text[text.index("For integration") :]
    places = [part.index(said) for said in ("36% is below 40%", "no os.matrix.baseline.json", "flake rate : it is so")]
    assert places == sorted(places)


def test_gains_say_where_and_how_far_they_carry() -> None:
    text = told("full")
    assert "40 lines more would reach the target: the first 2 of these have them." in text
    assert "The target is reached; this is what is left." in text
    assert "+4.0 40 Till.pay src/<b>.py:31" in text
    assert "+0.7 7 outside of functions src/<b>.py:1" in text
    assert "The same by file points lines file +4.7 47 src/<b>.py" in text


def test_what_was_earned_and_lost_stands_there_the_newest_first() -> None:
    text = told("full")
    part = text[text.index("Earned and lost") :]
    places = [part.index(said) for said in ("2026-02-02 earned unit", "2026-01-30 lost unit, back on", "2026-01-25")]
    assert places == sorted(places)
    assert "68% is below 70%" in part


def test_the_rest_of_what_was_found_is_there() -> None:
    text = told("full")
    for said in (
        "8 of 12 new lines covered, 66.6% of 80% against origin/<main>",
        "integration: tests call across 11 of 13 borders",
        "1 test fits no tier",
        "tests/c.py::t unit, system",
        "coverage.py 7.6 does not see <processes>",
        "… and 20 more",
        "and changes",
    ):
        assert said in text


def test_of_nothing_it_says_that_there_is_nothing() -> None:
    text = told("bare")
    assert "no tier is earned yet; whether unit is earned was not asked" in text
    assert text.count("never measured so far") == 4
    assert "What all tests cover together was not measured." in text
    assert "This run was not held against its conditions." in text
    for said in ("Notes", "New code", "Measurements", "Earned and lost", "Where", "Fallen", "total alone"):
        assert said not in text
    assert "Measurements" in told("first")
    assert "earned: mutation, the last" in told("top")
    assert "For " not in told("top")


def test_what_was_interrupted_says_so() -> None:
    assert "It was interrupted" not in told("full")
    assert "It was interrupted" in read(rendered(FULL, msgspec.structs.replace(PROVENANCE, complete=False))).text


def test_much_is_bounded() -> None:
    whole, reader = known("huge")
    assert len(whole) < 1_000_000
    for said in ("… and 480 more", "… and 1647 more", "… and 949 more", "… and 850 more", "… and 250 more"):
        assert said in reader.text
    assert "… and 170 more" in reader.text  # ranges of lines


def _named(name: str) -> list[str]:
    """The tags of a page with that name wherever a name can be."""
    result = deepcopy(BARE)
    result["notes"] = [name]
    result["gains"] = [{**FULL["gains"][0], "path": name, "function": f"f{name}"}]
    result["unassigned"] = {"none": [name], "several": {name: ["tier1_unit", "tier2_integration"]}}
    result["standing"]["missing"] = [condition(name, "fail", name)]
    result["tiers"][0].update(failed=[name], reason=name)
    return read(rendered(result)).tags


@given(st.text())
@settings(max_examples=10, deadline=None)
def test_whatever_is_called_how_the_page_has_the_same_tags(name: str) -> None:
    assert _named(name) == _plain()


@cache
def _plain() -> list[str]:
    return _named("plain")


def test_the_command_that_shows_a_failing_test_can_be_pasted() -> None:
    assert captions.again([]) == ""
    assert shlex.split(captions.again(["a.py::test[it's $1]", "b"]))[2:] == ["pytest", "a.py::test[it's $1]"]
    assert "$ python -m pytest 'tests/a.py::test[" in told("full")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([], ""), ([4], "4"), ([5, 4, 3, 9], "3\N{EN DASH}5, 9"), ([*range(1, 100, 2)], "59 … and 20 more")],
)
def test_lines_are_told_in_ranges(numbers: list[int], said: str) -> None:
    assert captions.ranges(numbers).endswith(said)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (None, ""),
        (0, "The target is reached; this is what is left."),
        (1, "1 line more would reach the target: the first of these has them."),
        (5, "5 lines more would reach the target: the first of these has them."),
        (6, "6 lines more would reach the target: the first 2 of these have them."),
        (8, "8 lines more would reach the target: the first 2 of these have them."),
        (9, "9 lines more would reach the target, which takes more than these."),
    ],
)
def test_how_far_the_best_gains_carry(count: int | None, said: str) -> None:
    of = [
        Gain(tier=Name.UNIT, path="a.py", function="", line=1, missing=missing, rise=0.1 * missing)
        for missing in (5, 3)
    ]
    assert captions.advice(of, count, Metric.LINE) == said


@pytest.mark.parametrize(("share", "said"), [(0.12345, "+12.3"), (0.001, "+0.1"), (0.00042, "+0.04"), (0.0, "+0")])
def test_a_small_rise_is_not_shown_as_none(share: float, said: str) -> None:
    assert captions.points(share) == said
