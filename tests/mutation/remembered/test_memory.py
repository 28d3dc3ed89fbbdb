"""What is remembered of a mutant is believed exactly as long as nothing that it rests on has changed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.mutation.model import Baseline, Fate, Mutant, Status
from noxtasks.mutation.remembered import memory
from noxtasks.mutation.remembered.content import Function
from noxtasks.mutation.remembered.memory import Entry
from noxtasks.mutation.remembered.surroundings import FORMAT, Project, Surroundings
from noxtasks.suite.model import Touched

TODAY = date(2026, 1, 31)
MUTANT = Mutant(
    path="shop.py",
    line=2,
    id="1",
    name="shop.x_price__mutmut_1",
    function="price",
    operator="Integer",
    before="a",
    after="b",
)
BASELINE = Baseline(
    durations_s={"a": 0.1, "b": 0.1, "c": 0.1},
    left_out=(),
    covering={"shop.x_price": ("a", "b")},
    at_import=frozenset(),
)
NOW = Surroundings(
    key="k",
    project=Project(digests={"data/one": "1", "data/two": "2", "README": "r"}, data={}),
    functions={
        "shop.x_price": Function(digest="p", mentions=frozenset({"rate"})),
        "shop.x_rate": Function(digest="q", mentions=frozenset()),
        "shop.x_other": Function(digest="o", mentions=frozenset()),
    },
    named={"price": ("shop.x_price",), "rate": ("shop.x_rate",), "other": ("shop.x_other",)},
    tests={"a": "A", "b": "B", "c": "C"},
    own=frozenset({"shop.py"}),
)
KILLED = Fate(
    mutant="1",
    status=Status.KILLED,
    killed_by="a",
    message="no",
    functions=("shop.x_price", "shop.x_rate"),
    touched=Touched(read=("data/one",), imported=("shop.py",)),
)
SURVIVED = msgspec.structs.replace(
    KILLED, status=Status.SURVIVED, killed_by="", tests=("a", "b"), is_confirmed=True, touched=Touched(listed=("data",))
)
UNCOLLECTED = msgspec.structs.replace(KILLED, killed_by="", uncollected="a")
TIMEOUT = msgspec.structs.replace(KILLED, status=Status.TIMEOUT)
CRASHED = msgspec.structs.replace(KILLED, functions=None, touched=None)


def remembered(fate: Fate) -> Entry:
    found = memory.entry(MUTANT, fate, NOW, day=TODAY)
    assert found is not None
    return found


def with_files(**digests: str) -> Surroundings:
    changed = {**NOW.project.digests, **{name.replace("__", "/"): digest for name, digest in digests.items()}}
    return msgspec.structs.replace(NOW, project=Project(digests=changed, data={}))


def with_function(name: str, digest: str) -> Surroundings:
    function = msgspec.structs.replace(NOW.functions[name], digest=digest)
    return msgspec.structs.replace(NOW, functions={**NOW.functions, name: function})


CHANGES: dict[str, tuple[Any, set[str]]] = {
    "nothing": (NOW, {"killed", "survived", "timeout", "crashed"}),
    "the surroundings": (msgspec.structs.replace(NOW, key="other"), set()),
    "a function that ran": (with_function("shop.x_rate", "new"), {"timeout", "crashed"}),
    "a function that did not run": (with_function("shop.x_other", "new"), {"killed", "survived", "timeout", "crashed"}),
    "a function is gone": (
        msgspec.structs.replace(NOW, functions={"shop.x_price": NOW.functions["shop.x_price"]}),
        {"timeout", "crashed"},
    ),
    "another of a name that is called": (
        msgspec.structs.replace(NOW, named={**NOW.named, "rate": ("shop.x_rate", "shop.xǁSubǁrate")}),
        {"timeout", "crashed"},
    ),
    "another of a name that is not called": (
        msgspec.structs.replace(NOW, named={**NOW.named, "new": ("shop.x_new",)}),
        {"killed", "survived", "timeout", "crashed"},
    ),
    "one that Python calls": (
        msgspec.structs.replace(NOW, named={**NOW.named, "__eq__": ("shop.xǁSubǁ__eq__",)}),
        set(),
    ),
    "the test that killed": (msgspec.structs.replace(NOW, tests={**NOW.tests, "a": "new"}), {"timeout?", "crashed?"}),
    "a test that let it live": (
        msgspec.structs.replace(NOW, tests={**NOW.tests, "b": "new"}),
        {"killed", "timeout", "crashed"},
    ),
    "another test": (
        msgspec.structs.replace(NOW, tests={**NOW.tests, "c": "new"}),
        {"killed", "survived", "timeout", "crashed"},
    ),
    "a file that was read": (with_files(data__one="new"), {"survived"}),
    "a file in a folder that was listed": (with_files(data__three="new"), {"killed"}),
    "a file that nobody read": (with_files(README="new"), {"killed", "survived"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_fate_holds_while_nothing_changes_that_it_rests_on(change: str) -> None:
    now, expected = CHANGES[change]
    fates = {"killed": KILLED, "survived": SURVIVED, "timeout": TIMEOUT, "crashed": CRASHED}
    holding = {name for name, fate in fates.items() if memory.holds(remembered(fate), MUTANT, now, BASELINE)}
    assert holding == {name for name in expected if not name.endswith("?")}


@pytest.mark.parametrize(
    ("covering", "expected"),
    [
        (("a", "b"), {"killed", "survived"}),
        (("a",), {"killed", "survived"}),
        (("b",), {"survived"}),
        (("a", "b", "c"), {"killed"}),
    ],
)
def test_a_kill_needs_its_test_and_a_survival_no_further_one(covering: tuple[str, ...], expected: set[str]) -> None:
    baseline = msgspec.structs.replace(BASELINE, covering={"shop.x_price": covering})
    fates = {"killed": KILLED, "survived": SURVIVED}
    assert {n for n, fate in fates.items() if memory.holds(remembered(fate), MUTANT, NOW, baseline)} == expected


def test_a_kill_by_a_test_that_cannot_be_collected_rests_on_that_test() -> None:
    known = remembered(UNCOLLECTED)
    assert known.tests == {"a": "A"}
    assert not known.touched.children
    changed = msgspec.structs.replace(NOW, tests={**NOW.tests, "a": "new"})
    assert memory.holds(known, MUTANT, NOW, BASELINE)
    assert not memory.holds(known, MUTANT, changed, BASELINE)


def test_a_survivor_whose_function_runs_at_import_needs_all_tests() -> None:
    baseline = msgspec.structs.replace(BASELINE, at_import=frozenset({"shop.x_price"}))
    assert not memory.holds(remembered(SURVIVED), MUTANT, NOW, baseline)
    of_all = msgspec.structs.replace(SURVIVED, tests=("a", "b", "c"))
    assert memory.holds(remembered(of_all), MUTANT, NOW, baseline)


@pytest.mark.parametrize(
    "fate",
    [
        Fate(mutant="1", status=Status.NO_TESTS),
        Fate(mutant="1", status=Status.UNCHECKED),
        Fate(mutant="1", status=Status.SKIPPED),
        msgspec.structs.replace(SURVIVED, is_confirmed=False),
        msgspec.structs.replace(KILLED, functions=("shop.x_unknown",)),
    ],
)
def test_what_is_no_last_word_is_not_remembered(fate: Fate) -> None:
    assert memory.entry(MUTANT, fate, NOW, day=TODAY) is None


def test_a_fate_comes_back_as_it_was() -> None:
    for fate in (KILLED, SURVIVED):
        found = memory.recalled([remembered(fate)], MUTANT, NOW, BASELINE)
        assert found is not None
        again = memory.fate(found, MUTANT, BASELINE)
        assert again.is_remembered
        assert (again.status, again.killed_by, again.message, again.tests, again.is_confirmed) == (
            fate.status,
            fate.killed_by,
            fate.message,
            fate.tests,
            fate.is_confirmed,
        )


def test_what_contradicts_itself_is_not_believed() -> None:
    assert memory.recalled([remembered(KILLED), remembered(SURVIVED)], MUTANT, NOW, BASELINE) is None


names = st.text(st.sampled_from("abc"), min_size=1, max_size=2)
entries = st.builds(
    Entry,
    version=st.just(FORMAT),
    mutant=names,
    surroundings=names,
    status=st.sampled_from(Status),
    rests=names,
    tests=st.dictionaries(names, names, max_size=2),
    functions=st.lists(names, max_size=2).map(tuple),
    touched=st.builds(Touched, read=st.lists(names, max_size=1).map(tuple), children=st.booleans()),
    killed_by=names,
    used=st.dates(TODAY - timedelta(days=40), TODAY).map(date.isoformat),
)
several = st.lists(entries, max_size=12)


def lines(known: list[Entry]) -> list[bytes]:
    return [memory.write(each) for each in known]


@given(several, several)
def test_two_files_put_together_are_one(mine: list[Entry], theirs: list[Entry]) -> None:
    """The union of two files' lines is a valid file, whichever comes first."""
    both, broken = memory.parse(lines(mine) + lines(theirs))
    assert (both, broken) == (mine + theirs, 0)
    one = memory.merged(both, today=TODAY)
    assert one == memory.merged(theirs + mine, today=TODAY) == memory.merged(one, today=TODAY)
    assert lines(one) == sorted(lines(one))


@given(several)
def test_putting_in_order_loses_only_what_is_old_or_too_much(known: list[Entry]) -> None:
    kept = memory.merged(known, today=TODAY)
    oldest = (TODAY - timedelta(days=30)).isoformat()
    assert all(each in known and each.used >= oldest for each in kept)
    lately = {memory.write(msgspec.structs.replace(each, used="")) for each in known if each.used >= oldest}
    if len({each.mutant for each in known}) == len(known) or len(known) <= 8:
        assert {memory.write(msgspec.structs.replace(each, used="")) for each in kept} == lately


@given(several, st.data())
def test_broken_lines_are_counted_and_left_out(known: list[Entry], data: st.DataObject) -> None:
    whole = lines(known)
    cut = data.draw(st.integers(1, 40))
    broken = [b"<<<<<<< ours\n", b'{"mutant":"1"}\n', b"\xff\n", *(line[: -cut - 1] + b"\n" for line in whole)]
    found, number = memory.parse([*broken, *whole, b"\n"])
    assert (found, number) == (known, len(broken))


def test_lines_of_another_version_are_left_out() -> None:
    other = msgspec.structs.replace(remembered(KILLED), version=FORMAT + 1)
    assert memory.parse([memory.write(other)]) == ([], 1)
