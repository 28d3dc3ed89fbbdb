"""The page of artifacts that objectives have really written, and of such as are not what they should be."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noxtasks import cli
from noxtasks.dashboard import gathering, page
from noxtasks.dashboard.model import Page, Panel
from noxtasks.evidence import artifacts, events, schemas
from noxtasks.evidence.provenance import Provenance
from noxtasks.stats import Verdict

from .conftest import Forge

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def of(page: Page, objective: str) -> Panel:
    return next(each for each in page.panels if each.objective == objective)


def gathered(reports: Path) -> Page:
    """The page, which can be rendered."""
    found = gathering.gather(reports, project="shop")
    assert page.render(found).startswith(b"<!doctype html>")
    return found


@pytest.mark.functional
class TestOfRealArtifacts:
    def test_each_objective_that_measured_has_a_figure_and_each_other_says_why_it_has_none(self, shop: Path) -> None:
        found = gathered(shop / "reports")
        assert [each.objective for each in found.panels if each.refusal] == ["bench", "bundle", "governance"]
        assert of(found, "bench").refusal == "there is no perf.comparison.json"
        for each in found.panels:
            assert bool(each.figure) is bool(each.digest) is not bool(each.refusal), each
        assert not found.troubles

    def test_the_verdict_is_that_of_the_gates(self, shop: Path) -> None:
        found = gathered(shop / "reports")
        assert (found.verdict, found.answer[:20]) == (Verdict.FAIL, "It may not be merged")
        assert "ladder tier 1" in found.answer

    def test_figures_have_their_interval_and_sample(self, shop: Path) -> None:
        found = gathered(shop / "reports")
        assert of(found, "flake").figure.startswith("2 flaky tests, 0 broken, of 6 in 6 runs; the worst rate is ")
        assert of(found, "mutation").figure == "33.3%: 1 of 3 mutants killed"
        assert of(found, "ladder").figure.startswith("unit 66.7% of 6 lines, integration 83.3% of 6 lines, ")
        assert of(found, "markers").figure.startswith("2 registered markers: 1 alive, 1 removable")
        assert of(found, "collection").figure == "6 tests in 2 modules; no collection errors"

    def test_each_finding_has_a_command_that_we_can_parse(self, shop: Path) -> None:
        parser = cli.build_parser()
        findings = [each for panel in gathered(shop / "reports").panels for each in panel.findings]
        assert len(findings) > 15
        for each in findings:
            assert each.command, each
            if not each.command.startswith("sha256sum"):
                first, *words = shlex.split(each.command)
                assert first == "noxtasks"
                parser.parse_args(words)
        known = {command.name for command in cli.COMMANDS}
        for panel in gathered(shop / "reports").panels:
            words = shlex.split(panel.command)[1:]
            if words[0] in known:
                parser.parse_args(words)

    def test_pages_that_exist_are_linked(self, shop: Path) -> None:
        pages = {each.objective: each.page for each in gathered(shop / "reports").panels if each.page}
        assert pages == {"mutation": "mutation.html", "ladder": "ladder.html", "markers": "markers.html"}

    def test_trends_come_from_the_events_and_from_the_history_that_an_artifact_holds(self, shop: Path) -> None:
        found = gathered(shop / "reports")
        assert [series.name for series in of(found, "flake").series] == ["flaky tests", "broken tests"]
        assert {series.name for series in of(found, "ladder").series} == {"unit", "integration", "mutation"}
        assert of(found, "mutation").series[0].threshold == 0.6

    def test_a_test_has_all_that_is_known_of_it(self, shop: Path) -> None:
        tests = {each.id: each for each in gathered(shop / "reports").tests}
        assert len(tests) == 6
        chance = tests["tests/unit/test_prices.py::test_chance"]
        assert (chance.state, chance.outcomes[-1], chance.runs) == ("flaky", "~", 6)
        assert chance.low is not None
        assert chance.low < chance.failed / chance.runs
        assert chance.command.startswith("noxtasks flake ")
        basket = tests["tests/integration/test_totals.py::test_a_dear_basket"]
        assert (basket.tier, basket.covers) == ("integration", (("src/shop/prices.py", 2),))
        assert [each for each in basket.durations_s if each is not None]
        assert sum(each.kills or 0 for each in tests.values()) == 1

    def test_a_module_has_its_tiers_and_its_survivors(self, shop: Path) -> None:
        modules = {each.path: each for each in gathered(shop / "reports").modules}
        prices = modules["src/shop/prices.py"]
        assert prices.tiers == (("unit", 4 / 6), ("integration", 5 / 6), ("system", None))
        assert (prices.killed, prices.mutants, len(prices.survivors)) == (1, 3, 2)
        assert any(line.startswith("+") for line in prices.survivors[0].diff)

    def test_an_altered_artifact_is_no_measurement(self, reports: Path) -> None:
        path = reports / "mutation.initial.report.json"
        path.write_bytes(path.read_bytes().replace(b'"killed"', b'"KILLED"', 1))
        found = gathered(reports)
        panel = of(found, "mutation")
        assert (panel.verdict, panel.figure, panel.findings) == (Verdict.UNMEASURED, "", ())
        assert "its content is not what SHA256SUMS says" in panel.refusal
        assert [each.name for each in found.troubles] == ["mutation.initial.report.json"]
        assert all(each.kills is None for each in found.tests)

    def test_gates_that_have_judged_another_artifact_decide_nothing(self, reports: Path) -> None:
        told = artifacts.read(reports, "flake.report.json")
        result = {**told.result, "flaky": []}
        artifacts.write(reports, "flake.report.json", result=result, timing=told.timing, provenance=told.provenance)
        found = gathered(reports)
        assert "flake.report.json" in of(found, "gates").refusal
        assert "whether it may be merged is not judged" in found.answer

    def test_what_is_about_other_code_than_the_newest_is_said_to_be(self, reports: Path) -> None:
        told = artifacts.read(reports, "determinism.audit.json")
        provenance = msgspec.structs.replace(
            told.provenance, code_version="b" * 40, created=told.provenance.created + timedelta(hours=1)
        )
        artifacts.write(
            reports, "determinism.audit.json", result=told.result, timing=told.timing, provenance=provenance
        )
        found = gathered(reports)
        assert [each.objective for each in found.panels if not each.refusal] == ["determinism"]
        assert "is about other code" in of(found, "ladder").refusal
        assert found.sessions  # they tell which code each was about
        assert all(not each.covers for each in found.tests)

    def test_a_chain_that_is_broken_tells_no_trend(self, reports: Path) -> None:
        lines = (reports / events.NAME).read_bytes().splitlines(keepends=True)
        (reports / events.NAME).write_bytes(b"".join([lines[0], *lines[2:]]))
        found = gathered(reports)
        assert [each.name for each in found.troubles] == [events.NAME]
        assert not of(found, "flake").series

    def test_no_shape_of_an_artifact_breaks_the_page(self, reports: Path) -> None:
        contents = {name: artifacts.read(reports, name) for name in gathering.names() if (reports / name).is_file()}

        @given(data=st.data())
        @settings(max_examples=60, suppress_health_check=list(HealthCheck))
        def tried(data: st.DataObject) -> None:
            name = data.draw(st.sampled_from(sorted(contents)))
            told = contents[name]
            document = {"result": told.result, "timing": told.timing}
            place = data.draw(st.sampled_from(list(_places(document))))
            envelope = {
                **msgspec.to_builtins(told.provenance),
                "schema": told.schema,
                **_with(document, place, data.draw(JSON)),
            }
            artifacts.attach(reports, name, json.dumps(envelope).encode())
            gathered(reports)

        tried()


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*at, key)
        yield from _places(each, (*at, key))


def _with(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copied = value.copy()
    copied[place[0]] = _with(value[place[0]], place[1:], new)
    return copied


@pytest.mark.parametrize("gate", [{}, {"artifact": "x", "digest": 3}, {"artifact": [], "digest": "x"}])
def test_gates_of_no_shape_decide_nothing(tmp_path: Path, forge: Forge, gate: Any) -> None:
    gate = {"name": "a", "verdict": "pass", "is_blocking": True, **gate}
    forge("quality.gates.v2.json", {"verdict": "pass", "notes": [], "gates": [gate], "findings": 0, "off": []})
    found = gathered(tmp_path)
    assert (found.verdict, of(found, "gates").verdict) == (
        (Verdict.PASS, Verdict.PASS) if gate.get("digest") == 3 else (Verdict.UNMEASURED, Verdict.UNMEASURED)
    )


def test_of_nothing_each_panel_says_what_is_missing(tmp_path: Path) -> None:
    found = gathered(tmp_path)
    assert found.answer == "Nothing is measured yet."
    assert all(each.refusal == f"there is no {each.artifact}" for each in found.panels)
    assert (found.verdict, found.tests, found.made) == (Verdict.UNMEASURED, (), None)


@pytest.mark.parametrize("name", gathering.names())
def test_results_of_any_shape_are_refused_or_shown(name: str, tmp_path: Path, forge: Forge) -> None:
    results: tuple[Any, ...] = (None, [], {}, "text", 1e308, {"gates": [None]}, {"claim": {}, "flaky": "x"})
    for result in (*results, {"tests": ["\udc80"]}):
        forge(name, result)
        gathered(tmp_path)


def test_half_a_character_and_endless_texts_are_shown_as_far_as_they_can_be(tmp_path: Path, forge: Forge) -> None:
    finding = {
        "kind": "clock",
        "what": "x" * 100_000,
        "code": "now()",
        "why": "",
        "advice": "",
        "path": "test_\\ud800.py",
        "line": 1,
    }
    score = {"figure": None, "interval": None, "tried": 0}
    result = {"findings": [finding], "differing": [], "score": score, "files": 1, "tests": 1, "runs": 2}
    forge("determinism.audit.json", result)
    path = tmp_path / "determinism.audit.json"
    artifacts.attach(tmp_path, path.name, path.read_bytes().replace(b"\\\\ud800", b"\\ud800"))
    panel = of(gathered(tmp_path), "determinism")
    assert (len(panel.findings[0].what), panel.findings[0].path) == (600, "test_\\ud800.py")


def test_what_is_nested_beyond_reason_is_refused(tmp_path: Path) -> None:
    for name, data in (("flake.report.json", b'{"a":' * 200_000), ("coverage.ladder.v2.yaml", b"[" * 200_000)):
        artifacts.attach(tmp_path, name, data)
        assert any(name in each.refusal and "parsed" in each.refusal for each in gathered(tmp_path).panels)


def test_a_file_of_who_tests_what_that_is_none_is_told_as_a_trouble(tmp_path: Path) -> None:
    artifacts.attach(tmp_path, gathering.WHO, b'{"tests": 3}')
    assert [each.name for each in gathered(tmp_path).troubles] == [gathering.WHO]


def test_of_more_findings_than_anyone_reads_the_rest_is_counted(tmp_path: Path, forge: Forge) -> None:
    one = {"kind": "clock", "what": "now", "code": "", "why": "", "advice": "", "path": "a.py", "line": 1}
    score = {"figure": None, "interval": None, "tried": 0}
    result = {"findings": [one] * 2345, "differing": [], "score": score, "files": 1, "tests": 1, "runs": 2}
    forge("determinism.audit.json", result)
    findings = of(gathered(tmp_path), "determinism").findings
    assert (len(findings), findings[-1].what) == (2001, "345 more findings are in determinism.audit.json")


def test_an_interrupted_session_does_not_count(tmp_path: Path, forge: Forge) -> None:
    forge("determinism.audit.json", {}, complete=False)
    panel = of(gathered(tmp_path), "determinism")
    assert panel.refusal == "determinism.audit.json is of a session that was interrupted"
    assert panel.measured is not None


def test_each_interpreters_panels_lead_to_its_own_page(tmp_path: Path, forge: Forge) -> None:
    score = {"figure": None, "interval": None, "tried": 0}
    result = {"findings": [], "differing": [], "score": score, "files": 1, "tests": 1, "runs": 2}
    for name in ("3.11", "3.12"):
        forge("determinism.audit.json", result, folder=tmp_path / name)
    found = gathering.gather(tmp_path, project="shop", interpreters=("3.11", "3.12", "3.13"))
    assert page.render(found)
    told = {each.objective: (each.page, each.figure) for each in found.panels if not each.refusal}
    assert told == {
        f"determinism on {name}": (f"{name}/index.html", "no findings in 1 file; 0 of 1 test differed")
        for name in ("3.11", "3.12")
    }
    assert "determinism" not in {each.objective for each in found.panels}


def test_names_are_those_of_artifacts_that_have_a_schema(provenance: Provenance) -> None:
    assert {"flake.report.json", "tests.timeline.json", "quality.gates.v2.json"} <= {*gathering.names()}
    assert all(schemas.is_artifact(name) for name in gathering.names())


def test_interpreters_that_come_to_the_same_say_it_once_and_stand_side_by_side(tmp_path: Path, forge: Forge) -> None:
    score = {"figure": None, "interval": None, "tried": 0}
    result = {"findings": [], "differing": [], "score": score, "files": 1, "tests": 1, "runs": 2}
    for name in ("3.11", "3.12"):
        forge("determinism.audit.json", result, folder=tmp_path / name)
    found = gathering.gather(tmp_path, project="shop", interpreters=("3.11", "3.12"))
    assert found.answer.startswith("3.11, 3.12: Nothing was found by what is measured; ")
    assert found.answer.count("Nothing") == 1
    names = [each.objective for each in found.panels]
    at = names.index("determinism on 3.11")
    assert names[at - 1 : at + 3] == ["flake", "determinism on 3.11", "determinism on 3.12", "mutation"]
    assert found.troubles == ()
    text = page.render(found).decode()
    assert "all of 3.12" in text
    assert text.count("Those of each interpreter are on its page.") == 2
