"""The page as a file: complete in itself, the same each time, of a bounded size, and read by no name as markup."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from noxtasks.dashboard import page as rendering
from noxtasks.dashboard.model import Finding, Page, Panel, Series
from noxtasks.stats import Verdict
from tests.dashboard import samples


class Reader(HTMLParser):
    """The tags of a page, its ids, what it refers to, and the texts of its styles and scripts."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.named: list[str] = []
        self.styled: list[str] = []
        self.texts: list[str] = []
        self.code: dict[str, list[str]] = {"style": [], "module": [], "text/plain": []}
        self.policy = ""
        self._within: list[str] | None = None
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.refers += [found[name] for name in ("href", "src", "action") if name in found]
        self.named += [
            ref for name in found if name in {"aria-labelledby", "aria-describedby"} for ref in [found[name]]
        ]
        self.styled += [name for name in found if name == "style" or name.startswith("on")]
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        self._within = self.code.get(found.get("type", tag)) if tag in {"style", "script"} else None

    def handle_endtag(self, tag: str) -> None:
        self._within = None

    def handle_data(self, data: str) -> None:
        (self.texts if self._within is None else self._within).append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


PAGES = {
    "page": samples.page(),
    "nothing": samples.nothing(),
    "refused": samples.refused(),
    "one": samples.one(),
    "odd": samples.odd(),
}
each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


