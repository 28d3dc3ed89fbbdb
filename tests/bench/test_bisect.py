"""The search for a commit: git's own steps, and what is said of each commit."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from math import log1p
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks import bench
from noxtasks.bench import bisect, lockstep, sides
from noxtasks.bench.comparing import Measured
from noxtasks.bench.model import Comparison, Finding, Mark, Metric, Pair
from noxtasks.cli import build_parser
from noxtasks.config import BenchSettings, Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, events
from noxtasks.stats import Interval, Shift
from noxtasks.suite.launch import Suite

needs_fifos = pytest.mark.skipif(sys.platform == "win32", reason="it needs FIFOs")


@given(st.floats(min_value=0.001, max_value=100))
def test_half_of_a_slow_down_twice_is_the_whole(change: float) -> None:
    assert 2 * log1p(bisect.half(change)) == pytest.approx(log1p(change))


def compared(test: str, finding: Finding, low: float, estimate: float) -> Comparison:
    shift = Shift(estimate=estimate, interval=Interval(low=low, high=estimate * 2), pairs=5)
    return Comparison(test=test, metric=Metric.CPU, finding=finding, change=shift, threshold=0.05, p=0.001)


def test_the_decisive_benchmark_is_the_one_that_is_surely_slower_by_most() -> None:
    comparisons = [
        compared("open", Finding.OPEN, 0.9, 1.0),
        compared("unsure", Finding.SLOWER, 0.1, 0.8),
        compared("sure", Finding.SLOWER, 0.3, 0.4),
    ]
    assert bisect.decisive(comparisons).test == "sure"


def measured(*ratios: float, is_whole: bool = True, **left_out: str) -> Measured:
    sides = [{Metric.CPU: each, Metric.WALL: each} for each in ratios]
    pairs = [Pair(old={Metric.CPU: 1.0, Metric.WALL: 1.0}, new=side) for side in sides]
    return Measured(pairs={"t": pairs}, old={}, new={}, left_out=left_out, broken=set(), is_whole=is_whole)


SLOW = (1.5, 1.51, 1.49, 1.52, 1.53, 1.48, 1.54, 1.47, 1.55, 1.46)


@pytest.mark.parametrize(
    ("found", "expected", "why"),
    [
        (measured(*SLOW), Mark.BAD, ""),
        (measured(1.0, 1.01, 0.99, 1.0, 1.02), Mark.GOOD, ""),
        (measured(1.1, 1.3, 1.2, 1.25, 1.15), Mark.SKIP, "the pairs do not decide"),
        (measured(1.1, 1.3, is_whole=False), Mark.SKIP, "the time was up"),
        (measured(), Mark.SKIP, "the benchmark could not be timed"),
        (measured(*SLOW, t="it fails with the new code: no"), Mark.SKIP, "it fails with the new code: no"),
    ],
)
def test_a_commit_is_good_bad_or_skipped_by_the_evidence(found: Measured, expected: Mark, why: str) -> None:
    told, _, reason = bisect.mark(found, "t", 0.2)
    assert (told, reason) == (expected, why)


def test_the_command_that_is_told_is_one_that_the_parser_knows() -> None:
    suite = Suite(root=Path("/shop"), python=Path("/shop/.venv/bin/python"), extra_args=("-k", "not slow"))
    command = bisect.command(suite, "a" * 40, "b" * 40, counts=True)
    parsed = build_parser().parse_args(shlex.split(command)[1:])
    assert (parsed.command.name, parsed.against, parsed.revision) == ("bench", "a" * 40, "b" * 40)
    assert (parsed.count, parsed.python, parsed.pytest_args) == (True, ".venv/bin/python", ("-k", "not slow"))


@pytest.mark.parametrize("more", [[], ["--", "-k", "fast"], ["-S", "bench.rounds=20", "--", "-k", "fast"]])
def test_the_bad_one_is_the_current_commit_where_none_is_named(more: list[str]) -> None:
    parsed = build_parser().parse_args(["bench", "bisect", "--python", "p", "v1", *more])
    assert (parsed.command.name, parsed.good, parsed.bad) == ("bench bisect", "v1", "HEAD")
    assert parsed.pytest_args == (("-k", "fast") if "--" in more else ())
    assert build_parser().parse_args(["bench", "bisect", "v1", "v2", *more]).bad == "v2"


@pytest.fixture
def history(tmp_path: Path, git: Callable[..., str], commit: Callable[..., str]) -> list[str]:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    return [commit(tmp_path, f"number {number}") for number in range(8)]


def state(root: Path, git: Callable[..., str]) -> list[str]:
    """All that a user would miss."""
    return [
        git(root, "for-each-ref"),
        git(root, "status", "--porcelain", "--branch"),
        git(root, "worktree", "list"),
        git(root, "config", "--list", "--local"),
    ]


@needs_fifos
@pytest.mark.functional
def test_git_asks_about_commits_until_it_knows_the_first_bad_one_and_all_is_as_it_was(
    tmp_path: Path, history: list[str], git: Callable[..., str]
) -> None:
    before = state(tmp_path, git)
    asked = []

    def judge(commit_id: str) -> Mark:
        asked.append(commit_id)
        return Mark.BAD if history.index(commit_id) >= 5 else Mark.GOOD

    with sides.bookkeeping(tmp_path, history[0]) as tree:
        assert bisect._search(tree, history[0], history[-1], judge) == [history[5]]
        assert list(tree.iterdir()) == [tree / ".git"]
    assert 1 < len(asked) <= 3
    assert state(tmp_path, git) == before


@needs_fifos
@pytest.mark.functional
def test_where_commits_are_skipped_all_are_named_that_it_can_be(tmp_path: Path, history: list[str]) -> None:
    marks = dict(zip(history, "ggggssbb", strict=True))
    with sides.bookkeeping(tmp_path, history[0]) as tree:
        judge = {"g": Mark.GOOD, "s": Mark.SKIP, "b": Mark.BAD}
        left = bisect._search(tree, history[0], history[-1], lambda commit_id: judge[marks[commit_id]])
    assert left == history[4:7]


@needs_fifos
@pytest.mark.functional
def test_an_interrupt_leaves_nothing(tmp_path: Path, history: list[str], git: Callable[..., str]) -> None:
    before = state(tmp_path, git)

    def interrupted(commit_id: str) -> Mark:
        raise KeyboardInterrupt

    with sides.bookkeeping(tmp_path, history[0]) as tree:
        with pytest.raises(KeyboardInterrupt):
            bisect._search(tree, history[0], history[-1], interrupted)
        assert git(tree, "for-each-ref", "refs/bisect") == ""
    assert state(tmp_path, git) == before


@pytest.mark.functional
def test_there_has_to_be_a_way_from_good_to_bad(tmp_path: Path, history: list[str], git: Callable[..., str]) -> None:
    bisect.check(tmp_path, history[0], "HEAD")
    with pytest.raises(ConfigurationError, match="the same commit"):
        bisect.check(tmp_path, history[-1], "main")
    with pytest.raises(ConfigurationError, match="no ancestor"):
        bisect.check(tmp_path, history[-1], history[0])
    git(tmp_path, "checkout", "--quiet", "-b", "other", history[2])
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message=elsewhere")
    with pytest.raises(ConfigurationError, match=f"They part at {history[2]}"):
        bisect.check(tmp_path, "other", "main")


def test_a_search_takes_fifos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lockstep, "CAN_TAKE_TURNS", False)
    with pytest.raises(NotMeasuredError, match="FIFOs"):
        bisect.check(tmp_path, "v1", "HEAD")


@pytest.fixture
def few_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


CODE = "def work():\n    return sum(i * i for i in range({}))\n"
TESTS = "import shop\n\ndef test_work(benchmark):\n    benchmark(shop.work)\n"


@needs_fifos
@pytest.mark.functional
@pytest.mark.usefixtures("few_plugins")
def test_the_commit_that_made_it_slower_is_found_and_told(
    tmp_path: Path, small: Path, git: Callable[..., str], commit: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p pytest_benchmark.plugin\n")
    (tmp_path / "shop.py").write_text(CODE.format(3000))
    good = commit(tmp_path, "begin")
    (tmp_path / "test_shop.py").write_text(TESTS)
    commit(tmp_path, "test")
    (tmp_path / "shop.py").write_text(CODE.format(9000))
    (tmp_path / "test_shop.py").write_text(TESTS.replace("work(benchmark)", "shop(benchmark)"))
    slow = commit(tmp_path, "slow [it] down")
    before = state(tmp_path, git)
    settings = Settings(install=("pytest",), bench=BenchSettings(seconds_s=0.001, rounds=3, warmup=0))
    ended = bench.run(tmp_path, settings, python=small, against=good, revision="HEAD", bisects=True)
    assert ended is ExitCode.FOUND
    said = capsys.readouterr().out
    assert f"test_shop.py::test_shop became slower with {slow}" in said
    assert "slow [it] down" in said
    told = artifacts.read(tmp_path / "reports", "perf.comparison.json").result
    assert [each["id"] for each in told["bisect"]["left"]] == [slow]
    assert [each["finding"] for each in told["bisect"]["alone"]] == ["slower"]
    assert f"--against {told['bisect']['parent']} --revision {slow}" in said
    assert list(events.read(tmp_path / "reports"))[-1].attributes["noxtasks.bench.slower_since"] == slow
    assert state(tmp_path, git)[0] == before[0]
