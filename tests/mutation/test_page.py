"""The page: what it says first, that no name can break it, and that it stays small."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
import pytest

from noxtasks.evidence.provenance import Interpreter, Platform, Provenance
from noxtasks.mutation import page, wording
from noxtasks.mutation.model import Report, Status


class Reader(HTMLParser):
    """The tags of a page, its ids, and the text outside of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given[name] or "" for name in ("href", "src") if name in given]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] and self.tags[-1] not in {"script", "style"}:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts))


PROVENANCE = Provenance(
    session_id="0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    created=datetime(2025, 3, 4, 5, 6, tzinfo=UTC),
    tools={"noxtasks": "0.1.0", "mutmut": "3.8.1"},
    interpreter=Interpreter(implementation="CPython", version="3.12.4"),
    platform=Platform(system="Linux", release="6.1", machine="x86_64"),
    vcs=None,
    code_version="tree.<b>",
    settings={},
)


def rendered(report: Report) -> str:
    return page.render(report, project="a <b>shop</b>", provenance=PROVENANCE).decode()


def read(report: Report) -> Reader:
    reader = Reader()
    reader.feed(rendered(report))
    reader.close()
    return reader


def test_the_verdict_comes_first_with_what_it_rests_on(report: Report) -> None:
    text = read(report).text
    assert text.index("Mutants of a <b>shop</b>") < text.index(
        "fail: mutation score 51.4% (43%-57%), of covered code 60.0%"
    )
    assert "a stratified sample of 8 of 80 mutants (seed 7); each has been tried" in text
    assert "2025-03-04 05:06 UTC, code tree.<b>, CPython 3.12.4, mutmut 3.8.1" in text


def test_an_interval_has_a_column_where_there_is_one(report: Report) -> None:
    by_path = {path: msgspec.structs.replace(each, interval=None) for path, each in report.by_path.items()}
    score = msgspec.structs.replace(report.score, interval=None)
    assert "interval" not in read(msgspec.structs.replace(report, score=score, by_path=by_path)).text
    text = read(report).text
    assert "mutation score 51.4% (43%-57%)" in text
    assert text.count("43%-57%") == 2


def test_no_name_and_no_source_can_break_it(report: Report) -> None:
    reader = read(report)
    assert reader.tags.count("script") == 1
    assert '"""</script><script>alert("é")</script>"""' in reader.text
    assert "tests/test_shop.py::test_it[</script><b>\"'&\\u{1b}[31m\\u{dcff}]" in reader.text
    assert "<i>no suspect</i>" in reader.text
    assert all(link.startswith("#") for link in reader.links)


def test_every_mutant_is_in_the_source_once_and_links_lead_somewhere(report: Report) -> None:
    reader = read(report)
    assert len(reader.ids) == len(set(reader.ids))
    assert {f"m-{mutant.id}" for mutant in report.mutants} <= set(reader.ids)
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)


def test_a_survivor_comes_with_its_tests_its_lesson_and_its_command(report: Report) -> None:
    text = read(report).text
    assert "survived: 2 tests let it live" in text
    assert "Told apart by is_dear(100): the original returns False, the mutant returns True" in text
    assert "assert is_dear(100) is False" in text
    assert "$ noxtasks mutation explain 0000000000000001" in text


def test_what_the_tests_did_not_notice_is_marked_in_its_line(report: Report) -> None:
    assert "<mark>&gt; 100</mark>" in rendered(report)
    killed = {each: msgspec.structs.replace(fate, status=Status.KILLED) for each, fate in report.fates.items()}
    assert "<mark>" not in rendered(msgspec.structs.replace(report, fates=killed))


@pytest.mark.parametrize("text", ["", "def is_dear(price):\n"])
def test_mutants_are_told_of_a_file_whose_text_is_not_known(report: Report, text: str) -> None:
    reader = read(msgspec.structs.replace(report, texts={"src/shop.py": text} if text else {}))
    assert {f"m-{mutant.id}" for mutant in report.mutants} <= set(reader.ids)


def test_a_mutant_more_costs_little_whatever_the_number_of_its_tests(report: Report) -> None:
    survivor = report.mutants[1]
    tests = tuple(f"tests/test_shop.py::test_{number}" for number in range(1000))
    many = {**report.fates, survivor.id: msgspec.structs.replace(report.fates[survivor.id], tests=tests)}
    found = rendered(msgspec.structs.replace(report, fates=many))
    assert found.count("::test_9</code>") == 2
    assert "and 990 more" in found
    assert "test_10<" not in found


def test_the_terms_of_the_user_are_told_with_what_came_of_them(report: Report, terms_report: Report) -> None:
    reader = read(terms_report)
    for said in (
        "(advisory until 2025-12-31)",
        "<b>shop51.4%43%-57%60.0%60%fail, ",
        "What lives, and did not in <b>.json (2)",
        "src/shop.py:3 is_dear it was killed, and lives now",
        *wording.notes(terms_report),
        *map(wording.suppression, terms_report.suppressions),
    ):
        assert said in reader.text
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    assert not re.search("advisory|scope|did not in|Suppressions", read(report).text)
