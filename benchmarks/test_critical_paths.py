"""What users of noxtasks wait for: its critical paths, each on an input as large as real projects give.

`nox -s bench -- --against main` compares them with those of another revision. A module that a revision lacks would take
all of its benchmarks away, so that only what has long been there is imported by name.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from noxtasks import config, stats
from noxtasks.bench import rules as bench_rules
from noxtasks.bench.model import Metric, Pair
from noxtasks.evidence import artifacts, canonical, events, schemas
from noxtasks.evidence.provenance import Interpreter, Platform, Provenance
from noxtasks.flake import rules as flake_rules
from noxtasks.flake.model import Weighed
from noxtasks.history import Session, SessionKind, junit, nodeids, open_history
from noxtasks.history.model import Tally
from noxtasks.markers import python
from noxtasks.markers.migration import codemod
from noxtasks.markers.migration.model import Change
from noxtasks.mutation import page
from noxtasks.mutation.deciding import scoring
from noxtasks.mutation.model import Baseline, Choice, Ending, Extent, Fate, Mutant, Report, Status
from noxtasks.suite import wire
from noxtasks.suite.model import EngineKind, Order, Outcome, Result, Run

Benchmark = Callable[..., Any]

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PROVENANCE = Provenance(
    session_id="0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    created=MOMENT,
    tools={"noxtasks": "0.1.0"},
    interpreter=Interpreter(implementation="CPython", version="3.12.4"),
    platform=Platform(system="Linux", release="6.1", machine="x86_64"),
    vcs=None,
    code_version="a" * 40,
    settings={},
)
PYPROJECT = """
[project]
name = "shop"

[tool.noxtasks]
pytest_args = ["-m", "not slow"]
flake = { runs = 200, budget = "1h30m", order = "full", seed = 7, threshold = 0.07 }

[tool.noxtasks.mutation]
paths = ["src/shop"]
threshold = 0.8
cap = 50

[tool.noxtasks.mutation.scopes]
""" + "\n".join(f'"part {number}" = ["src/part_{number}.py", "src/part_{number}/*.py"]' for number in range(20))


def module(tests: int) -> str:
    """A test module."""
    return "import pytest\n\npytestmark = pytest.mark.shop\n\n" + "\n".join(
        f"""
@pytest.mark.{("slow", "db", "old_name")[number % 3]}
@pytest.mark.parametrize("n", [1, 2, 3], ids=["one", "two", "three"])
def test_{number}(n, request):
    if request.node.get_closest_marker("old_name"):
        n += 1
    assert n + {number} == {number} + n
