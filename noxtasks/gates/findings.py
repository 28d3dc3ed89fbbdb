"""What the artifacts say of single files and lines, in one form, for the views that show findings beside the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from noxtasks.evidence.gating.model import Document
from noxtasks.gates import table
from noxtasks.gates.model import Finding, Grade

_LIVING = {"survived", "no tests"}
_OUTCOMES = 4

Result = Mapping[str, Any]


def of(documents: Iterable[Document]) -> tuple[Finding, ...]:
    """The findings of all artifacts that count; the gravest first, then by place."""
    found = [
        finding
        for document in documents
        if not document.refusal and document.is_ours and document.name in _READERS
        for finding in _READERS[document.name](document.content["result"])
        if _is_inside(finding.path)
    ]
    order = list(Grade)
    return tuple(sorted(found, key=lambda one: (order.index(one.grade), one.path, one.line, one.rule, one.key)))


def _is_inside(path: str) -> bool:
    """Whether a path is below the project: what an installed package has, no view shows."""
    is_absolute = PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
    return bool(path) and not is_absolute and ".." not in PurePosixPath(path).parts


def _of_test(test: str, *, rule: str, message: str, **more: Any) -> Finding:
    path = more.pop("path", None) or test.partition("::")[0]
    return Finding(rule=rule, path=path, message=message, key=more.pop("key", test), test=test, **more)


def _health(result: Result) -> Iterator[Finding]:
    for cause in result["causes"]:
        yield Finding(
            rule="collection-error",
            path=cause["path"] or cause["nodeid"].partition("::")[0] or next(iter(cause["modules"]), ""),
            line=cause["line"],
            message=_sentences(f"{cause['kind']}: {cause['message']}", cause["remedy"]),
            key=f"{cause['kind']} {cause['nodeid']} {cause['message']}",
            grade=Grade.ERROR if cause["blocking"] else Grade.WARNING,
        )


def _flakes(result: Result) -> Iterator[Finding]:
    for name, rule in (("broken", "broken-test"), ("flaky", "flaky-test")):
        for each in result[name]:
            cause = f": {each['causes'][0]['exception']}" if each["causes"] else ""
            found = each["explanation"]
            why = _sentences(f"{found['kind']}{_after(found['culprits'])}", found["advice"]) if found else ""
            yield _of_test(
                each["test"],
                rule=rule,
                message=_sentences(f"{each['test']} failed in {each['failures']} of {each['runs']} runs{cause}", why),
                grade=Grade.ERROR,
                command=each["reproduce"],
            )


def _after(culprits: Sequence[str]) -> str:
    return f", after {', '.join(culprits)}" if culprits else ""


def _delta(result: Result) -> Iterator[Finding]:
    for each in result.get("quarantine", {}).get("expired", ()):
        yield _of_test(
            each["test"],
            rule="expired-quarantine",
            message=_sentences(f"{each['test']}: its quarantine ended on {each['expires']}", each["reason"]),
        )


def _determinism(result: Result) -> Iterator[Finding]:
    for each in result["findings"]:
        yield Finding(
            rule="unreproducible",
            path=each["path"],
            line=each["line"],
            message=_sentences(f"{each['kind']}: {each['what']}: {each['code']}", each["why"], each["advice"]),
            key=f"{each['kind']} {each['code']}",
        )
    for each in result["differing"]:
        yield _of_test(
            each["test"],
            rule="differs-when-repeated",
            message=f"{each['test']}: {each['first']}, and then {each['second']}, with one seed and one order",
        )


def _mutation(result: Result) -> Iterator[Finding]:
    for each in result["mutants"]:
        if each["status"] not in _LIVING:
            continue
        whose = "no test runs it" if each["status"] == "no tests" else f"{each['covering']} tests run it"
        yield Finding(
            rule="surviving-mutant",
            path=each["path"],
            line=each["line"],
            column=each["column"],
            end_line=each["end_line"],
            end_column=each["end_column"],
            message="\n".join((f"{each['function']} can be changed so, and no test fails ({whose}):", *each["diff"])),
            key=each["id"],
            command=f"noxtasks mutation explain {each['id']}",
        )


def _bench(result: Result) -> Iterator[Finding]:
    for each in result["benchmarks"]:
        if each["finding"] == "slower":
            yield _of_test(
                each["test"],
                rule="slower-benchmark",
                message=f"{each['test']} takes {each['change']:+.1%} ({each['metric']}) against "
                f"{result['against'] or 'what was stored'}",
                key=f"{each['test']} {each['metric']}",
                grade=Grade.WARNING if result["is_stored"] else Grade.ERROR,
            )
    for each in result["limits"]:
        if each["verdict"] == "fail":
            yield _of_test(
                each["test"],
                rule="benchmark-over-limit",
                message=f"{each['test']}: {each['metric']} {each['figure_s']:.3g} s, allowed {each['limit_s']:.3g} s",
                key=f"{each['test']} {each['metric']}",
                grade=Grade.ERROR,
            )


def _scan(result: Result) -> Iterator[Finding]:
    suspects: dict[str, str] = {}
    for each in result["candidates"]:
        how = f"{each['candidate']['mode']} -n {each['candidate']['workers']}"
        for one in each["suspects"]:
            said = f"{one['test']} {one['outcome']} {one['times']} of {one['trials']} times with {how}, alone never"
            suspects.setdefault(one["test"], said)
    for test, said in suspects.items():
        yield _of_test(test, rule="fails-in-parallel", message=said, grade=Grade.ERROR)
    for each in (result["conflicts"] or {}).get("conflicts", ()):
        if each["standing"] == "proven":
            first, other = each["tests"]
            what = f"{each['resource']['kind']} {each['resource']['name']}"
            yield _of_test(
                first,
                rule="conflicting-tests",
                message=_sentences(f"{first} and {other} share the {what}", each["remedy"]),
                key=f"{first} {other} {what}",
                grade=Grade.ERROR,
                related=(other,),
                command=each["command"],
            )


def _markers(result: Result) -> Iterator[Finding]:
    for each in result["markers"]:
        if each["class"] == "removable" and each["registrations"]:
            place, rule = each["registrations"][0], "dead-marker"
        elif each["class"] == "unregistered but used" and each["references"]:
            place, rule = each["references"][0], "unregistered-marker"
        else:
            continue
        yield Finding(
            rule=rule,
            path=place["path"],
            line=place["line"],
            message=f"{each['name']}: {each['reason']}",
            key=each["name"],
            grade=Grade.NOTE if rule == "dead-marker" else Grade.WARNING,
        )


def _ladder(result: Result) -> Iterator[Finding]:
    missing = result["new_code"]["missing"] if result["new_code"] else {}
    for path, lines in missing.items():
        for first, last in spans(lines):
            said = f"line {first} has" if first == last else f"lines {first} to {last} have"
            yield Finding(
                rule="uncovered-new-line",
                path=path,
                line=first,
                end_line=last,
                message=f"{said} changed, and no test runs {'it' if first == last else 'them'}",
                key="",  # its text: the number changes with what is above it
            )


def spans(lines: Iterable[int]) -> list[tuple[int, int]]:
    """Runs of lines that follow one another, each by its first and its last."""
    numbered = enumerate(sorted(set(lines)))
    runs = [[line for _, line in run] for _, run in groupby(numbered, key=lambda pair: pair[1] - pair[0])]
    return [(run[0], run[-1]) for run in runs]


def _matrix(result: Result) -> Iterator[Finding]:
    for each in result["differing"]:
        outcomes = list(each["outcomes"].items())
        some = ", ".join(f"{outcome} on {cell}" for cell, outcome in outcomes[:_OUTCOMES])
        more = f" and {len(outcomes) - _OUTCOMES} more" if len(outcomes) > _OUTCOMES else ""
        yield _of_test(
            each["test"],
            rule="differs-between-systems",
            path=each["path"],
            message=_sentences(f"{each['test']}: {some}{more}", each["cause"], each["said"], each["remedy"]),
            line=each["line"] or 0,
            grade=Grade.ERROR,
        )


def _governance(result: Result) -> Iterator[Finding]:
    """What is broken is an error; what is only told, a fired risk among it, a warning."""
    for name, grade in (("violations", Grade.ERROR), ("advice", Grade.WARNING)):
        for each in result[name]:
            yield Finding(
                rule="broken-governance-rule",
                path=each["path"],
                line=each["line"],
                message=_sentences(each["message"], each["remedy"]),
                key=f"{each['rule']} {each['name']} {each['message']}",
                grade=grade,
                command="noxtasks governance",
            )
    for each in result["risks"]:
        if each["state"] == "fired" and each["level"] == "advisory":
            yield Finding(
                rule="fired-risk",
                path=result["file"],
                line=each["line"],
                message=_sentences(f"{each['name']} has fired: {each['title']}", each["mitigation"], each["rollback"]),
                key=each["name"],
                grade=Grade.WARNING,
                command="noxtasks governance",
            )


def _sentences(*parts: str) -> str:
    """The parts that are there, one after the other."""
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts if part)


_READERS: Mapping[str, Callable[[Result], Iterator[Finding]]] = {
    table.HEALTH: _health,
    table.FLAKES: _flakes,
    table.DELTA: _delta,
    table.DETERMINISM: _determinism,
    table.MUTATION: _mutation,
    table.COMPARISON: _bench,
    table.SCAN: _scan,
    table.MARKERS: _markers,
    table.LADDER: _ladder,
    table.MATRIX: _matrix,
    table.GOVERNANCE: _governance,
}
NAMES = tuple(_READERS)
"""The artifacts that tell of files."""
