"""The watch over markers, in real pytest: it tells each thing once, and neither the suite nor its user notices it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import Mark, MarkGenerator, NodeKeywords

from noxtasks.probe.noxtasks_probe.marker_places import MarkerPlaces
from noxtasks.suite import process
from noxtasks.suite.launch import Launch, Suite

Collect = Callable[..., tuple[str, list[dict[str, Any]]]]


@pytest.fixture
def collect(tmp_path: Path, python: Path) -> Collect:
    """Collects test_it.py with the probe or plain, and gives what pytest printed and the frames."""

    def run(content: str, *args: str, is_watched: bool = True) -> tuple[str, list[dict[str, Any]]]:
        (tmp_path / "test_it.py").write_text(content)
        (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = known\n")
        (tmp_path / "task.json").write_text(json.dumps({"mode": "mark", "expressions": []}))
        wire = tmp_path / "wire"
        wire.unlink(missing_ok=True)
        suite = Suite(root=tmp_path, python=python, pytest_args=("-p", "no:randomly", "-p", "no:asyncio", *args))
        command = suite.command(Launch(hash_seed=0))
        env = suite.environment(Launch(hash_seed=0), wire=wire, task=tmp_path / "task.json")
        if not is_watched:
            command = [argument for argument in command if argument != "noxtasks_probe"]
            command.remove("-p")
            command.append("--collect-only")
            env = {name: value for name, value in env.items() if not name.startswith("NOXTASKS")}
        done = process.run(command, cwd=tmp_path, env={**env, "PYTHONWARNINGS": "default"}, timeout_s=60)
        lines = wire.read_text().splitlines() if wire.exists() else []
        return done.stdout + done.stderr, [json.loads(line) for line in lines]

    return run


def section(output: str, title: str) -> str:
    found = re.search(rf"^=+ {title} =+$(.*?)^=+ ", output, re.DOTALL | re.MULTILINE)
    return found.group(1) if found else ""


UNKNOWN = """
import pytest
from pytest import mark

alias = mark.unknown_one


def helper():
    return pytest.mark.unknown_two


made = helper()


@pytest.mark.unknown_three
def test_it():
    pass
"""


@pytest.mark.functional
def test_the_warning_of_an_unknown_marker_is_of_the_line_that_names_it(collect: Collect) -> None:
    plain = section(collect(UNKNOWN, is_watched=False)[0], "warnings summary")
    watched = section(collect(UNKNOWN)[0], "warnings summary")
    assert "test_it.py:15: PytestUnknownMarkWarning" in plain
    assert watched == plain


@pytest.mark.functional
@pytest.mark.parametrize(
    "wrong",
    ["pytest.mark.unknown", "pytest.mark._hidden", "getattr(pytest.mark, '')", "pytest.mark.parameterize('a', [1])"],
)
def test_a_failure_says_what_it_always_says(collect: Collect, wrong: str) -> None:
    content = f"import pytest\n\n\ndef make():\n    return {wrong}\n\n\nmade = make()\ndef test_it(): pass\n"
    plain = section(collect(content, "--strict-markers", is_watched=False)[0], "ERRORS")
    watched = section(collect(content, "--strict-markers")[0], "ERRORS")
    assert "test_it.py" in plain
    assert watched == plain


@pytest.mark.functional
def test_each_set_of_names_is_spelled_out_once(collect: Collect) -> None:
    content = "import pytest\n" + "".join(
        f"@pytest.mark.{name}\n@pytest.mark.parametrize('x', range(50))\ndef test_{number}(x): pass\n"
        for number, name in enumerate(["known", "functional", "known"])
    )
    _, frames = collect(content)
    (marked,) = (frame for frame in frames if frame["frame"] == "marked")
    assert marked["sets"] == [["known", "parametrize"], ["functional", "parametrize"]]
    assert marked["marks"] == [0] * 50 + [1] * 50 + [0] * 50
    assert len(marked["tests"]) == 150
    assert len(marked["files"]) == 1
    assert [frame["frame"] for frame in frames][-1] == "end"


@pytest.mark.functional
def test_no_test_is_run(collect: Collect, tmp_path: Path) -> None:
    collect("from pathlib import Path\ndef test_it(): Path('ran').touch()\n")
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def places() -> Iterator[MarkerPlaces]:
    watch = MarkerPlaces()
    yield watch
    watch.restore()


def test_a_place_is_told_once_however_often_it_is_passed(places: MarkerPlaces) -> None:
    for _ in range(3):
        assert pytest.mark.functional.name == "functional"
    [(name, file, _)] = places.take()["made"]
    assert name == "functional"
    assert Path(file).samefile(__file__)
    assert places.take() == {"made": [], "added": []}


def test_a_mark_that_is_made_by_its_class_is_seen_and_one_that_pytest_makes_is_not(places: MarkerPlaces) -> None:
    Mark("by_hand", (), {}, _ispytest=True)
    pytest.mark.functional.with_args(1)
    assert [name for name, _, _ in places.take()["made"]] == ["by_hand", "functional"]


def test_a_keyword_that_code_sets_itself_is_seen(places: MarkerPlaces, request: pytest.FixtureRequest) -> None:
    request.node.keywords["set_by_hand"] = True
    request.node.add_marker("functional")
    added = places.take()["added"]
    assert [name for name, _, _ in added] == ["set_by_hand", "functional"]
    assert {Path(file).name for _, file, _ in added} == {Path(__file__).name}


def test_pytest_is_left_as_it_was() -> None:
    watched = (MarkGenerator, NodeKeywords, pytest.Config)
    before = [dict(vars(owner)) for owner in watched]
    places = MarkerPlaces()
    places.restore()
    assert [dict(vars(owner)) for owner in watched] == before
    assert Mark("still", (1,), {}, _ispytest=True).args == (1,)
    assert places.take()["made"] == []
