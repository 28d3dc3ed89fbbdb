"""What the test cases of a JUnit file mean: a case -> one attempt, the attempts of a test -> its result.

Known dialects:

- pytest, both families. It says nothing of reruns: under pytest-rerunfailures it writes one empty case for each attempt
  that was run again, and the last case tells the end. So of several cases of one test in one suite all but the last are
  attempts that were run again; only a failure and then an error in its teardown are two cases of one attempt.
- Surefire: `flakyFailure`, `flakyError`, `rerunFailure` and `rerunError` inside the case.

Some outcomes only a message tells: an expected failure, one in quarantine, a crashed xdist worker, pytest-timeout. A
test that passed although it was marked xfail (not strict) cannot be told from one that passed.
"""

from __future__ import annotations

import math
import re
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from junitparser import Error, Skipped, xunit2

from noxtasks.suite.model import Failure, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from junitparser.junitparser import Result as Said

_TEXT_LIMIT = 20_000  # characters kept of a failure's text: its end, where the error stands
_MESSAGE_LIMIT = 2000
_REASON_LIMIT = 500

_COLLECTING = ("collection failure", "collection skipped")
_SKIPPED_WHOLE = re.compile(r"""Skipped: (.*?)['"]?\)?\s*\Z""", re.DOTALL)
_XPASSED = "xfail-marked test passes unexpectedly"
_XFAILED = "expected test failure"  # pytest before 6; later ones say type="pytest.xfail"
_QUARANTINED = re.compile(r"quarantined since \d{4}-\d\d-\d\d(?:, in (setup|teardown))?: ")
_PHASE = re.compile(r"""(?:failed on (setup|teardown) with "(.*?)"?|test (setup|teardown) failure)\Z""", re.DOTALL)
_RAISED = re.compile(r"([A-Za-z_][\w.]*)(?::\s*|\Z)")
_FRAME = re.compile(r"^([^\s:][^:\n]*\.py):(\d+): ?(?:in ([^\s(]+))?", re.MULTILINE)
_CRASHED = re.compile(r"worker '?\w+'? crashed while running")
_TIMED_OUT = re.compile(r"(?:Failed: )?Timeout \(?>")
_INSTALLED = re.compile(r"(?:^|/)(?:site-packages|dist-packages|lib/python\d[^/]*)/")
_VARYING = (
    (re.compile(r"0x[0-9a-fA-F]+"), "<hex>"),
    (re.compile(r"(?:/tmp|/private/var|/var/folders|[A-Z]:\\Users)[^\s'\":,)\]]*"), "<tmp>"),
    (re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"), "<n>"),
)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One test case."""

    outcome: Outcome
    duration_s: float
    failure: Failure | None = None
    reruns: int = 0
    reason: str = ""  # why it was skipped, or was expected to fail


def why_not_collected(element: Element) -> tuple[bool, str]:
    """Of a case for a module: whether an error kept it from being collected, and the first line, or the reason."""
    said = next(part for part in element if part.get("message") in _COLLECTING)
    lines = [line for line in (said.text or "").strip().splitlines() if line.strip()]
    if said.get("message") == _COLLECTING[0]:
        raised = next((line[1:].strip() for line in reversed(lines) if line.startswith("E  ")), "")
        return True, (raised or (lines[-1] if lines else ""))[:_REASON_LIMIT]
    skipped = _SKIPPED_WHOLE.search(said.text or "")
    return False, (skipped[1] if skipped else "")[:_REASON_LIMIT]


def is_of_collecting(element: Element) -> bool:
    """Tell whether pytest wrote this case for a module that it could not collect, or skipped whole."""
    return not element.get("classname") and any(part.get("message") in _COLLECTING for part in element)


def attempt_of(element: Element) -> Attempt:
    """Tell how one test case ended."""
    case = xunit2.TestCase.fromelem(element)  # type: ignore[no-untyped-call]  # junitparser types half of itself
    duration_s = seconds(element.get("time"))
    bad = [said for said in case.result if not isinstance(said, Skipped)]
    again = case.interim_result
    if bad:
        failure = _failure(bad[0], bad[0].text or "")
        return Attempt(outcome=_bad_outcome(bad[0], failure), duration_s=duration_s, failure=failure, reruns=len(again))
    if again:
        failure = _failure(again[0], again[0].stack_trace or again[0].text or "")
        return Attempt(outcome=Outcome.RERUN, duration_s=duration_s, failure=failure, reruns=len(again))
    skipped = next(iter(case.result), None)
    if skipped is not None and (excused := _QUARANTINED.match(skipped.message or "")):
        return _quarantined(skipped, excused, duration_s)
    if skipped is None:
        return Attempt(outcome=Outcome.PASSED, duration_s=duration_s)
    reason = (skipped.message or "")[:_REASON_LIMIT]
    return Attempt(outcome=_unrun_outcome(skipped), duration_s=duration_s, reason=reason)


def _quarantined(said: Said, excused: re.Match[str], duration_s: float) -> Attempt:
    """A failure that our plugin excused: it failed no session, and is a failure of the test all the same."""
    exception, message = _exception_and_message((said.message or "")[excused.end() :], "")
    failure = Failure(
        fingerprint=_fingerprint(exception, message, ()),
        phase=excused[1] or "call",
        exception=exception,
        message=message,
    )
    outcome = Outcome.FAILED if failure.phase == "call" else Outcome.ERROR
    return Attempt(outcome=outcome, duration_s=duration_s, failure=failure)


def seconds(written: str | None) -> float:
    """Read a duration; Java's tools write `1,234.5`. 0 for none, and for what is no duration."""
    try:
        read = float((written or "0").replace(",", ""))
    except ValueError:
        return 0.0
    return read if math.isfinite(read) and read > 0 else 0.0


def result_of(nodeid: str, position: int, attempts: Sequence[Attempt]) -> Result:
    """Fold the attempts of one test (at least one); its duration is that of all of them."""
    last, earlier = attempts[-1], [one for one in attempts[:-1] if one.outcome is not Outcome.SKIPPED]
    if earlier and _is_teardown(last) and earlier[-1].failure is not None:
        last = earlier.pop()
    reruns = len(earlier) + sum(one.reruns for one in attempts)
    failures = [one.failure for one in (last, *earlier) if one.failure is not None]
    return Result(
        nodeid=nodeid,
        position=position,
        outcome=Outcome.RERUN if reruns and not last.outcome.is_failure else last.outcome,
        duration_s=sum(one.duration_s for one in attempts),
        failure=failures[0] if failures else None,
        reruns=reruns,
        reason=last.reason,
    )


def _is_teardown(attempt: Attempt) -> bool:
    return attempt.failure is not None and attempt.failure.phase == "teardown"


def _bad_outcome(said: Said, failure: Failure) -> Outcome:
    message = said.message or failure.message
    if _CRASHED.match(message):
        return Outcome.CRASHED
    if _TIMED_OUT.match(message):
        return Outcome.TIMED_OUT
    return Outcome.ERROR if isinstance(said, Error) else Outcome.FAILED


def _unrun_outcome(skipped: Said) -> Outcome:
    message = skipped.message or ""
    if message.startswith(_XPASSED):
        return Outcome.XPASSED
    if skipped.type == "pytest.xfail" or message.startswith(_XFAILED):
        return Outcome.XFAILED
    return Outcome.SKIPPED


def _failure(said: Said, text: str) -> Failure:
    whole = said.message or text.strip().partition("\n")[0]
    phase = "call"
    if stage := _PHASE.match(whole):
        phase, whole = stage[1] or stage[3], stage[2] or text.strip().rpartition("\n")[2]
    exception, message = _exception_and_message(whole, said.type or "")
    found = [frame for frame in _FRAME.findall(text) if not _INSTALLED.search(frame[0])]
    return Failure(
        fingerprint=_fingerprint(exception, message, found),
        phase=phase,
        exception=exception,
        message=message,
        frames=tuple(
            f"{path}:{line} in {function}" if function else f"{path}:{line}" for path, line, function in found
        ),
        text=text if len(text) <= _TEXT_LIMIT else "[…]\n" + text[-_TEXT_LIMIT:],
    )


def _exception_and_message(whole: str, told: str) -> tuple[str, str]:
    """Take `ValueError: text` apart; `told` is the exception where the file says it apart."""
    raised = _RAISED.match(whole)
    if raised and (raised[1] == told or (not told and raised[1][:1].isalpha() and ":" in whole[: raised.end()])):
        return raised[1], whole[raised.end() :][:_MESSAGE_LIMIT]
    if not told and whole.startswith("assert "):
        return "AssertionError", whole[:_MESSAGE_LIMIT]
    return told, whole[:_MESSAGE_LIMIT]


def _fingerprint(exception: str, message: str, frames: Sequence[tuple[str, str, str]]) -> str:
    """Sixteen hexadecimal digits of what stays the same: exception, message without numbers and paths, frames."""
    for pattern, substitute in _VARYING:
        message = pattern.sub(substitute, message)
    whole = "\0".join([exception, message, *(part for path, _, function in frames for part in (path, function))])
    return sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]
