"""One mutant, by the report that a scan has left."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks import mutation
from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts
from noxtasks.evidence.provenance import Provenance
from noxtasks.mutation import emit
from noxtasks.mutation.model import Report
from noxtasks.suite.sources import Source, Sources

SOURCES = Sources(files=(Source(path="src/shop.py", module="shop"),), entries=("src",), found_by="the folder")


@pytest.fixture
def root(tmp_path: Path, report: Report, provenance: Provenance) -> Path:
    emit.write(tmp_path / "reports", report, project="shop", sources=SOURCES, duration_s=1.5, provenance=provenance)
    return tmp_path


def explained(root: Path, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert mutation.explain(root, Settings(), mutant=name) is ExitCode.NOTHING_FOUND
    return capsys.readouterr().out


def test_all_that_is_written_is_listed_and_valid(root: Path) -> None:
    names = {"mutation.initial.report.json", "mutation.stryker.json", "mutation.junit.xml", "mutation.html"}
    assert names <= {path.name for path in (root / "reports").iterdir()}
    assert {line.split("  ")[1] for line in (root / "reports" / "SHA256SUMS").read_text().splitlines()} == names
    assert artifacts.verify(root / "reports") == []


def test_a_survivor_is_told_with_its_tests_its_lesson_and_how_it_is_tried(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = explained(root, "0000000000000001", capsys)
    for said in (
        "this is of another version of the code; `noxtasks mutation` looks again\n",
        "src/shop.py:3 is_dear  0000000000000001\n",
        "  +    return price >= 100\n",
        "survived: 2 tests let it live\n  tests/test_shop.py::TestShop::test_price\n",
        "  told apart by is_dear(100):\n",
        "  def test_is_dear():\n      assert is_dear(100) is False\n",
        "by hand: make the change in src/shop.py:3, and\n",
        "  $ python -m pytest tests/test_shop.py::TestShop::test_price\n",
    ):
        assert said in out


def test_what_killed_it_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(root, "shop.x_is_dear__mutmut_0", capsys)
    assert "killed by tests/test_shop.py::test_it[</script><b>\"'&\\u{1b}[31m" in out
    assert "]: AssertionError: <b>\n" in out
    assert "by hand" not in out  # nobody can type its id


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nonsense", "knows no mutant nonsense"),
        ("000000000000000", "8 mutants begin with 000000000000000"),
        ("0", "knows no mutant 0"),
    ],
)
def test_a_name_that_means_no_mutant_or_several_is_an_error(root: Path, name: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        mutation.explain(root, Settings(), mutant=name)


def test_without_a_scan_there_is_nothing_to_tell(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match="there is no report"):
        mutation.explain(tmp_path, Settings(), mutant="0000000000000001")
