"""The findings of all artifacts as SARIF 2.1.0, which code-scanning views read.

The standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. GitHub reads a part of it, and has
limits: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
It shows 5000 results of a run, the gravest; what is beyond is left out here, and said. It needs a line for each result,
and takes a result for the same as before by `primaryLocationLineHash`: that is made of the rule, the file and what is
found there, not of the line's number, so that a finding which moves stays one finding.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from noxtasks import __version__
from noxtasks.evidence.display.text import shown_lines
from noxtasks.evidence.provenance import Provenance
from noxtasks.gates.descriptions import RULES, Rule
from noxtasks.gates.model import Finding, Grade

NAME = "quality.gates.sarif"
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RESULTS = 5000
"""That GitHub shows of a run."""

_TEXT = 1024  # characters of a description that GitHub takes
_MESSAGE = 4000  # nobody reads more
_ROOT = "%SRCROOT%"
_SEVERITY = {Grade.ERROR: "error", Grade.WARNING: "warning", Grade.NOTE: "recommendation"}


def render(findings: Sequence[Finding], *, provenance: Provenance, prefix: str = "") -> bytes:
    """The file's content. `prefix` is the project's folder in its repository, with a slash at its end."""
    kept = findings[:RESULTS]
    grades: dict[str, Grade] = {}
    for finding in kept:  # the gravest come first
        grades.setdefault(finding.rule, finding.grade)
    rules = [rule for rule in RULES if rule.id in grades]
    places = {rule.id: index for index, rule in enumerate(rules)}
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "noxtasks",
                        "semanticVersion": _semantic(__version__),
                        "rules": [_rule(rule, grades[rule.id]) for rule in rules],
                    }
                },
                "automationDetails": {"id": "noxtasks/"},
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(len(findings) - len(kept), provenance)],
                "results": _results(kept, places, prefix),
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=1).encode() + b"\n"


def _semantic(version: str) -> str:
    """The release of a version of Python's as semantic versioning has it."""
    release = version.partition("+")[0].split(".")
    return ".".join(part if part.isdigit() else "0" for part in (*release, "0", "0")[:3])


def _rule(rule: Rule, grade: Grade) -> dict[str, Any]:
    text = f"{rule.help}\n\nLook for it again: {rule.command}"
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": rule.title[:_TEXT]},
        "fullDescription": {"text": rule.help[:_TEXT]},
        "help": {"text": text, "markdown": f"{rule.help}\n\n```console\n$ {rule.command}\n```\n"},
        "defaultConfiguration": {"level": grade.value},
        "properties": {"tags": ["tests"], "precision": "high", "problem.severity": _SEVERITY[grade]},
    }


def _invocation(left_out: int, provenance: Provenance) -> dict[str, Any]:
    said = f"{left_out} more findings are left out here; the artifacts have them all"
    notes = [{"level": "note", "message": {"text": said}}] if left_out else []
    return {
        "executionSuccessful": True,
        "endTimeUtc": provenance.created.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "toolExecutionNotifications": notes,
        "properties": {"code_version": provenance.code_version, "session_id": provenance.session_id},
    }


def _results(findings: Sequence[Finding], rules: Mapping[str, int], prefix: str) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    results = []
    for finding in findings:
        identity = fingerprint(finding)
        seen[identity] += 1
        results.append(
            {
                "ruleId": finding.rule,
                "ruleIndex": rules[finding.rule],
                "level": finding.grade.value,
                "message": {"text": _message(finding)},
                "locations": [_location(prefix + finding.path, _region(finding))],
                **_related(finding, prefix),
                "partialFingerprints": {"primaryLocationLineHash": f"{identity}:{seen[identity]}"},
            }
        )
    return results


def fingerprint(finding: Finding) -> str:
    """What a finding is the same by, wherever in its file it moves."""
    parts = (finding.rule, finding.path, finding.key)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _message(finding: Finding) -> str:
    text = finding.message if len(finding.message) <= _MESSAGE else finding.message[:_MESSAGE] + "…"
    lines = [shown_lines(text), *([f"$ {finding.command}"] if finding.command else [])]
    return "\n".join(lines).replace("](", "\\](")  # or it would be a link: section 3.11.6


def _region(finding: Finding) -> dict[str, int]:
    """Where it is; the first line, where that is not known, since there has to be one."""
    region = {"startLine": max(finding.line, 1)}
    if finding.line and finding.column:
        region["startColumn"] = finding.column
    if finding.end_line >= finding.line > 0:
        region["endLine"] = finding.end_line
        if (
            finding.column
            and finding.end_column
            and (finding.end_line, finding.end_column)
            > (
                finding.line,
                finding.column,
            )
        ):
            region["endColumn"] = finding.end_column
    return region


def _location(path: str, region: Mapping[str, int]) -> dict[str, Any]:
    uri = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": _ROOT},
            "region": dict(region),
        }
    }


def _related(finding: Finding, prefix: str) -> dict[str, Any]:
    found = [
        {"id": number, "message": {"text": test}, **_location(prefix + test.partition("::")[0], {"startLine": 1})}
        for number, test in enumerate(finding.related, start=1)
    ]
    return {"relatedLocations": found} if found else {}
