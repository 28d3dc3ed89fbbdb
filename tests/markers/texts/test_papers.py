from __future__ import annotations

import pytest

from noxtasks.markers.model import Reference, Use
from noxtasks.markers.texts import papers


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("docs/adr/0001-x.md", "ADR"),
        ("docs/decisions/x.rst", "ADR"),
        ("ADR-7-markers.md", "ADR"),
        ("docs/0012-markers.md", "ADR"),
        ("evidence/x.json", "evidence"),
        ("a/Reports/x.txt", "evidence"),
    ],
)
def test_decisions_and_evidence_are_known_by_their_place(path: str, how: str) -> None:
    (found,) = papers.read({path: "We keep\nthe slow marker.\n"}, {"slow", "fast"})
    assert found == Reference(marker="slow", path=path, line=2, use=Use.MENTIONED, how=how)


@pytest.mark.parametrize("path", ["README.md", "docs/x.md", "2024.md", "adrift.md", "reports.txt"])
def test_other_papers_are_not(path: str) -> None:
    assert papers.read({path: "slow"}, {"slow"}) == ()


def test_a_name_is_a_word_of_its_own() -> None:
    assert papers.read({"adr/x.md": "slowly too-slow slow-ish slow_one x.slow"}, {"slow"}) == ()
    assert len(papers.read({"adr/x.md": "pytest.mark.slow, (slow)\n" * 9}, {"slow"})) == 3
