"""The scan as JUnit XML, for CI servers: one test case a mutant, in a suite for each file.

A mutant that lives is a failure, with its change. What breaks pytest itself is an error. What was skipped or not tried
is skipped. Whether the score suffices, this format cannot say: a build that fails on any failure here is stricter than
the threshold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, tostring

from noxtasks.mutation import wording
from noxtasks.mutation.model import Mutant, Report, Status

NAME = "mutation.junit.xml"

_TOLD = {
    Status.SURVIVED: "failure",
    Status.NO_TESTS: "failure",
    Status.SUSPICIOUS: "error",
    Status.SKIPPED: "skipped",
    Status.UNCHECKED: "skipped",
}
_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}
_TESTS = 10  # that are named for a mutant
_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2: Char; no \r either


def render(report: Report) -> bytes:
    """The file's content."""
    top = Element("testsuites", name="mutation")
    for path, mutants in groupby(sorted(report.mutants), key=lambda mutant: mutant.path):
        found = list(mutants)
        suite = SubElement(top, "testsuite", {"name": _clean(path), **_summed(found, report)})
        suite.extend(_case(mutant, report) for mutant in found)
    top.attrib.update(_summed(report.mutants, report))
    written: bytes = tostring(top, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _summed(mutants: Iterable[Mutant], report: Report) -> dict[str, str]:
    fates = [report.fates[mutant.id] for mutant in mutants]
    told = [_TOLD.get(fate.status) for fate in fates]
    return {
        "tests": str(len(fates)),
        **{name: str(told.count(tag)) for name, tag in _COUNTED.items()},
        "time": _seconds(sum(fate.duration_s for fate in fates)),
    }


def _case(mutant: Mutant, report: Report) -> Element:
    fate = report.fates[mutant.id]
    before, after = wording.change(mutant, report.texts.get(mutant.path, ""))
    name = f"{mutant.function}:{mutant.line} {before} -> {after or 'nothing'} [{mutant.id}]"
    case = Element("testcase", name=_clean(name), classname=_clean(mutant.path), time=_seconds(fate.duration_s))
    tag = _TOLD.get(fate.status)
    if tag:
        said = _clean(wording.outcome(fate, len(report.baseline.covering.get(mutant.key, ()))))
        told = SubElement(case, tag, message=said, type=fate.status.value)
        if tag != "skipped":
            tests = [f"  {test}" for test in fate.tests[:_TESTS]]
            tests += ["  …"] if len(fate.tests) > _TESTS else []
            told.text = _clean("\n".join((*wording.diff(mutant), *tests, f"$ {wording.command(mutant)}")))
    return case


def _seconds(duration_s: float) -> str:
    return f"{duration_s:.3f}"


def _clean(text: str) -> str:
    r"""What XML cannot hold becomes `\x1b`, `\udc80`."""
    return _FORBIDDEN.sub(lambda found: repr(found[0])[1:-1], text)
