"""A plan is read whole, or every problem is told at once, with its line and what was meant."""

from __future__ import annotations

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.evidence.gating.model import Level, Operator, Take
from noxtasks.governance import template
from noxtasks.governance.checking import reading
from noxtasks.governance.checking.model import DIMENSIONS, Pattern

from .samples import WHOLE, line_of

RISK = """\
risks:
  slow:
    title: It is slow.
    level: blocking
    trigger: {artifact: a.json, pointer: /result/s, operator: ">", threshold: 600}
    mitigation: wait
"""


def refused(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        reading.read(text.encode())
    return [str(each) for each in caught.value.problems or (caught.value,)]


def test_the_parts_are_there_with_their_lines() -> None:
    plan = reading.read(WHOLE.encode())
    assert [(each.name, each.line) for each in plan.milestones] == [("M1", 3), ("M2", 4)]
    assert [(said.text, said.line) for said in plan.milestones[1].after] == [("M1", 4)]
    assert plan.objectives[1].gate is not None
    assert (plan.objectives[1].gate.text, plan.objectives[1].gate.line) == ("performance mean", 20)
    assert tuple(each.name for each in plan.dimensions) == DIMENSIONS


def test_the_template_is_read() -> None:
    plan = reading.read(template.text().encode())
    assert {each.name for each in plan.dimensions} == {*DIMENSIONS}
    assert plan.patterns[Pattern.GOLDEN_RATIO] is Level.ADVISORY


def test_a_trigger_is_kept_as_the_gate_of_calm() -> None:
    (risk,) = reading.read((WHOLE + RISK).encode()).risks
    assert (risk.level, risk.calm.operator, risk.calm.threshold, risk.calm.take) == (
        Level.BLOCKING,
        Operator.AT_MOST,
        600,
        Take.EACH,
    )


def test_a_pattern_is_switched_off_by_the_plain_word() -> None:
    plan = reading.read(WHOLE.replace("dimensions:", "patterns: {golden ratio: off}\ndimensions:", 1).encode())
    assert plan.patterns == {Pattern.GOLDEN_RATIO: Level.OFF}


@pytest.mark.parametrize("operator", list(Operator))
@pytest.mark.parametrize("figure", [0, 1, 2])
def test_a_gate_of_calm_holds_exactly_where_its_trigger_does_not(operator: Operator, figure: int) -> None:
    assert reading.opposite(operator).holds(figure, 1) is not operator.holds(figure, 1)
    assert reading.opposite(reading.opposite(operator)) is operator


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 1\n", "", "governance.yaml: it has no version"),
        ("version: 1", "version: 2", "governance.yaml:1: version: expected 1; got 2"),
        ("version: 1", "version: true", "governance.yaml:1: version: expected 1; got True"),
        ("objectives:", "objetives:", "governance.yaml:5: the file: there is no 'objetives'\n  Did you mean 'obj"),
        ("{title: Foundation}", "{titel: x}", "milestones.M1: there is no 'titel'\n  Did you mean 'title'?"),
        ("{title: Foundation}", "[a]", "governance.yaml:3: milestones.M1: expected a mapping; got a list"),
        ("{title: Foundation}", "{title: 7}", "milestones.M1.title: expected text; got a number\n  Put it into quotes"),
        ("{title: Foundation}", "{title: true}", "milestones.M1.title: expected text; got true or false"),
        ("{title: Foundation}", "{title: 2026-01-01}", "milestones.M1.title: expected text; got a date"),
        ("  M1: {title: Foundation}", "  M1:", "governance.yaml:3: milestones.M1: it is empty"),
        ("after: [M1]", "after: M1", "milestones.M2.after: expected a list of texts; got text"),
        ("after: [M1]", "after: [[M1]]", "milestones.M2.after[0]: expected text; got a list"),
        ("  spatial:", "  spacial:", "dimensions: there is no 'spacial'\n  Did you mean 'spatial'?"),
        ("dimensions:", "patterns: {circel: off}\ndimensions:", "there is no 'circel'\n  Did you mean 'circle'?"),
        ("dimensions:", 'patterns: {circle: "of"}\ndimensions:', "circle: there is no 'of'\n  Did you mean 'off'?"),
        ("dimensions:", "deliverables: {d: {artifact: a, file: b}}\ndimensions:", "artifact or a file, and not both"),
        ("dimensions:", "deliverables: {d: {artifact: a, sha256: b}}\ndimensions:", "digest of an artifact stands in"),
        ("dimensions:", "deliverables: {d: {file: a, sha256: B}}\ndimensions:", "64 hexadecimal digits; got 'B'"),
    ],
)  # fmt: skip
def test_what_is_wrong_says_where_and_what_was_meant(old: str, new: str, said: str) -> None:
    assert old in WHOLE
    assert said in "\n".join(refused(WHOLE.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    trigger", "    # trigger", "governance.yaml:{risk}: risks.slow: it has no trigger"),
        ("mitigation: wait", "level: off", "is there twice"),
        ("    mitigation: wait\n", "", "it has neither a mitigation nor a rollback"),
        ("mitigation:", "mitigate:", "Did you mean 'mitigation'?"),
        ('operator: ">"', 'operator: "=>"', "risks.slow.trigger.operator: there is no '=>'"),
        (', operator: ">"', "", "risks.slow.trigger: operator missing"),
        ("threshold: 600", 'threshold: "600"', "risks.slow.trigger.threshold: expected a number; got '600'"),
        ("threshold: 600", "threshold: .nan", "risks.slow.trigger.threshold: expected a number; got '.nan'"),
        ("threshold: 600", "threshold: 1e400", "expected a number; got '1e400'"),
        ("threshold: 600", "threshold: true", "expected a number; got True"),
        ("/result/s", "result/s", "risks.slow.trigger.pointer: 'result/s' does not begin with a slash"),
        ("a.json", "../a.json", "expected the name of a file among the reports"),
        ("level: blocking", "level: severe", "risks.slow.level: there is no 'severe'\n  It is one of blocking"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_risk_is_told(old: str, new: str, said: str) -> None:
    text = WHOLE + RISK.replace(old, new, 1)
    assert said.format(risk=line_of(text, "  slow:")) in "\n".join(refused(text))


def test_every_problem_is_told_at_once_in_the_order_of_lines() -> None:
    text = WHOLE.replace("version: 1", "version: 9").replace("title: Expansion", "titel: x").replace("gate:", "gaet:")
    found = refused(text)
    lines = [int(each.split(":")[1]) for each in found]
    assert lines == sorted(lines)
    assert len(found) == 4


def test_what_is_there_twice_and_what_is_not_of_the_form_are_told_together_each_with_what_to_do() -> None:
    text = WHOLE.replace("  O2:\n", "  O2:\n    gate: a\n") + "patterns: {circle: hard}\nrisks: {r: {trigger: []}}\n"
    with pytest.raises(ConfigurationError) as caught:
        reading.read(text.encode())
    problems = caught.value.problems
    assert any("'gate' is there twice" in each.message for each in problems)
    assert any("patterns.circle: there is no 'hard'" in each.message for each in problems)
    assert any("risks.r.trigger: expected a mapping" in each.message for each in problems)
    assert all(each.remedy and each.where for each in problems)


def test_a_trigger_names_an_artifact() -> None:
    trigger = "{artifact: '', pointer: /result, operator: '>', threshold: 1}"
    with pytest.raises(ConfigurationError, match=r"artifact: expected the name of a file among the reports"):
        reading.read(f"{WHOLE}risks: {{r: {{mitigation: m, trigger: {trigger}}}}}\n".encode())
