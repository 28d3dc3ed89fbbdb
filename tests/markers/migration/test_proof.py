"""What a change of the markers has changed beyond itself is always found."""

from __future__ import annotations

from collections.abc import Mapping

from _pytest.mark.expression import Expression
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.markers.migration import expressions, proof
from noxtasks.markers.migration.model import Change
from noxtasks.markers.migration.proof import Kind

NAMES = ["a", "b", "c", "d", "e"]
Suite = dict[str, frozenset[str]]

suites = st.dictionaries(st.sampled_from([f"t.py::test_{n}" for n in range(6)]), st.frozensets(st.sampled_from(NAMES)))
changes = st.permutations(NAMES).map(lambda names: Change(renamed=dict(zip(NAMES, names, strict=True))))
EXPRESSIONS = ["a", "not a", "a or b", "a and not (b or c)"]


def selections(suite: Suite, written: list[str]) -> dict[str, set[str]]:
    return {
        each: {
            test
            for test, markers in suite.items()
            if Expression.compile(each).evaluate(lambda name, /, markers=markers, **_: name in markers)
        }
        for each in written
    }


def found(change: Change, before: Suite, after: Suite, selected: Mapping[str, set[str]] | None = None) -> list[Kind]:
    after_selected = (
        selections(after, [expressions.renamed(each, change) for each in EXPRESSIONS]) if selected is None else selected
    )
    told = proof.differences(
        change,
        before=before,
        after=after,
        selected_before=selections(before, EXPRESSIONS),
        selected_after=after_selected,
    )
    return [each.kind for each in told]


def mapped(suite: Suite, change: Change) -> Suite:
    return {test: frozenset(change.now(each) for each in markers) for test, markers in suite.items()}


@given(suites, changes)
def test_a_renaming_that_is_a_bijection_is_proven(suite: Suite, change: Change) -> None:
    assert found(change, suite, mapped(suite, change)) == []


@given(suites.filter(lambda suite: any(suite.values())), changes, st.data())
def test_a_mark_that_is_dropped_anywhere_is_found(suite: Suite, change: Change, data: st.DataObject) -> None:
    after = mapped(suite, change)
    test = data.draw(st.sampled_from(sorted(name for name, markers in after.items() if markers)))
    dropped = data.draw(st.sampled_from(sorted(after[test])))
    assert Kind.MARKERS in found(change, suite, {**after, test: after[test] - {dropped}})


@given(suites, changes, st.data())
def test_a_mark_that_is_added_and_a_test_that_is_lost_are_found(
    suite: Suite, change: Change, data: st.DataObject
) -> None:
    after = mapped(suite, change)
    for test in after:
        assert Kind.MARKERS in found(change, suite, {**after, test: after[test] | {"strange"}})
        assert Kind.LOST in found(change, suite, {name: each for name, each in after.items() if name != test})
    assert Kind.NEW in found(change, suite, {**after, "t.py::test_strange": frozenset()})


def test_an_expression_that_selects_otherwise_or_was_not_tried_is_found() -> None:
    suite: Suite = {"t": frozenset("a"), "u": frozenset()}
    right = selections(suite, EXPRESSIONS)
    assert found(Change(), suite, suite, right) == []
    assert found(Change(), suite, suite, {**right, "a": {"u"}}) == [Kind.SELECTION]
    assert found(Change(), suite, suite, {each: right[each] for each in right if each != "a"}) == [Kind.UNSEEN]


def test_a_merge_is_proven_where_the_selections_do_not_tell_the_two_apart() -> None:
    before: Suite = {"t": frozenset("a"), "u": frozenset("b"), "v": frozenset("ab")}
    change = Change(renamed={"a": "b"})
    told = proof.differences(
        change,
        before=before,
        after=mapped(before, change),
        selected_before=selections(before, ["a or b", "b"]),
        selected_after=selections(mapped(before, change), ["b"]),
    )
    assert [str(each) for each in told] == ["b: an expression selects other tests: with t"]


def test_a_test_that_carries_a_removed_marker_is_found() -> None:
    change = Change(removed=frozenset({"a"}))
    suite: Suite = {"t": frozenset("a")}
    assert found(change, suite, suite) == [Kind.REMOVED]
    assert Kind.REMOVED in found(change, suite, {"t": frozenset()})
