"""The story of `noxtasks run`: the user's pytest on forked workers, the longest tests first, and into the history.

pytest is started at once. What takes long to load, for the history, is loaded while it runs.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import ParallelSettings, Settings
from noxtasks.errors import ExitCode, HistoryError
from noxtasks.suite import process
from noxtasks.suite.launch import Launch, Suite

PLAN = "NOXTASKS_PLAN"
_PLUGIN = "noxtasks_probe.distributing"
INTERRUPT = signal.SIGRTMAX - 1 if sys.platform == "linux" else int(signal.SIGINT)
_SIGNALLED = 128  # added to the number of the signal that ended a process, as shells do
_IDLE = 19  # the lowest priority


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the probe is told: see `noxtasks_probe.distributing`."""

    workers: int
    together: str
    hang_s: float
    always: bool  # even if workers do not pay
    kept: str  # the file with the seconds that tests took, which is written anew
    durations: str  # where there is none: the file that is written while pytest collects, from the history
    testrun: str  # a name that no other run has
    interrupt: int  # the signal by which Ctrl-C is handed on


def run_suite(root: Path, settings: Settings, *, python: Path, pytest_args: tuple[str, ...] = ()) -> int:
    """Run the suite of the project in `root` as pytest would, on several workers; pytest's exit code.

    A history that cannot be read or written is told, and keeps no test from running.
    """
    root = root.resolve()
    suite = Suite(root=root, python=python.absolute(), pytest_args=(*settings.pytest_args, *pytest_args))
    with tempfile.TemporaryDirectory(prefix="nx") as folder:
        scratch = Path(folder)
        wire = scratch / "wire"
        plan = planned(settings.parallel, scratch, kept=root / ".noxtasks" / "durations.json")
        preparing = threading.Thread(target=_prepare, args=(root, settings, plan), daemon=True)
        code = process.attached(
            suite.command(Launch(hash_seed=0), "-p", _PLUGIN),
            cwd=root,
            env={**environment(suite, wire), PLAN: str(written(plan, scratch))},
            meanwhile=preparing.start,
            interrupt=INTERRUPT,
        )
        preparing.join()
        if wire.exists():
            _remember(root, settings, wire)
    if code == -INTERRUPT:  # before the probe was there to hear of it
        return ExitCode.INTERRUPTED
    return code if code >= 0 else _SIGNALLED - code


def planned(parallel: ParallelSettings, scratch: Path, *, kept: Path, workers: int | None = None) -> Plan:
    """What the settings come to, or so many `workers` in any case; what tests took is in the file `kept`."""
    return Plan(
        workers=workers or parallel.workers,
        together=parallel.together,
        hang_s=parallel.test_timeout_s,
        always=workers is not None,
        kept=str(kept),
        durations=str(scratch / "durations.json"),
        testrun=uuid.uuid4().hex,
        interrupt=INTERRUPT,
    )


def written(plan: Plan, scratch: Path) -> Path:
    """The plan as a file, which the variable `PLAN` of pytest's environment is to name."""
    path = scratch / "plan.json"
    path.write_bytes(msgspec.json.encode(plan))
    return path


def environment(suite: Suite, wire: Path) -> dict[str, str]:
    """The user's own, but for the probe: the hash seed, too, is as ever."""
    env = suite.environment(Launch(hash_seed=0), wire=wire, task=None)
    del env["PYTHONHASHSEED"]
    kept = {name: os.environ[name] for name in ("PYTHONHASHSEED",) if name in os.environ}
    return {**env, **kept}


def _prepare(root: Path, settings: Settings, plan: Plan) -> None:
    """Load what the history takes, when no other process wants the core; and read it, where nothing else is known."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _IDLE)
    from noxtasks.evidence import vcs  # noqa: F401, PLC0415 - they take long to load, and pytest runs by now
    from noxtasks.history import imports, open_history  # noqa: F401, PLC0415

    found: dict[str, float] | None = None
    try:
        with open_history(settings.history_url(root)) as history:
            if not Path(plan.kept).exists():
                found = history.durations_s(settings.project_name(root))
    except HistoryError as error:
        _tell(f"the history could not be read: {error}")
        found = {}
    if found is None:
        return
    whole = Path(plan.durations).with_suffix(".part")
    whole.write_bytes(msgspec.json.encode(found))
    whole.rename(plan.durations)


def _remember(root: Path, settings: Settings, wire: Path) -> None:
    from noxtasks.evidence import vcs  # noqa: PLC0415
    from noxtasks.history import imports, open_history  # noqa: PLC0415
    from noxtasks.suite import git, record  # noqa: PLC0415

    runs = record.read(wire)
    if not any(run.results for run in runs):
        return
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    origin = imports.Origin(
        project=settings.project_name(root),
        code_version=code.code_version,
        revision=(code.vcs and code.vcs.revision) or "",
        dirty=code.vcs.dirty if code.vcs else False,
    )
    now = datetime.now(UTC)
    try:
        with open_history(settings.history_url(root)) as history:
            imports.import_runs(history, runs, origin, source=str(now), started=runs[0].started, now=now)
    except HistoryError as error:
        _tell(f"the outcomes are not in the history: {error}")


def _tell(note: str) -> None:
    from noxtasks.evidence.display.console import print_notes  # noqa: PLC0415 - seldom wanted

    print_notes((note,))
