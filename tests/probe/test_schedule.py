"""Every test is handed out once, what belongs together stays together, and no worker is left with a long end."""

from __future__ import annotations

import heapq
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from noxtasks.probe.noxtasks_probe.schedule import Schedule, Timed, estimated

FILES = st.sampled_from(["a.py", "b.py", "c.py"])
TESTS = st.lists(
    st.builds(
        Timed,
        file=FILES,
        group=st.sampled_from(["", "", "", "one", "two"]),
        duration_s=st.none() | st.floats(0, 100),
    ),
    max_size=60,
)
SHORT = st.lists(
    st.builds(Timed, file=FILES, group=st.just(""), duration_s=st.floats(0.5, 1)), min_size=200, max_size=300
)


def handed_out(tests: list[Timed], workers: int) -> tuple[list[list[int]], float]:
    """The chunks in the order in which they are taken, and when the last worker is done."""
    schedule, durations = Schedule(tests, workers), estimated(tests)
    free = [(0.0, f"gw{number}") for number in range(workers)]
    chunks, end_s = [], 0.0
    while free:
        at_s, worker = heapq.heappop(free)
        chunk = schedule.take(worker)
        if chunk:
            chunks.append(chunk)
            heapq.heappush(free, (at_s + sum(durations[place] for place in chunk), worker))
        else:
            end_s = max(end_s, at_s)
    return chunks, end_s


@given(TESTS, st.integers(1, 9))
def test_every_test_is_handed_out_once(tests: list[Timed], workers: int) -> None:
    chunks, _ = handed_out(tests, workers)
    assert sorted(place for chunk in chunks for place in chunk) == list(range(len(tests)))


@given(TESTS, st.integers(1, 9))
def test_a_group_is_one_chunk_in_the_order_of_collection(tests: list[Timed], workers: int) -> None:
    chunks, _ = handed_out(tests, workers)
    for name in {test.group for test in tests} - {""}:
        assert [place for place, test in enumerate(tests) if test.group == name] in chunks


@given(TESTS, st.integers(1, 9))
def test_tests_of_a_chunk_are_of_one_file_or_group_and_in_order(tests: list[Timed], workers: int) -> None:
    chunks, _ = handed_out(tests, workers)
    for chunk in chunks:
        assert all(one < other for one, other in pairwise(chunk))
        assert len({tests[place].group or tests[place].file for place in chunk}) == 1


@given(TESTS, st.integers(1, 9))
def test_no_schedule_takes_more_than_the_limit_and_one_chunk(tests: list[Timed], workers: int) -> None:
    """Graham's bound for any list of jobs: all of them divided by the workers, and the longest besides."""
    chunks, end_s = handed_out(tests, workers)
    durations = estimated(tests)
    longest_s = max((sum(durations[place] for place in chunk) for chunk in chunks), default=0.0)
    assert end_s <= sum(durations) / workers + longest_s + 1e-6


@given(SHORT, st.integers(1, 4))
def test_short_tests_end_within_a_tenth_of_the_limit(tests: list[Timed], workers: int) -> None:
    _, end_s = handed_out(tests, workers)
    assert end_s <= 1.1 * sum(estimated(tests)) / workers


def test_the_longest_tests_go_first_wherever_they_stand() -> None:
    tests = [Timed("a.py", "", 1.0)] * 50 + [Timed("b.py", "", 60.0), Timed("a.py", "", 90.0)]
    chunks, end_s = handed_out(tests, 2)
    assert chunks[:2] == [[51], [50]]
    assert 100 <= end_s <= 105


def test_what_is_not_known_takes_as_long_as_the_rest_of_its_file() -> None:
    tests = [Timed("a.py", "", 4.0), Timed("a.py", "", None), Timed("b.py", "", None), Timed("c.py", "", 2.0)]
    assert estimated(tests) == [4.0, 4.0, 3.0, 2.0]
    assert estimated([Timed("a.py", "", None)]) == [1.0]


def test_what_a_worker_could_not_run_is_the_next_to_be_taken() -> None:
    schedule = Schedule([Timed("a.py", "", 1.0)] * 64, 2)
    first = schedule.take("gw0")
    schedule.give_back(first[1:])
    assert schedule.take("gw1") == first[1:]
