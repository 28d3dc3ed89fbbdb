"""What the report says of a test leads back to that test, whatever its name is."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noxtasks.cli import build_parser
from noxtasks.flake import emit, rules
from noxtasks.flake.model import Change, Delta, Repeats, Standing, Unsteady
from noxtasks.history.model import Cause, Tally
from noxtasks.stats import Interval, difference
from noxtasks.suite import process
from noxtasks.suite.model import Outcome

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)

node_ids = st.builds(
    "{}::{}".format,
    st.text(st.characters(codec="utf-8")),
    st.text(st.characters(codec="utf-8")),
)
run_names = st.from_regex(r"[0-9a-f]{6,12}-[0-9]{1,6}", fullmatch=True)


def an_unsteady(nodeid: str, run_name: str = "8f3a1c-17") -> Unsteady:
    cause = Cause(
        fingerprint="f", exception="E", message="m", count=2, first=MOMENT, session_id="8f3a1c", run_number=17
    )
    return Unsteady(
        tally=Tally(nodeid=nodeid, outcomes={Outcome.PASSED: 3, Outcome.FAILED: 2}, causes=(cause,)),
        standing=Standing.FLAKY,
        rate=0.4,
        interval=Interval(low=0.1, high=0.7),
        repeats=Repeats(tried=1, failed=1),
        first_seen=MOMENT,
        run_name=run_name,
    )


@given(node_ids, run_names)
@example("tests/test_a.py::test_a[two words]", "8f3a1c-17")
@example("tests/test_a.py::test_a[two\nlines 'quoted' \"twice\" $HOME `x` \\]", "8f3a1c-17")
@example("tests/test_a.py::test_a[naïve-\U0001f600-\x1b[31m]", "8f3a1c-17")
@example("tests/test_a.py::test_a[--]", "8f3a1c-17")
@example("-k/test_a.py::test_a", "8f3a1c-17")
def test_the_command_that_is_printed_is_one_that_we_take(nodeid: str, run_name: str) -> None:
    command = emit.replay_command(an_unsteady(nodeid, run_name))
    assert command.isprintable()
    words = shlex.split(command)
    assert words[0] == "noxtasks"
    arguments = build_parser().parse_args(words[1:])
    assert (arguments.command.name, arguments.run_id, arguments.test) == ("flake replay", run_name, nodeid)


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="a POSIX shell")
def test_a_shell_hands_the_command_over_as_it_is(tmp_path: Path) -> None:
    nodeid = "-a\n\x1b[31m'\"$HOME`x`\\!::b c"
    command = emit.replay_command(an_unsteady(nodeid)).replace("noxtasks", "printf '%s\\0'", 1)
    words = process.run(["/bin/sh", "-c", command], cwd=tmp_path).stdout.split("\0")[:-1]
    assert build_parser().parse_args(words).test == nodeid


def test_a_test_is_told_with_its_counts_causes_and_repeats() -> None:
    told = emit._unsteady(an_unsteady("test_a.py::test_a"))
    assert (told["failures"], told["runs"], told["rate"], told["confirmation"]) == (2, 5, 0.4, "reproduced")
    assert told["outcomes"] == {"passed": 3, "failed": 2}
    assert [cause["count"] for cause in told["causes"]] == [2]
    assert told["reproduce"] == "noxtasks flake replay 8f3a1c-17 --test=test_a.py::test_a"


counts = st.integers(0, 50).flatmap(lambda runs: st.tuples(st.integers(0, runs), st.just(runs)))


@given(counts, counts)
def test_a_side_without_runs_is_unknown_and_never_zero(before: tuple[int, int], after: tuple[int, int]) -> None:
    change = Change(nodeid="a", before=before, after=after, difference=difference(before, after))
    told = emit._delta(Delta(appeared=(change,), recovered=(), quiet=(), persisting=(), overall=change))
    for side, (failures, runs) in (("before", before), ("after", after)):
        window = told[side]
        assert (window is None) == (runs == 0)
        if window is not None:
            assert window["rate"] == failures / runs
            assert window["interval"]["low"] <= window["rate"] <= window["interval"]["high"]
    assert (told["change"] is None) == (not (before[1] and after[1]))
    assert told["appeared"][0]["test"] == "a"


@given(st.integers(0, 30), st.integers(1, 30))
def test_a_judgement_is_told_as_it_was_made(failures: int, more: int) -> None:
    tally = Tally(nodeid="a", outcomes={Outcome.FAILED: failures, Outcome.PASSED: more})
    judged = rules.claim([tally], threshold=0.05, confidence=0.95)
    told = emit._judgement(judged)
    assert told["verdict"] == judged.verdict.value
    assert told["interval"] == msgspec.to_builtins(judged.interval)
    assert (told["figure"], told["sample"], told["reason"]) == (judged.figure, failures + more, judged.reason)
