"""What the rounds of one process come to."""

from __future__ import annotations

import msgspec
import pytest

from noxtasks.bench import rules, summaries
from noxtasks.bench.model import Metric, Pair
from noxtasks.suite.model import Benched

BUSY = Benched(test="a", wall_s=(0.5, 0.31), cpu_s=(0.1, 0.1), calls=1, delay_s=(0.4, 0.2))


def test_waiting_for_a_processor_that_others_have_is_not_the_benchmarks() -> None:
    told = summaries.metrics(BUSY)
    assert told[Metric.WALL] == pytest.approx(0.1)
    assert told[Metric.MEAN] == pytest.approx(0.105)
    assert rules.deciding([Pair(old=told, new=told)]) is Metric.CPU


def test_it_never_comes_to_less_than_the_processor_had_to_do() -> None:
    assert summaries.undelayed_s(msgspec.structs.replace(BUSY, delay_s=(0.4, 0.3))) == [0.1, 0.1]


def test_where_it_is_not_told_the_wall_is_all_there_is() -> None:
    told = summaries.metrics(msgspec.structs.replace(BUSY, delay_s=()))
    assert told[Metric.WALL] == 0.31
    assert rules.deciding([Pair(old=told, new=told)]) is Metric.WALL
