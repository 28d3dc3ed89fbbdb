"""The stored baseline: what is kept of whom, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from noxtasks.bench import baseline, emit
from noxtasks.bench.baseline import Baseline, Kept, Measurement
from noxtasks.bench.machine import Machine
from noxtasks.bench.model import Finding, Metric
from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts
from noxtasks.evidence.provenance import Provenance

HERE = Machine(processor="a", cores=2, system="Linux 6.1 x86_64", python="CPython 3.12.1")
THERE = Machine(processor="b", cores=2, system="Linux 6.1 x86_64", python="CPython 3.12.1")
THRESHOLDS = {Metric.CPU: 0.05, Metric.WALL: 0.1}


def a_measurement(number: int = 0, *, cpu_s: tuple[float, ...] = (1.0,)) -> Measurement:
    return Measurement(
        taken=datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=number),
        code_version=f"{number:040x}",
        cpu_s={"test_a.py::test_one": cpu_s},
        wall_s={"test_a.py::test_one": cpu_s},
    )


def refreshed(count: int, machine: Machine = HERE, start: Baseline | None = None) -> Baseline:
    kept = start or Baseline()
    for number in range(count):
        kept = baseline.refreshed(kept, machine, a_measurement(number))
    return kept


def test_what_was_written_is_read_and_nothing_is_an_empty_baseline(tmp_path: Path, provenance: Provenance) -> None:
    assert baseline.read(tmp_path) == Baseline()
    kept = refreshed(2, THERE, refreshed(3))
    emit.write_baseline(tmp_path, kept, provenance=provenance)
    assert baseline.read(tmp_path) == kept
    assert artifacts.verify(tmp_path) == []


def test_a_refresh_adds_to_its_own_machine_alone_and_the_oldest_go() -> None:
    kept = refreshed(205, THERE, refreshed(2))
    assert baseline.of(kept, HERE) == (a_measurement(0), a_measurement(1))
    assert baseline.of(kept, THERE) == tuple(a_measurement(number) for number in range(5, 205))
    assert baseline.of(Baseline(), HERE) == ()


def test_the_same_code_measured_twice_is_two_measurements() -> None:
    twice = baseline.refreshed(refreshed(1), HERE, a_measurement(0))
    assert [each.code_version for each in baseline.of(twice, HERE)] == [f"{0:040x}"] * 2


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (lambda text: text[:-40], "its content is not what SHA256SUMS says"),
        (lambda text: "<<<<<<< ours\n" + text, "its content is not what SHA256SUMS says"),
    ],
)
def test_what_is_broken_is_refused_and_stays_as_it_is(
    tmp_path: Path, provenance: Provenance, spoilt: object, message: str
) -> None:
    assert callable(spoilt)
    emit.write_baseline(tmp_path, refreshed(1), provenance=provenance)
    file = tmp_path / baseline.NAME
    file.write_text(spoilt(file.read_text()))
    before = file.read_bytes()
    with pytest.raises(EvidenceError, match=message) as caught:
        baseline.read(tmp_path)
    assert "move it away" in caught.value.remedy
    assert str(file) in str(caught.value)
    assert file.read_bytes() == before


def test_a_file_without_its_list_of_digests_is_refused(tmp_path: Path, provenance: Provenance) -> None:
    emit.write_baseline(tmp_path, refreshed(1), provenance=provenance)
    (tmp_path / "SHA256SUMS").unlink()
    with pytest.raises(EvidenceError, match="SHA256SUMS does not list it"):
        baseline.read(tmp_path)


@pytest.mark.parametrize("schema", ["perf.benchmark.baseline/9", "flake.report/1"])
def test_a_file_of_another_kind_or_version_is_refused(tmp_path: Path, provenance: Provenance, schema: str) -> None:
    emit.write_baseline(tmp_path, refreshed(1), provenance=provenance)
    file = tmp_path / baseline.NAME
    data = json.dumps(json.loads(file.read_text()) | {"schema": schema}).encode()
    artifacts.attach(tmp_path, baseline.NAME, data)
    with pytest.raises(EvidenceError, match="this version knows") as caught:
        baseline.read(tmp_path)
    assert "move it away" in caught.value.remedy


def test_times_under_the_name_of_another_machine_are_refused(tmp_path: Path, provenance: Provenance) -> None:
    kept = Kept(machine=THERE, measurements=(a_measurement(),))
    emit.write_baseline(tmp_path, Baseline(machines={HERE.id: kept}), provenance=provenance)
    with pytest.raises(EvidenceError, match=f"machine {HERE.id} are said to be those of {THERE.id}"):
        baseline.read(tmp_path)


@pytest.mark.parametrize(
    ("times", "finding"),
    [
        ((1.2, 1.21), Finding.SLOWER),
        ((0.8, 0.81), Finding.FASTER),
        ((1.0, 1.01), Finding.STEADY),
        ((1.0, 1.2), Finding.OPEN),
    ],
)
def test_every_process_is_held_against_every_process(times: tuple[float, ...], finding: Finding) -> None:
    (found,) = baseline.compared(a_measurement(), a_measurement(1, cpu_s=times), THRESHOLDS)
    assert (found.finding, found.change.pairs) == (finding, 2)


@pytest.mark.parametrize(("time", "finding"), [(0.001, Finding.STEADY), (2.9, Finding.STEADY), (3.1, Finding.SLOWER)])
def test_a_threshold_may_be_above_one(time: float, finding: Finding) -> None:
    (found,) = baseline.compared(a_measurement(), a_measurement(1, cpu_s=(time,)), dict.fromkeys(Metric, 2.0))
    assert found.finding is finding
