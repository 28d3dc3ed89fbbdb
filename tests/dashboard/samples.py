"""Pages to render, as the artifacts of some project would give them; the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from noxtasks.dashboard.model import (
    Bar,
    Bars,
    Finding,
    Module,
    Page,
    Panel,
    Point,
    Series,
    Session,
    Survivor,
    Test,
    Trouble,
)
from noxtasks.stats import Verdict

BEGAN = datetime(2026, 1, 5, 12, tzinfo=UTC)
REVISION = "0123456789abcdef0123456789abcdef01234567"
ODD = (
    "</script><script>window.hit = 1</script>",
    "\"'><img src=x onerror=window.hit=1>",
    "right \u202e to left \u200f and \u05d0\u05d1\u05d2",
    "control \x00 \x07 \x1b[31m \x7f \x9b and \u2028",
    "\U0001f600 \U0001f469\u200d\U0001f680",
    "long " + "x" * 1995,
    "alone \udcff \ud800",
    "&amp; {{ 7 * 7 }} ${7 * 7} <!-- \\u{a}",
    "new\nline\ttab",
    " % # ? = & + / encoded %41",
)


def page(
    *,
    verdict: Verdict = Verdict.FAIL,
    answer: str = "It may not be merged: 2 blocking gates failed.",
    panels: Sequence[Panel] | None = None,
    troubles: Sequence[Trouble] = (),
    sessions: Sequence[Session] | None = None,
    tests: Sequence[Test] | None = None,
    modules: Sequence[Module] | None = None,
    project: str = "example",
    made: datetime | None = BEGAN + timedelta(days=40),
) -> Page:
    """A page of which everything can be told."""
    return Page(
        project=project,
        verdict=verdict,
        answer=answer,
        panels=tuple(all_panels() if panels is None else panels),
        troubles=tuple(troubles),
        sessions=tuple(some_sessions(12) if sessions is None else sessions),
        tests=tuple(some_tests(120, 12) if tests is None else tests),
        modules=tuple(some_modules(30) if modules is None else modules),
        made=made,
        version="0.1.0",
    )


def nothing() -> Page:
    """Of a project in which nothing has been measured."""
    return page(
        verdict=Verdict.UNMEASURED,
        answer="Nobody can say whether it may be merged: nothing was measured.",
        panels=(),
        sessions=(),
        tests=(),
        modules=(),
        made=None,
    )


def refused() -> Page:
    """Of a project in which no artifact counts."""
    refusal = "it was altered after it was written"
    panels = [
        Panel(
            objective=name,
            question="Does it count?",
            artifact=f"{name}.json",
            verdict=Verdict.UNMEASURED,
            figure="",
            reason=refusal,
            refusal=refusal,
            command=f"noxtasks {name}",
        )
        for name in ("flake", "mutation", "gates")
    ]
    troubles = [
        Trouble(
            name="flake.report.json",
            message="its digest is not the one in SHA256SUMS",
            remedy="Measure it again: noxtasks flake.",
        )
    ]
    return page(
        verdict=Verdict.UNMEASURED,
        answer="Nobody can say whether it may be merged: no artifact counts.",
        panels=panels,
        troubles=troubles,
        sessions=(),
        tests=(),
        modules=(),
    )


def one() -> Page:
    """Of a project with one test, which passed once."""
    test = Test(id="test_it.py::test_it", outcomes=".", durations_s=(0.01,), runs=1)
    return page(
        verdict=Verdict.PASS,
        answer="It may be merged.",
        panels=all_panels()[3:4],
        sessions=some_sessions(1),
        tests=(test,),
        modules=(),
    )


def odd() -> Page:
    """In which others have named things as badly as they can."""
    tests = [
        Test(
            id=f"tests/{name}::test_[{name}]",
            outcomes="..F~es x.",
            durations_s=(0.1, None, 2.0, 1e-9, 1e6, None, 0.2, None, 0.3),
            state=name[:40],
            failed=1,
            runs=8,
            cause=name,
            advice=name,
            command=f"noxtasks flake --runs 20 '{name}'",
            covers=((name, 3),),
            tier=name[:30],
        )
        for name in ODD
    ]
    modules = [
        Module(
            path=name,
            tiers=(("unit", 0.5), ("system", None)),
            killed=1,
            mutants=2,
            survivors=(Survivor(id=name, line=1, function=name, diff=(f"-{name}", f"+{name}"), command=name),),
        )
        for name in ODD
    ]
    findings = [
        Finding(kind=name, what=name, detail=name, test=name, path=name, diff=(name,), command=name) for name in ODD
    ]
    panels = [
        Panel(
            objective=name[:60],
            question=name,
            artifact=name,
            verdict=Verdict.FAIL,
            figure=name,
            reason=name,
            revision=name,
            digest=name,
            series=(Series(name=name, unit="share", points=(Point(at=BEGAN, value=0.5),)),),
            bars=(Bars(title=name, unit="seconds", bars=(Bar(name=name, value=1.0),)),),
            findings=tuple(findings),
            command=name,
            page=name[:60] if "\ud800" not in name else "javascript:window.hit=1",
        )
        for name in ODD
    ]
    troubles = [Trouble(name=name, message=name, remedy=name) for name in ODD]
    return page(
        project=ODD[0],
        answer=ODD[1],
        panels=panels,
        troubles=troubles,
        tests=tests,
        modules=modules,
        sessions=some_sessions(9),
    )


def large(*, tests: int = 50_000, sessions: int = 30, modules: int = 2_000, survivors: int = 10_000) -> Page:
    """Of a project as large as they come."""
    return page(
        tests=some_tests(tests, sessions),
        sessions=some_sessions(sessions),
        modules=some_modules(modules, survivors=survivors),
        panels=all_panels(findings=survivors),
    )


def some_sessions(count: int) -> list[Session]:
    """One a day."""
    return [
        Session(
            id=f"0193a1b2-c3d4-7e5f-8a9b-{number:012x}", at=BEGAN + timedelta(days=number), revision=f"{number:040x}"
        )
        for number in range(count)
    ]


def some_tests(count: int, sessions: int) -> list[Test]:
    """Most of them pass always; some are flaky, broken or quarantined."""
    random = Random(20260105)
    return [_test(number, sessions, random) for number in range(count)]


_STATES = {3: "flaky", 7: "broken", 11: "quarantined"}
_AREAS = ("billing", "accounts", "search", "transport", "storage", "reports")
_THINGS = ("rounds", "keeps_its_order", "refuses_what_is_empty", "is_the_same_twice", "survives_a_restart")


def _test(number: int, sessions: int, random: Random) -> Test:
    area, thing = random.choice(_AREAS), random.choice(_THINGS)
    file = f"tests/{area}/test_{area}_{number // 40}.py"
    name = f"{file}::TestOf{area.title()}::test_{thing}[{number}-{random.random():.6f}]"
    state = _STATES.get(number % 97, "")
    letters = {"flaky": "...F.~", "broken": "F", "quarantined": "F..s"}.get(state, ".")
    outcomes = "".join(random.choice(letters) for _ in range(sessions))
    usual = 10 ** random.uniform(-4, 0.5)
    failed = sum(letter in "F~" for letter in outcomes)
    return Test(
        id=name,
        outcomes=outcomes,
        durations_s=tuple(None if each == "s" else usual * random.lognormvariate(0, 0.2) for each in outcomes),
        state=state,
        failed=failed,
        runs=sessions,
        low=max(0.0, failed / max(1, sessions) - 0.1),
        high=min(1.0, failed / max(1, sessions) + 0.1),
        cause="It depends on the order of the tests: another test leaves a file behind." if state else "",
        advice="Let the fixture remove the file." if state else "",
        command=f"noxtasks flake --runs 20 '{name}'",
        covers=tuple((f"src/{_AREAS[n]}/module_{random.randrange(40)}.py", random.randrange(1, 90)) for n in range(3)),
        kills=random.randrange(40) if number % 3 else None,
        tier="unit" if number % 5 else "system",
    )


def some_modules(count: int, *, survivors: int = 60) -> list[Module]:
    """With as many survivors in all."""
    random = Random(20260106)
    return [
        Module(
            path=f"src/{_AREAS[number % len(_AREAS)]}/module_{number // len(_AREAS)}.py",
            tiers=(
                ("unit", random.random()),
                ("integration", random.random()),
                ("system", None if number % 4 else 0.2),
            ),
            killed=random.randrange(80),
            untried=number % 3,
            mutants=80 + survivors // count,
            survivors=tuple(_survivor(number, each, random) for each in range(survivors // count)),
        )
        for number in range(count)
    ]


def _survivor(module: int, number: int, random: Random) -> Survivor:
    line, limit = random.randrange(1, 900), random.randrange(2, 10**6)
    return Survivor(
        id=f"module_{module}.x_compute__mutmut_{number}",
        line=line,
        function=f"compute_{number}",
        diff=(
            f"@@ -{line},5 +{line},5 @@",
            f" def compute_{number}(amount, limit={limit}):",
            "     total = 0",
            f"-    if amount < limit + {limit}:",
            f"+    if amount <= limit + {limit}:",
            "         total += amount",
            "     return total",
        ),
        command=f"noxtasks mutation --mutant module_{module}.x_compute__mutmut_{number}",
    )


def all_panels(*, findings: int = 40) -> list[Panel]:
    """One of each verdict at least, with trends and bars."""
    return [_gates(), _flake(), _mutation(findings), _ladder(), _bench(), _matrix()]


def _series(name: str, unit: str, values: Sequence[float], threshold: float | None = None) -> Series:
    points = tuple(Point(at=BEGAN + timedelta(days=number), value=value) for number, value in enumerate(values))
    return Series(name=name, unit=unit, points=points, threshold=threshold)


def _gates() -> Panel:
    return Panel(
        objective="gates",
        question="May this be merged?",
        artifact="quality.gates.v2.json",
        verdict=Verdict.FAIL,
        figure="2 of 14 blocking gates failed",
        reason="flake rate and mutation score are beyond their thresholds",
        measured=BEGAN + timedelta(days=40),
        revision=REVISION,
        digest="3f" * 32,
        findings=(
            Finding(
                kind="fail, blocking", what="flake rate", detail="2.4% (<= 1%), 120 tests", command="noxtasks flake"
            ),
            Finding(kind="fail, blocking", what="mutation score", detail="68.1% (>= 70%)", command="noxtasks mutation"),
            Finding(
                kind="unmeasured, advisory", what="perf regression", detail="no comparison", command="noxtasks bench"
            ),
        ),
        command="noxtasks gates",
    )


def _flake() -> Panel:
    return Panel(
        objective="flake",
        question="Which tests are not deterministic, how often do they fail, and why?",
        artifact="flake.report.json",
        verdict=Verdict.FAIL,
        figure="2.4% of tests are flaky, 0.9% to 5.9%; 120 tests, 40 runs each",
        reason="more than 1% of tests are flaky",
        measured=BEGAN + timedelta(days=39, hours=3),
        revision=REVISION,
        digest="a0" * 32,
        series=(
            _series("flake rate", "share", [0.05, 0.041, 0.043, 0.03, 0.028, 0.024], 0.01),
            _series("longest run", "seconds", [31.0, 30.2, 33.7, 29.9, 30.4, 30.0]),
        ),
        findings=tuple(
            Finding(
                kind=each.state,
                what=f"failed {each.failed} of {each.runs} times",
                detail=each.cause,
                test=each.id,
                command=each.command,
            )
            for each in some_tests(120, 12)
            if each.state
        ),
        command="noxtasks flake --runs 40",
        page="flake.html",
    )


def _mutation(count: int) -> Panel:
    random = Random(20260107)
    survivors = [(number, _survivor(number, number, random)) for number in range(count)]
    return Panel(
        objective="mutation",
        question="Would the tests notice if the code were wrong?",
        artifact="mutation.initial.report.json",
        verdict=Verdict.FAIL,
        figure="68.1% of mutants killed, 64.9% to 71.2%; 861 mutants",
        reason="less than 70%",
        measured=BEGAN + timedelta(days=38),
        revision=REVISION,
        digest="b1" * 32,
        series=(_series("mutation score", "share", [0.55, 0.6, 0.66, 0.681], 0.7),),
        findings=tuple(
            Finding(
                kind="survived",
                what=f"{each.function}: < became <=",
                path=f"src/{_AREAS[number % 6]}/module_{number // 6}.py",
                line=each.line,
                diff=each.diff,
                command=each.command,
            )
            for number, each in survivors
        ),
        command="noxtasks mutation",
        page="mutation.html",
    )


def _ladder() -> Panel:
    return Panel(
        objective="ladder",
        question="Which tier of coverage has the suite earned?",
        artifact="coverage.ladder.v2.yaml",
        verdict=Verdict.PASS,
        figure="integration, the second of four",
        reason="unit and integration reach their targets",
        measured=BEGAN + timedelta(days=40),
        revision=REVISION,
        digest="c2" * 32,
        series=(_series("unit", "share", [0.7, 0.72, 0.71, 0.742], 0.7),),
        bars=(
            Bars(
                title="Coverage by tier",
                unit="share",
                bars=(
                    Bar(name="unit", value=0.742, threshold=0.7),
                    Bar(name="integration", value=0.43, threshold=0.4),
                    Bar(name="system", value=0.2, threshold=0.25),
                    Bar(name="mutation", value=None, threshold=0.6),
                ),
            ),
        ),
        command="noxtasks ladder",
        page="ladder.html",
    )


def _bench() -> Panel:
    return Panel(
        objective="bench",
        question="Did it get slower, beyond noise?",
        artifact="perf.comparison.json",
        verdict=Verdict.UNMEASURED,
        figure="",
        reason="the artifact is of revision fedcba987654, and the code is another",
        refusal="it is about other code",
        command="noxtasks bench --against main",
    )


def _matrix() -> Panel:
    return Panel(
        objective="parallel",
        question="How much faster does it run in parallel, and what breaks there?",
        artifact="speedup-analysis.json",
        verdict=Verdict.PASS,
        figure="3.42x as fast with 4 workers, 3.30x to 3.55x; 12 pairs",
        measured=BEGAN + timedelta(days=20),
        revision=REVISION,
        digest="d3" * 32,
        series=(_series("speed-up", "times", [3.42], 3.0),),
        bars=(
            Bars(
                title="By number of workers",
                unit="times",
                bars=(
                    Bar(name="2", value=1.9, low=1.8, high=1.95),
                    Bar(name="4", value=3.42, low=3.3, high=3.55, threshold=3.0),
                    Bar(name="8", value=3.5, low=2.9, high=4.2),
                ),
            ),
        ),
        command="noxtasks parallel --workers 4",
    )
