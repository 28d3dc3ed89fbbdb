"""Runs the tests of a tier under coverage.py: the user's own pytest, in its own process, with its own data file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from noxtasks.errors import NoxtasksError
from noxtasks.evidence.display.text import counted
from noxtasks.ladder import coverage_py
from noxtasks.suite import process, record
from noxtasks.suite.launch import Launch, Suite
from noxtasks.suite.model import Outcome

_LAUNCH = Launch(hash_seed=0)
_TAIL = 600  # characters of what pytest wrote
_BANNERS = "=!_"


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """How the tests of a tier ended, and the folder with what was measured meanwhile."""

    outcomes: dict[str, Outcome]
    missing: tuple[str, ...]  # that were collected before, and now not again
    data: Path
    trouble: str = ""  # why it is no measurement

    @property
    def failed(self) -> tuple[str, ...]:
        """The tests that did not pass."""
        return tuple(sorted(test for test, outcome in self.outcomes.items() if outcome.is_failure))


def measure(
    suite: Suite,
    scratch: Path,
    tests: Sequence[str],
    *,
    config: str,
    prefix: str,
    timeout_s: float,
    plugins: Sequence[str] = (),
    environment: Mapping[str, str] = {},
) -> Ran:
    """Run `tests` (by name, with the `prefix` that pytest's own node ids lack) under the configuration `config`.

    `config` is the text of a configuration file of coverage.py, whose data file is in `scratch` / "data".
    `plugins` and what is in `environment` are for pytest besides.
    """
    data = data_file(scratch).parent
    data.mkdir(parents=True)
    (scratch / "coveragerc").write_text(config, "utf-8")
    choice = {"tests": [test.removeprefix(prefix) for test in tests], "told": str(scratch / "missing.json")}
    (scratch / "choice.json").write_text(json.dumps(choice), "utf-8")
    try:
        done = process.run(
            _command(suite, scratch / "coveragerc", plugins),
            cwd=suite.root,
            env={**_environment(suite, scratch), **environment},
            timeout_s=timeout_s,
        )
    except process.TimeoutExpired:
        trouble = f"its tests were not done after {timeout_s:g} s: -S ladder.timeout=2h gives them more time"
        return Ran(outcomes={}, missing=(), data=data, trouble=trouble)
    outcomes = {f"{prefix}{test}": outcome for test, outcome in _outcomes(scratch / "wire").items()}
    missing = tuple(f"{prefix}{test}" for test in _missing(scratch / "missing.json"))
    unrun = [test for test in tests if test not in outcomes and test not in missing]
    return Ran(outcomes=outcomes, missing=missing, data=data, trouble=_trouble(done, outcomes, unrun))


def data_file(scratch: Path) -> Path:
    """Where the data of a tier goes whose files are in `scratch`; each process adds an end of its own to the name."""
    return scratch / "data" / coverage_py.DATA


def _command(suite: Suite, config: Path, plugins: Sequence[str]) -> list[str]:
    named = [part for plugin in ("noxtasks_probe.choosing", *plugins) for part in ("-p", plugin)]
    python, *rest = suite.command(_LAUNCH, *named)
    return [python, *coverage_py.command(config), *rest]


def _environment(suite: Suite, scratch: Path) -> dict[str, str]:
    env = suite.environment(_LAUNCH, wire=scratch / "wire", task=None)
    env["NOXTASKS_CHOICE"] = str(scratch / "choice.json")
    return {name: value for name, value in env.items() if name not in coverage_py.VARIABLES}


def _trouble(done: process.Completed, outcomes: Mapping[str, Outcome], unrun: Sequence[str]) -> str:
    """Why the run is no measurement; nothing where each test has come to an end, and so has pytest."""
    crashed = next((test for test, outcome in outcomes.items() if outcome is Outcome.CRASHED), "")
    if done.returncode >= 0 and outcomes and not (unrun or crashed):
        return ""
    how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
    at = f" in {crashed}" if crashed else ""
    lost = f", with {counted(len(unrun), 'test')} not run" if unrun else ""
    said = last_words(done.stderr.strip() or done.stdout)
    return f"its run ended by {how}{at}{lost}" + (f": {said}" if said and not crashed else "")


def last_words(text: str) -> str:
    """The last line that says anything: pytest ends with banners, which only count what it has said before."""
    lines = [line.strip() for line in text[-_TAIL:].splitlines()]
    told = [line for line in lines if line and line[0] not in _BANNERS]
    return told[-1] if told else lines[-1] if lines else ""


def _missing(path: Path) -> list[str]:
    try:
        found: list[str] = json.loads(path.read_text("utf-8"))
    except OSError:
        return []
    return found


def _outcomes(wire: Path) -> Mapping[str, Outcome]:
    """How each test ended; of several with one id the later ones have a number. A test under way has crashed."""
    if not wire.exists():
        return {}
    count: Counter[str] = Counter()
    found: dict[str, Outcome] = {}
    try:
        runs = record.read(wire)
    except NoxtasksError:
        return {}
    for result in (result for run in runs for result in run.results):
        count[result.nodeid] += 1
        found[result.nodeid if count[result.nodeid] == 1 else f"{result.nodeid} #{count[result.nodeid]}"] = (
            result.outcome
        )
    return found
