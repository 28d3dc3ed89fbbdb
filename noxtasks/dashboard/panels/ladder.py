"""`coverage.ladder.v2.yaml`: what each tier of tests covers, and how far the suite has climbed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from noxtasks.dashboard.model import Bar, Bars, Finding, Point, Series
from noxtasks.dashboard.panels.objective import (
    Answer,
    Content,
    Objective,
    counted,
    finding,
    sentences,
    share,
    shown,
    verdict,
)
from noxtasks.evidence.gating.judging import gravest
from noxtasks.stats import Verdict

LADDER = "coverage.ladder.v2.yaml"

_GAINS = 20
_POINTS = 100


def named(tier: str) -> str:
    """`tier1_unit` as people call it."""
    return tier.partition("_")[2]


def _answer(result: Content, timing: Content, beside: Content) -> Answer:
    del timing, beside
    tiers, standing = result["tiers"], result["standing"]
    deciding = [each for each in tiers if each["is_blocking"]] or tiers
    figures = ", ".join(
        f"{named(each['name'])} {'not measured' if each['figure'] is None else share(each['figure'])}"
        + (f" of {each['lines']['total']} lines" if each["lines"] and each["metric"] == "line" else "")
        for each in tiers
    )
    reached = f"stands on {named(standing['tier'])}" if standing["tier"] else "has not reached the first tier"
    reasons = [
        f"{named(each['name'])}: {each['reason']}" for each in tiers if each["verdict"] != "pass" and each["reason"]
    ]
    return Answer(
        verdict=gravest(verdict(each["verdict"]) for each in deciding),
        figure=f"{figures}; the suite {reached}",
        reason=sentences(*reasons),
        series=_series(result),
        bars=(
            Bars(
                title="What each tier covers",
                unit="share",
                bars=tuple(
                    Bar(name=named(each["name"]), value=each["figure"], threshold=each["target"]) for each in tiers
                ),
            ),
        ),
        findings=(*_failed(tiers), *_fallen(standing), *_uncovered(result["new_code"]), *_gains(result["gains"])),
    )


def _series(result: Content) -> tuple[Series, ...]:
    targets = {each["name"]: each["target"] for each in result["tiers"]}
    found = []
    for name, target in targets.items():
        points = tuple(
            msgspec.convert({"at": each["at"], "value": each["figures"][name]}, Point)
            for each in result["measurements"]
            if each["figures"].get(name) is not None
        )
        found += [Series(name=named(name), unit="share", points=points, threshold=target)] if points else []
    return tuple(found)


def _failed(tiers: Sequence[Content]) -> Iterator[Finding]:
    for tier in tiers:
        for test in tier["failed"]:
            yield finding(
                "failed",
                f"a test of the tier {named(tier['name'])}",
                test=test,
                path=test.partition("::")[0],
                command=f"noxtasks flake --tests {shlex.quote(shown(test))}",
            )


def _fallen(standing: Content) -> Iterator[Finding]:
    for each in standing["fallen"]:
        if each["verdict"] == Verdict.FAIL.value:
            yield finding("fallen", each["name"], detail=sentences(each["reason"]), command="noxtasks ladder")


def _uncovered(new: Content | None) -> Iterator[Finding]:
    for path, lines in (new["missing"] if new else {}).items():
        for first, last in _spans(lines):
            where = f"line {first} has" if first == last else f"lines {first} to {last} have"
            yield finding(
                "uncovered new line",
                f"{where} changed, and no test runs {'it' if first == last else 'them'}",
                path=path,
                line=first,
                command=f"noxtasks ladder explain {shlex.quote(shown(f'{path}:{first}'))}",
            )


def _spans(lines: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of lines that follow one another, each by its first and its last."""
    runs = [[line for _, line in run] for _, run in groupby(enumerate(sorted(lines)), lambda pair: pair[1] - pair[0])]
    return [(run[0], run[-1]) for run in runs]


def _gains(gains: Sequence[Content]) -> Iterator[Finding]:
    best = sorted(gains, key=lambda each: -each["rise"])[:_GAINS]
    for each in best:
        place = f"{each['path']}::{each['function']}" if each["function"] else f"{each['path']}:{each['line']}"
        yield finding(
            "tests would pay",
            f"{shown(each['function']) or 'the module itself'}: {counted(each['missing'], 'place')} not covered",
            detail=f"+{_POINTS * each['rise']:.1f} points of the tier {named(each['tier'])}",
            path=each["path"],
            line=each["line"],
            command=f"noxtasks ladder explain {shlex.quote(shown(place))}",
        )


OBJECTIVE = Objective(
    name="ladder",
    question="Which tier of coverage has the suite earned?",
    artifact=LADDER,
    command="noxtasks ladder",
    answer=_answer,
    page="ladder.html",
)
