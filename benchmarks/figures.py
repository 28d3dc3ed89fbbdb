"""What the rounds come to, and how that is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from contenders import Contender, Cost, Sample, Split
from projects import Project

_HEAD = f"{'':28}{'loop':>8}{'finder':>8}{'noxtasks':>10}{'loop':>9}{'finder':>8}{'c/limit':>9}"
_UNDER = f"{'project, tests':<28}{'a':>8}{'b':>8}{'c':>10}{'a/c':>9}{'b/c':>8}"


@dataclass(kw_only=True)
class Measured:
    """Everything that was measured of one project; `problems` says what could not be."""

    project: Project
    cores: int
    rounds: list[dict[Contender, Cost]] = field(default_factory=list)
    samples: list[Sample | None] = field(default_factory=list)
    split: Split | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def tests(self) -> int | None:
        """How many tests the suite has, as the history of noxtasks counts them."""
        return next((sample.tests for sample in self.samples if sample), None)

    def median_s(self, contender: Contender, what: str) -> float | None:
        """The median over the rounds of `what` ("wall_s" or "cpu_s")."""
        return _median(getattr(each[contender], what) for each in self.rounds if contender in each)

    def ratio(self, contender: Contender, what: str) -> float | None:
        """How many times as much as noxtasks: the median of the ratios within each round."""
        return _median(
            getattr(each[contender], what) / getattr(each[Contender.NOXTASKS], what)
            for each in self.rounds
            if contender in each and Contender.NOXTASKS in each
        )

    @property
    def limits_s(self) -> list[float | None]:
        """Per round: the time that the tests of all runs took by themselves, divided by the cores."""
        return [sample.tests_s / self.cores if sample else None for sample in self.samples]

    @property
    def to_limit(self) -> float | None:
        """The wall time of noxtasks over the limit: the median of the ratios within each round."""
        pairs = zip(self.rounds, self.limits_s, strict=True)
        return _median(each[Contender.NOXTASKS].wall_s / limit_s for each, limit_s in pairs if limit_s)

    def to_json(self) -> dict[str, Any]:
        """All figures, the raw ones included."""
        whats = ("wall_s", "cpu_s")
        return {
            **asdict(self.project),
            "tests": self.tests,
            "rounds": [{contender.value: asdict(took) for contender, took in each.items()} for each in self.rounds],
            "limits_s": self.limits_s,
            "median": {each.value: {what: self.median_s(each, what) for what in whats} for each in Contender},
            "times_noxtasks": {
                each.value: {what: self.ratio(each, what) for what in whats}
                for each in (Contender.LOOP, Contender.FINDER)
            },
            "wall_to_limit": self.to_limit,
            "cpu_of_noxtasks": asdict(self.split) if self.split else None,
            "problems": self.problems,
        }


def table(measured: Sequence[Measured]) -> str:
    """All projects in lines of at most 80 characters."""
    lines = [_HEAD, _UNDER]
    for each in measured:
        lines += ["", *_rows(each)]
    return "\n".join(line.rstrip() for line in lines)


def _rows(measured: Measured) -> Iterator[str]:
    count = "?" if measured.tests is None else str(measured.tests)
    for label, what, limit in (
        (f"{measured.project.name}, {count}", "wall_s", _figure(measured.to_limit, 9)),
        ("", "cpu_s", ""),
    ):
        times = "".join(
            _figure(measured.median_s(each, what), width) for each, width in zip(Contender, (8, 8, 10), strict=True)
        )
        ratios = "".join(_figure(measured.ratio(each, what), width) for each, width in _RATIOS)
        yield f"{label:<23}{what[:-2]:<5}{times}{ratios}{limit}"
    yield f"  {measured.project.character}"
    if measured.split is not None:
        yield f"  CPU of c: {_shares(measured.split)}"
    for problem in measured.problems:
        yield f"  not measured: {problem}"[:80]


_RATIOS = ((Contender.LOOP, 9), (Contender.FINDER, 8))


def _shares(split: Split) -> str:
    return (
        f"{split.warm_processes} starts {split.start_up_s:.2f}, forking {split.serving_s:.2f},"
        f" runs {split.children_s:.2f}, itself {split.own_s:.2f} s"
    )


def _figure(value: float | None, width: int) -> str:
    return f"{'?' if value is None else f'{value:.2f}':>{width}}"


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return median(found) if found else None