@each_page
def test_nothing_may_be_run_or_loaded_but_what_is_named_by_its_digest(page: Page) -> None:
    read = Reader(rendering.render(page))
    (style,) = read.code["style"]
    script = "".join(read.code["module"])
    for text, kind in ((style, "style-src"), (script, "script-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}';" in read.policy
    assert read.policy.startswith("default-src 'none'; ")
    assert "unsafe" not in read.policy
    assert read.styled == []
    assert "eval(" not in script
    assert "innerHTML" not in script


@each_page
def test_it_refers_to_places_on_itself_and_to_files_beside_it_alone(page: Page) -> None:
    read = Reader(rendering.render(page))
    for ref in read.refers:
        assert ref.startswith("#") or ref == "data:," or re.fullmatch(r"[\w.%/-]+", ref), ref
    assert set(read.tags).isdisjoint({"img", "iframe", "object", "embed", "base", "audio", "video"})


@each_page
def test_each_id_is_given_once_and_each_drawing_refers_to_its_words(page: Page) -> None:
    read = Reader(rendering.render(page))
    assert len(read.ids) == len(set(read.ids))
    assert set(read.named) <= set(read.ids)
    assert {ref[1:] for ref in read.refers if re.fullmatch(r"#(?!findings-).+", ref)} <= set(read.ids)


@each_page
def test_the_same_page_gives_the_same_bytes(page: Page) -> None:
    assert rendering.render(page) == rendering.render(page)


def test_no_name_is_read_as_markup() -> None:
    read = Reader(rendering.render(samples.odd()))
    known = Reader(rendering.render(samples.page()))
    assert set(read.tags) <= set(known.tags)
    assert read.tags.count("script") == 1 + len(read.code["text/plain"])
    for raw in ("\u202e", "\x1b", "\x00", "\u2028"):
        assert raw not in read.text


def test_the_answer_comes_first_with_the_blocking_gates_that_do_not_hold() -> None:
    read = Reader(rendering.render(samples.page()))
    answer, _, others = read.text.partition("Objectives Findings Tests Modules")[2].partition(" Objectives ")
    assert "It may not be merged: 2 blocking gates failed." in answer
    assert "✗ fail: flake rate 2.4% (<= 1%), 120 tests" in answer
    assert "perf regression" not in answer
    assert "68.1% of mutants killed" in others


def test_of_many_blocking_gates_the_first_are_named_and_the_others_are_one_step_away() -> None:
    findings = tuple(Finding(kind="fail, blocking", what=f"gate {number}") for number in range(14))
    panel = Panel(
        objective="gates", question="", artifact="", verdict=Verdict.FAIL, figure="", findings=findings, command=""
    )
    assert "gate 9 and 4 more blocking gates" in Reader(rendering.render(samples.page(panels=[panel]))).text


def test_an_objective_says_with_what_it_was_measured_or_how_to_measure_it() -> None:
    text = Reader(rendering.render(samples.page())).text
    flake = text.partition("flake ✗ fail")[2].partition("mutation ✗ fail")[0]
    for known in (
        "measured 2026-02-13 15:00 UTC",
        "revision 0123456789ab",
        "a0" * 32,
        "again noxtasks flake --runs 40",
    ):
        assert known in flake
    bench = text.partition("bench ? unmeasured")[2].partition("parallel")[0]
    assert "Unmeasured: it is about other code" in bench
    assert "to measure noxtasks bench --against main" in bench


def test_a_page_of_nothing_says_so_and_has_no_data() -> None:
    read = Reader(rendering.render(samples.nothing()))
    text = read.text
    assert read.code["text/plain"] == []
    for said in (
        "Nothing has been measured so far.",
        "Nothing was measured that could find anything.",
        "No outcome of any test",
    ):
        assert said in text


def test_what_is_wrong_with_the_evidence_is_told_before_the_objectives() -> None:
    text = Reader(rendering.render(samples.refused())).text
    trouble = text.index("its digest is not the one in SHA256SUMS Measure it again: noxtasks flake.")
    assert text.index("no artifact counts") < trouble < text.index("Unmeasured: it was altered")


def test_objectives_of_odd_or_equal_names_have_ids_of_their_own() -> None:
    panels = [*samples.all_panels()[:1] * 2, *samples.odd().panels[:2]]
    read = Reader(rendering.render(samples.page(panels=panels)))
    assert [each for each in read.ids if each.startswith("panel-")] == ["panel-gates", "panel-1", "panel-2", "panel-3"]


def test_a_panel_shows_the_newest_points_of_a_long_series_and_counts_the_others() -> None:
    long = samples._series("rate", "number", [float(number) for number in range(1_234)])
    panel = Panel(
        objective="flake", question="", artifact="", verdict=Verdict.PASS, figure="", series=(long,), command=""
    )
    content = rendering.render(samples.page(panels=[panel], tests=(), modules=()))
    assert "and 1184 before" in Reader(content).text
    assert len(content) < 60_000


def test_one_measurement_is_a_sentence_and_no_table() -> None:
    one, two = (samples._series(name, "number", [4.0] * count) for name, count in (("rate", 1), ("size", 2)))
    bare = Panel(objective="flake", question="", artifact="", verdict=Verdict.PASS, figure="", command="")

    def told(*series: Series) -> str:
        panel = msgspec.structs.replace(bare, series=series)
        return Reader(rendering.render(samples.page(panels=[panel], tests=(), modules=()))).text

    assert "rate: one measurement, 4 on" in told(one)
    assert not any(each in told(one) for each in ("As a table", "Figures", "the newest first"))
    assert "As a table of flake size, the newest first" in told(two)
    assert "rate, the newest first" not in told(two, one)


def test_tests_that_are_left_out_are_counted_below_the_list() -> None:
    page = samples.page()
    assert "left out" not in Reader(rendering.render(page)).text
    page = msgspec.structs.replace(page, left_out=2)
    assert "2 tests that ran longest ago left out." in Reader(rendering.render(page)).text


@pytest.mark.functional
def test_the_script_is_a_whole_module(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here to read the script")
    file = tmp_path / "script.mjs"
    file.write_text("".join(Reader(rendering.render(samples.nothing())).code["module"]), encoding="utf-8")
    done = subprocess.run([node, "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.functional
def test_fifty_thousand_tests_of_thirty_sessions_fit_into_fifteen_megabytes() -> None:
    """With 2,000 modules, and 10,000 surviving mutants that are findings, too."""
    assert len(rendering.render(samples.large())) < 15_000_000
