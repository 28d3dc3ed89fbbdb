"""The golden ratio: does a fifth of the tests yield four fifths of the kills, or of the coverage? Pure.

Reports know in part who does what: of a mutant the first test that kills it, of a line with many tests only some. So
what is known proves that so many tests suffice, and only what is surely nobody else's that fewer do not.
"""

from __future__ import annotations

import msgspec

from noxtasks.evidence.gating.model import Document
from noxtasks.governance.checking import covering
from noxtasks.governance.checking.covering import Few
from noxtasks.governance.checking.model import Judged, Pattern
from noxtasks.stats import Verdict

TESTS = "ladder.tests.json"
MUTATION = "mutation.initial.report.json"

SHARE = 0.2
_PARTS = 5  # one of them of the tests, four of what they do
_NAMED = 5
_OF_TESTS = 3  # tiers that tests belong to
_KILLS = ("killed", "segfault")


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What tests do, as far as it is known: which of the pieces, what each weighs, and which anyone may do."""

    of: str  # kills
    tests: int  # in all
    done: dict[str, list[int]]
    weights: list[int]
    anyone: frozenset[int]


def golden(mutation: Document, tests: Document, ladder: Document, *, code_version: str) -> Judged:
    """Does a fifth of the tests yield four fifths of the kills? Without any kill, of the coverage.

    The greedy set proves that so many suffice; that it takes more is claimed only where no set can do.
    """
    works = [work for work in (_kills(mutation), _coverage(tests, ladder, code_version)) if isinstance(work, Work)]
    if not works:
        reasons = [each.refusal for each in (mutation, ladder) if each.refusal] or ["no test kills or covers anything"]
        commands = "noxtasks mutation"
        return Judged(
            pattern=Pattern.GOLDEN_RATIO, verdict=Verdict.UNMEASURED, reason="; ".join(reasons), command=commands
        )
    measured = [(work, _few(work)) for work in works]
    work, few = measured[0]
    told = tuple(_told(work, few) for work, few in measured)
    most = work.tests // _PARTS
    is_enough = few.tests is not None and len(few.tests) <= most
    verdict = Verdict.PASS if is_enough else Verdict.FAIL if few.at_least > most else Verdict.UNMEASURED
    return Judged(
        pattern=Pattern.GOLDEN_RATIO,
        verdict=verdict,
        reason=told[0],
        figure=len(few.tests) / work.tests if few.tests is not None else None,
        threshold=SHARE,
        told=(*told[1:], _first(few)) if few.tests else told[1:],
    )


def _few(work: Work) -> Few:
    wanted = -(-(_PARTS - 1) * sum(work.weights) // _PARTS)
    return covering.fewest(work.done, work.weights, wanted, anyone=work.anyone)


def _told(work: Work, few: Few) -> str:
    least = f"no fewer than {few.at_least} ({few.at_least / work.tests:.1%}) can"
    if few.tests is None:
        return f"which tests yield 80% of the {work.of} is not known; {least}"
    count = len(few.tests)
    if count == few.at_least:
        return f"{count} of {work.tests} tests ({count / work.tests:.1%}) yield 80% of the {work.of}, and no fewer can"
    return f"{count} of {work.tests} tests ({count / work.tests:.1%}) yield 80% of the {work.of}; {least}"


def _first(few: Few) -> str:
    tests = few.tests or ()
    more = f" and {len(tests) - _NAMED} more" if len(tests) > _NAMED else ""
    return f"they begin with {', '.join(tests[:_NAMED])}{more}"


def _kills(document: Document) -> Work | None:
    """Each mutant that a test has killed. Others may do so, too, unless no other runs its function."""
    if document.refusal:
        return None
    result = document.content["result"]
    killed = [each for each in result["mutants"] if each["status"] in _KILLS]
    if not killed or not result["baseline"]["tests"]:
        return None
    done: dict[str, list[int]] = {}
    for number, each in enumerate(killed):
        if each["killed_by"]:
            done.setdefault(each["killed_by"], []).append(number)
    anyone = frozenset(number for number, each in enumerate(killed) if each["covering"] != 1 or not each["killed_by"])
    return Work(of="kills", tests=result["baseline"]["tests"], done=done, weights=[1] * len(killed), anyone=anyone)


def _coverage(tests: Document, ladder: Document, code_version: str) -> Work | None:
    """Lines that tests run. Of lines with many tests only some are known by name."""
    if tests.refusal or ladder.refusal or tests.content.get("code_version") != code_version:
        return None
    result = ladder.content["result"]
    total = sum(each["tests"] for each in result["tiers"][:_OF_TESTS]) + len(result["unassigned"]["none"])
    names = tests.content["tests"]
    groups = [each for file in tests.content["files"].values() for each in file["lines"] if each["tiers"]]
    if not total or not groups:
        return None
    done: dict[str, list[int]] = {}
    anyone = set()
    for number, group in enumerate(groups):
        known = {names[place] for tier in group["tiers"].values() for place in tier["some"]}
        for test in known:
            done.setdefault(test, []).append(number)
        if sum(tier["count"] for tier in group["tiers"].values()) > len(known):
            anyone.add(number)
    return Work(
        of="coverage",
        tests=total,
        done=done,
        weights=[len(group["lines"]) for group in groups],
        anyone=frozenset(anyone),
    )
