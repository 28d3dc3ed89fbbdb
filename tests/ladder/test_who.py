"""Who tests what is counted by tier, kept small, and told for a file, a function or a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, EvidenceError, NotMeasuredError
from noxtasks.ladder import coverage_program, explaining, who
from noxtasks.ladder.model import Belonging, Name
from noxtasks.ladder.who import Told, Who

LINES = {
    "shop.py": {1: [""], 2: ["", "a::one", "b::two"], 3: ["a::one"], 5: ["a::one"], 7: [""], -1: ["a::one"]},
    "till.py": {1: ["a::one", "gone::test"]},
}
FUNCTIONS = {"shop.py": {"f": [2, 3, 5], "Cart.g": [7], "h": []}, "till.py": {}}
TIERS = {"a::one": "unit", "b::two": "system"}


def known() -> Who:
    return who.read(
        coverage_program.who(LINES, FUNCTIONS, TIERS),
        prefix="",
        code_version="c",
        paths={"shop.py": "src/shop.py", "till.py": "src/till.py"},
    )


def named(told: Told) -> dict[str, list[str]]:
    return {tier: [known().tests[place] for place in tests.some] for tier, tests in told.tiers.items()}


def test_a_function_is_run_by_the_tests_of_its_lines_and_a_line_by_its_own(tmp_path: Path) -> None:
    (found,) = explaining.find(known(), "src/shop.py::f", tmp_path)
    assert named(found) == {"unit": ["a::one"], "system": ["b::two"]}
    (line,) = explaining.find(known(), "src/shop.py:5", tmp_path)
    assert (named(line), line.is_run) == ({"unit": ["a::one"]}, True)
    (imported,) = explaining.find(known(), "src/shop.py::Cart.g", tmp_path)
    assert (imported.tiers, imported.is_run) == ({}, True)
    for place in ("src/shop.py::h", "src/shop.py:99"):
        (unrun,) = explaining.find(known(), place, tmp_path)
        assert (unrun.tiers, unrun.is_run) == ({}, False)
    (other,) = explaining.find(known(), "src/till.py:1", tmp_path)
    assert named(other) == {"unit": ["a::one"]}  # a context that is no test is left out
    places = [each.place for each in explaining.find(known(), "src/shop.py", tmp_path)]
    assert places == ["src/shop.py::f", "src/shop.py::Cart.g", "src/shop.py::h"]


def test_a_path_may_be_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src")
    (found,) = explaining.find(known(), "shop.py:3", tmp_path)
    assert found.place == "src/shop.py:3"


@pytest.mark.parametrize(
    ("place", "remedy"),
    [
        ("src/shpo.py", "Did you mean src/shop.py?"),
        ("src/shop.py::g", "Did you mean src/shop.py::Cart.g?"),
        ("src/till.py::nothing", "noxtasks ladder explain src/till.py lists"),
    ],
)
def test_what_is_near_is_told_of_a_place_that_is_not_known(tmp_path: Path, place: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        explaining.find(known(), place, tmp_path)
    assert remedy in caught.value.remedy


@given(st.dictionaries(st.integers(1, 9), st.sets(st.sampled_from([f"t{number}" for number in range(40)])), max_size=6))
def test_however_many_tests_there_are_few_are_named_and_all_are_counted(file: dict[int, set[str]]) -> None:
    tiers = {f"t{number}": "unit" if number % 2 else "system" for number in range(40)}
    found = who.read(
        coverage_program.who({"a.py": file}, {"a.py": {"f": list(file)}}, tiers),
        prefix="p/",
        code_version="c",
        paths={"a.py": "a.py"},
    )
    everyone = set().union(*file.values())
    of = found.files["a.py"].functions["f"].tiers
    assert sum(each.count for each in of.values()) == len(everyone)
    for tier, each in of.items():
        tests = {found.tests[place].removeprefix("p/") for place in each.some}
        assert tests <= {test for test in everyone if tiers[test] == tier}
        assert len(tests) == min(each.count, coverage_program.MOST)
    for line, tests in file.items():
        (group,) = (each for each in found.files["a.py"].lines if line in each.lines)
        assert sum(each.count for each in group.tiers.values()) == len(tests)


def test_those_that_run_least_else_are_named_first() -> None:
    lines = {"a.py": {1: ["broad", "close"], 2: ["broad"]}}
    told = coverage_program.who(lines, {"a.py": {"f": [1]}}, {"broad": "unit", "close": "unit"})
    assert [told["tests"][place] for place in told["files"]["a.py"]["functions"]["f"]["tiers"]["unit"]["some"]] == [
        "close",
        "broad",
    ]


def test_a_test_has_its_tier_by_the_name_that_pytest_has_for_it() -> None:
    belonging = Belonging(tiers={Name.UNIT: ("sub/a::b",)}, none=("sub/c::d",), several={"sub/e::f": (Name.UNIT,)})
    assert who.asked(belonging, "sub/") == {"a::b": "unit", "c::d": "none", "e::f": "none"}


def test_the_file_is_listed_with_its_digest_and_one_that_was_altered_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = tmp_path / "reports"
    with pytest.raises(NotMeasuredError):
        who.load(reports)
    who.write(reports, known())
    assert who.load(reports) == known()
    assert who.NAME in (reports / "SHA256SUMS").read_text()
    assert explaining.explain(tmp_path, Settings(), place="src/shop.py") == 0
    said = capsys.readouterr().out
    assert "src/shop.py::f\n  unit, 1 test: a::one\n  system, 1 test: b::two\n" in said
    assert "src/shop.py::Cart.g\n  no test by itself" in said
    assert "src/shop.py::h\n  no test\n" in said
    assert "another version of the code" in said
    (reports / who.NAME).write_bytes((reports / who.NAME).read_bytes() + b" ")
    with pytest.raises(EvidenceError):
        who.load(reports)
