"""Thirteen dimensions, each with an application that says something, and evidence that stands where it should."""

from __future__ import annotations

import pytest

from noxtasks.governance.checking import dimensions, reading
from noxtasks.governance.checking.model import DIMENSIONS, Plan, Rule, Violation

from .samples import WHOLE, files, line_of, words


def found(text: str) -> list[Violation]:
    looked_into = dimensions.look_into(reading.read(text.encode()), {}, files(README__md="# The shop\n"))
    return dimensions.violations(looked_into)


def test_thirteen_that_are_addressed_break_no_rule() -> None:
    assert found(WHOLE) == []
    assert len(DIMENSIONS) == 13


def test_one_that_is_not_there_is_told_by_name() -> None:
    start, _, rest = WHOLE.partition("  spatial:\n")
    (violation,) = found(start + rest[rest.index("  holistic:") :])
    assert (violation.rule, violation.name, violation.line) == (Rule.DIMENSION, "spatial", 0)


def test_without_any_all_thirteen_are_told() -> None:
    assert [each.name for each in dimensions.violations(dimensions.look_into(Plan(), {}, files()))] == [*DIMENSIONS]


@pytest.mark.parametrize(
    "application",
    ["TODO", "todo: say it", "TBD.", "tba", "FIXME", "xxx", "n/a", "N/A", "none", "...", "…", "?", "-", "<fill in>",
     "Placeholder: what it means", "lorem ipsum dolor", "*TODO*", "Reliability. TODO more", "a", "[to be done]"],
)  # fmt: skip
def test_a_placeholder_is_no_application(application: str) -> None:
    assert dimensions.unfilled(words(application)[0])


@pytest.mark.parametrize("application", ["", " ", "\n\t "])
def test_nothing_is_no_application(application: str) -> None:
    assert dimensions.unfilled(words(application)[0]) == "it has no application"
    assert dimensions.unfilled(None) == "it has no application"


@pytest.mark.parametrize(
    "application",
    ["None of the tests may wait.", "Todoist is the product.", "Nothing is fetched.", "It has to be written twice.",
     "平行性", "xx", "A placeholder in a template has to be filled in."],
)  # fmt: skip
def test_words_that_look_like_a_placeholder_are_none(application: str) -> None:
    assert dimensions.unfilled(words(application)[0]) == ""


def test_evidence_that_is_missing_or_leads_nowhere_is_told_with_its_line() -> None:
    text = WHOLE.replace(
        "evidence: [README.md#the-shop]", "evidence:\n      - README.md\n      - README.md#the-shed", 1
    )
    text = text.replace("evidence: [README.md#the-shop]", "evidence: []", 1)
    lost, without = found(text)
    assert (lost.rule, lost.name, lost.line) == (Rule.EVIDENCE, "motivational", line_of(text, "README.md#the-shed"))
    assert (without.rule, without.name, without.message) == (
        Rule.EVIDENCE,
        "relational",
        "relational: it has no evidence",
    )
