"""The gates as JUnit XML, for CI servers: a gate is a case, and the file is as red as the command.

A blocking gate that fails is a failure, one that is not measured an error. What does not block, for it advises or is
waived, is skipped where it does not pass, with what it says: a failure in this format fails a build.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from noxtasks.evidence.gating import figures
from noxtasks.evidence.gating.model import Evaluation
from noxtasks.gates import wording
from noxtasks.gates.model import Report
from noxtasks.stats import Verdict

NAME = "quality.gates.xml"

_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}
_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2: Char; no \r either


def render(report: Report) -> bytes:
    """The file's content."""
    tags = [_tag(each) for each in report.evaluations]
    counts = {name: str(tags.count(tag)) for name, tag in _COUNTED.items()}
    numbers = {"tests": str(len(tags)), **counts, "time": "0.000"}
    top = Element("testsuites", {"name": "gates", **numbers})
    suite = SubElement(top, "testsuite", {"name": "gates", **numbers})
    for each, tag in zip(report.evaluations, tags, strict=True):
        case = SubElement(suite, "testcase", name=_clean(each.gate.name), classname="gates", time="0.000")
        if tag:
            told = SubElement(case, tag, message=_clean(figures.said(each)), type=each.verdict.value)
            if tag != "skipped":
                told.text = _clean("\n".join((each.gate.title, *wording.details(each))))
    written: bytes = tostring(top, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _tag(each: Evaluation) -> str:
    if each.verdict is Verdict.PASS:
        return ""
    if not each.is_blocking:
        return "skipped"
    return "failure" if each.verdict is Verdict.FAIL else "error"


def _clean(text: str) -> str:
    r"""What XML cannot hold becomes `\x1b`, `\udc80`."""
    return _FORBIDDEN.sub(lambda found: repr(found[0])[1:-1], text)
