"""Carries out one run of the suite, sequential or in parallel, and sees that every test is accounted for."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Container, Mapping
from pathlib import Path

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.parallel import phases, rules, runner, xdist
from noxtasks.parallel.model import Candidate, Execution
from noxtasks.parallel.task import Task
from noxtasks.suite import process, record
from noxtasks.suite.launch import Launch
from noxtasks.suite.model import Outcome

_TIMES = 3.0  # the slowest sequential run, after which a parallel one is taken to hang,
_MORE_S = 20.0  # and so much more
_TAIL = 2000  # characters of what pytest wrote
_ENDS_BY_ITSELF = frozenset({0, 1})  # all passed, or some failed
_FRONT = """
import os, sys
from pathlib import Path
from noxtasks import cli
from noxtasks.parallel import runner
from noxtasks.suite import process
sys.exit(process.attached(sys.argv[1:], cwd=Path.cwd(), env=os.environ))
"""  # what `noxtasks run` takes to start is its own cost, too
_DIED = re.compile(r"\[gw\d+\] node down|crashed while running|workers die in no test")


class Runner:
    """Runs the suite of `task`, and remembers what the sequential runs have shown."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._alone: list[Execution] = []

    def run(self, candidate: Candidate | None) -> Execution:
        """Run the suite once.

        Raises `NotMeasuredError` where plain pytest does not come to its end. A parallel run that does not has a fault.
        """
        with tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as folder:
            return self._run(candidate, Path(folder))

    def _run(self, candidate: Candidate | None, scratch: Path) -> Execution:
        (scratch / "phases").mkdir()
        limit_s = self._limit_s(candidate)
        command, env = self._command(candidate), self._environment(candidate, scratch)
        began_s = time.perf_counter()
        try:
            done = process.run(command, cwd=self._task.suite.root, env=env, timeout_s=limit_s)
        except process.TimeoutExpired as expired:
            code, said = None, (_bytes(expired.output) + _bytes(expired.stderr)).decode("utf-8", "replace")
        else:
            code, said = done.returncode, done.stdout + done.stderr
        ended_s = time.perf_counter()
        outcomes = _outcomes(scratch / "wire", self._alone[0].outcomes if self._alone else {})
        tail = said[-_TAIL:]
        found = Execution(
            candidate=candidate,
            wall_s=ended_s - began_s,
            outcomes=outcomes,
            phases=phases.read(scratch / "phases", began_s=began_s, ended_s=ended_s),
        )
        if candidate is None:
            self._check(code, found, tail, limit_s)
            self._alone.append(found)
            return found
        missing, further = rules.account([each.outcomes for each in self._alone], outcomes)
        fault = rules.fault(
            missing,
            further,
            ran=len(outcomes),
            is_over=code is not None,
            said=tail,
            died=bool(_DIED.search(said)) or (code is not None and code < 0),
        )
        return msgspec.structs.replace(found, fault=fault)

    def _limit_s(self, candidate: Candidate | None) -> float:
        if candidate is None and not self._alone:
            return max(1.0, self._task.until_s - time.monotonic())
        return _TIMES * max(each.wall_s for each in self._alone) + _MORE_S

    def _command(self, candidate: Candidate | None) -> list[str]:
        extra = xdist.arguments(candidate) if candidate else ()
        command = self._task.suite.command(Launch(hash_seed=0), "-p", "noxtasks_probe.phases", *extra)
        return [sys.executable, "-P", "-c", _FRONT, *command] if _is_ours(candidate) else command

    def _environment(self, candidate: Candidate | None, scratch: Path) -> dict[str, str]:
        env = runner.environment(self._task.suite, scratch / "wire")
        env["NOXTASKS_PHASES"] = json.dumps({"folder": str(scratch / "phases"), "alone": candidate is None})
        if candidate is not None and _is_ours(candidate):
            kept = scratch / "kept.json"
            kept.write_bytes(msgspec.json.encode(self._durations_s()))
            parallel, root = self._task.settings.parallel, self._task.suite.root
            plan = runner.planned(parallel, scratch, root=root, kept=kept, workers=candidate.workers)
            env[runner.PLAN] = str(runner.written(plan, scratch))
        return env

    def _durations_s(self) -> Mapping[str, float]:
        """What the history would know: what each test took in the last run of plain pytest."""
        last = self._alone[-1].phases if self._alone else None
        return last.tests_s if last else {}

    def _check(self, code: int | None, found: Execution, tail: str, limit_s: float) -> None:
        where = str(self._task.suite.root)
        under_way = [test for test, outcome in found.outcomes.items() if outcome is Outcome.CRASHED]
        at = f", in {under_way[-1]}" if under_way else ""
        if code is None:
            raise NotMeasuredError(
                f"one test after the other, the suite is not done after {limit_s:.0f} s{at}",
                where=where,
                remedy="Give it more time, -S parallel.budget=30m, or fewer tests: noxtasks parallel -- tests/unit",
            )
        if code not in _ENDS_BY_ITSELF or not found.outcomes or found.phases is None:
            raise NotMeasuredError(
                f"one test after the other, pytest ends with exit code {code}{at}",
                where=where,
                remedy=f"See that `pytest` runs by itself. It said:\n{tail}",
            )


def _is_ours(candidate: Candidate | None) -> bool:
    return candidate is not None and not candidate.mode.is_of_xdist


def _outcomes(wire: Path, known: Container[str]) -> dict[str, Outcome]:
    """How each test ended. Tests of the same id are told apart by a number, as the second that ended.

    `known` are the tests of plain pytest.
    """
    if not wire.exists():
        return {}
    count: Counter[str] = Counter()
    found: dict[str, Outcome] = {}
    for run in record.read(wire):
        for result in run.results:
            test = rules.named_alone(result.nodeid, known)
            count[test] += 1
            found[test if count[test] == 1 else f"{test} #{count[test]}"] = result.outcome
    return found


def _bytes(output: bytes | str | None) -> bytes:
    return output if isinstance(output, bytes) else (output or "").encode()