"""
        for number in range(tests)
    )


FUNCTION = "def price_{0}(net, rate):\n    gross = net * (1 + rate)\n    return round(gross + {0}, 2)\n"


def names(count: int) -> list[str]:
    return [
        f"tests/part_{number % 40}/test_{number % 200}.py::TestShop::test_price[{number}]" for number in range(count)
    ]


def run_of(count: int, number: int = 0) -> Run:
    chance = random.Random(number)
    return Run(
        number=number,
        seed=number,
        hash_seed=0,
        order=Order.BUCKETS,
        engine=EngineKind.FORK,
        started=MOMENT,
        duration_s=1.0,
        results=tuple(
            Result(
                nodeid=name,
                position=position,
                outcome=Outcome.FAILED if chance.random() < 0.01 else Outcome.PASSED,
                duration_s=chance.random(),
            )
            for position, name in enumerate(names(count))
        ),
    )


def measurements(benchmarks: int, count: int) -> dict[str, Any]:
    """A stored baseline of one machine."""
    chance = random.Random(0)
    machine = {"processor": "a processor", "cores": 8, "system": "Linux 6.1 x86_64", "python": "CPython 3.12.4"}
    kept = [
        {
            "taken": "2026-01-02T03:04:05Z",
            "code_version": "a" * 40,
            "cpu_s": {name: [chance.random() for _ in range(5)] for name in names(benchmarks)},
            "wall_s": {name: [chance.random() for _ in range(5)] for name in names(benchmarks)},
        }
        for _ in range(count)
    ]
    return {"machines": {"0123456789ab": {"machine": machine, "measurements": kept}}}


def scanned(count: int) -> Report:
    """A scan of one file with `count` mutants, most of them killed."""
    statuses = (Status.KILLED, Status.KILLED, Status.KILLED, Status.SURVIVED, Status.TIMEOUT)
    mutants = tuple(
        Mutant(
            path="src/shop.py",
            line=3 * number + 2,
            column=18,
            end_line=3 * number + 2,
            end_column=19,
            replacement="-",
            id=f"{number:016x}",
            name=f"shop.x_price_{number}__mutmut_1",
            function=f"price_{number}",
            operator="Operator",
            before=FUNCTION.format(number),
            after=FUNCTION.format(number).replace("1 + rate", "1 - rate"),
        )
        for number in range(count)
    )
    tests = tuple(names(200))
    fates = {
        each.id: Fate(
            mutant=each.id,
            status=statuses[number % len(statuses)],
            killed_by=tests[number % 200] if number % len(statuses) < 3 else "",
            tests=tests[:20],
        )
        for number, each in enumerate(mutants)
    }
    score = scoring.score(fates.values(), timeouts="killed")
    return Report(
        mutants=mutants,
        fates=fates,
        baseline=Baseline(durations_s=dict.fromkeys(tests, 0.1), left_out=(), covering={}, at_import=frozenset()),
        score=score,
        by_path=scoring.by_path(mutants, fates, timeouts="killed"),
        judgement=scoring.judge(score, fates.values(), threshold=0.6),
        extent=Extent(choice=Choice.ALL, ending=Ending.WHOLE, mutants=count, chosen=count, seed=7),
        texts={"src/shop.py": "".join(map(FUNCTION.format, range(count)))},
    )


def test_settings_are_loaded(benchmark: Benchmark, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    assert benchmark(config.load, tmp_path).flake.runs == 200


def test_a_large_report_is_written_canonically(benchmark: Benchmark) -> None:
    value = measurements(50, 8)
    assert benchmark(lambda: hashlib.sha256(canonical.dumps(value, where="baseline")).hexdigest())


def test_a_large_report_is_read(benchmark: Benchmark) -> None:
    data = canonical.dumps(measurements(50, 8), where="baseline")
    assert benchmark(canonical.loads, data)["machines"]


def test_an_artifact_is_validated(benchmark: Benchmark, tmp_path: Path) -> None:
    name = "perf.benchmark.baseline.json"
    artifacts.write(tmp_path, name, result=measurements(40, 2), timing={}, provenance=PROVENANCE)
    value = canonical.loads((tmp_path / name).read_bytes())
    assert benchmark(schemas.faults, schemas.of_artifact(name), value) == []


def test_an_event_is_appended(benchmark: Benchmark, tmp_path: Path) -> None:
    fields = {"event": events.EventType.PERFORMANCE_BENCHMARK_START, "project": "shop", "subject": "benchmarks"}
    benchmark(lambda: events.append(tmp_path, **fields, at=MOMENT, provenance=PROVENANCE))


def test_a_chain_of_events_is_verified(benchmark: Benchmark, tmp_path: Path) -> None:
    for _ in range(20):
        event = events.EventType.PERFORMANCE_BENCHMARK_START
        events.append(tmp_path, event=event, project="p", subject="s", at=MOMENT, provenance=PROVENANCE)
    assert benchmark(events.verify, tmp_path) == []


def test_a_shift_is_estimated_and_tested(benchmark: Benchmark) -> None:
    chance = random.Random(0)
    differences = [chance.gauss(0.05, 0.02) for _ in range(40)]
    found = benchmark(lambda: (stats.hodges_lehmann(differences), stats.signed_rank(differences, bound=0.05)))
    assert found[0].interval.low < 0.05 < found[0].interval.high


def test_pairs_of_benchmarks_are_decided(benchmark: Benchmark) -> None:
    chance = random.Random(0)

    def side() -> dict[Metric, float]:
        cpu_s = chance.uniform(0.99, 1.01)
        return {Metric.CPU: cpu_s, Metric.WALL: cpu_s * 1.01}

    series = {name: [Pair(old=side(), new=side()) for _ in range(20)] for name in names(30)}
    thresholds = {Metric.CPU: 0.05, Metric.WALL: 0.1}
    assert len(benchmark(bench_rules.compared, series, thresholds)) == 30


def test_thousands_of_tests_are_examined(benchmark: Benchmark) -> None:
    tests = []
    for number, name in enumerate(names(2000)):
        failed = {Outcome.FAILED: 2} if number % 400 == 0 else {}
        tally = Tally(nodeid=name, outcomes={Outcome.PASSED: 20, **failed})
        tests.append(Weighed(now=tally, pooled=tally))
    empty: dict[str, Any] = {each: {} for each in ("repeats", "first_seen", "run_names", "explanations")}
    found = benchmark(flake_rules.examine, tests, [], **empty, threshold=0.05, confidence=0.95)
    assert len(found.flaky) == 5


def test_the_rates_of_recorded_runs_are_asked_for(benchmark: Benchmark, tmp_path: Path) -> None:
    with open_history(f"sqlite:///{tmp_path / 'history.db'}") as history:
        session = Session(id="s", project="shop", kind=SessionKind.FLAKE, started=MOMENT, code_version="c")
        history.add(session, [run_of(500, number) for number in range(2)], ended=MOMENT)
        assert len(benchmark(history.rates, "shop", "c")) == 500


def test_junit_xml_is_read(benchmark: Benchmark, tmp_path: Path) -> None:
    cases = "".join(
        f'<testcase classname="tests.test_{number % 50}.TestShop" name="test_{number}" time="0.01"/>'
        for number in range(500)
    )
    (tmp_path / "junit.xml").write_text(f'<testsuites><testsuite name="pytest">{cases}</testsuite></testsuites>')
    benchmark(lambda: junit.read_junit(tmp_path / "junit.xml", nodeids.NodeIds([], lambda path: path.endswith(".py"))))


def test_mutants_are_scored(benchmark: Benchmark) -> None:
    report = scanned(2000)
    assert benchmark(scoring.by_path, report.mutants, report.fates, timeouts="killed")


def test_a_scan_is_rendered_as_a_page(benchmark: Benchmark) -> None:
    assert benchmark(page.render, scanned(15), project="shop", provenance=PROVENANCE)


def test_markers_are_read_from_a_module(benchmark: Benchmark) -> None:
    assert benchmark(python.read, {"tests/test_shop.py": module(40).encode()})


def test_a_marker_is_renamed_in_a_module(benchmark: Benchmark) -> None:
    content, _ = benchmark(codemod.edited, module(3).encode(), "x.py", Change(renamed={"old_name": "new_name"}))
    assert b"mark.new_name" in content
    assert b"old_name" not in content


@pytest.mark.parametrize("count", [50_000])
def test_the_collection_of_many_tests_is_decoded(benchmark: Benchmark, count: int) -> None:
    line = json.dumps({"frame": "collected", "tests": names(count), "threads": [], "rootdir": "/shop"}).encode()
    assert len(benchmark(wire.decode, line).tests) == count


def test_the_frames_of_a_run_are_read(benchmark: Benchmark, tmp_path: Path) -> None:
    frames = [
        frame
        for index in range(5000)
        for frame in (
            {"frame": "start", "index": index},
            {"frame": "finish", "index": index, "outcome": "passed", "duration_s": 0.0012345},
        )
    ]
    (tmp_path / "wire").write_text("".join(json.dumps(frame) + "\n" for frame in frames), "utf-8")
    assert len(benchmark(lambda: wire.Reader(tmp_path / "wire").read())) == 10_000
