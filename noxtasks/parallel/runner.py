"""The story of `noxtasks run`: the user's pytest on forked workers, the longest tests first, and into the history.

pytest is started at once. What else there is to do is loaded and done while it runs: see `remembering`.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from noxtasks.config import ParallelSettings, Settings
from noxtasks.errors import ExitCode
from noxtasks.suite import process
from noxtasks.suite.launch import Launch, Suite

if TYPE_CHECKING:
    from noxtasks.history import Origin

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
    words: tuple[str, ...]  # of the command that is under way, but for `-n`
    isolated: dict[str, str] | None  # the project and the scratch folder, where each worker is to have its own world


def run_suite(
    root: Path,
    settings: Settings,
    *,
    python: Path,
    pytest_args: tuple[str, ...] = (),
    own_args: tuple[str, ...] = (),
    folder: Path | None = None,
) -> int:
    """Run the suite of the project in `root` as pytest would in its `folder`, on several workers; pytest's exit code.

    `own_args`, what `noxtasks run` was told besides, are for commands that run tests again. A history that cannot be
    read or written is told, and keeps no test from running.
    """
    root = root.resolve()
    folder = folder.resolve() if folder is not None else root
    configured = settings.pytest_args if folder == root else _from_anywhere(settings.pytest_args, root)
    suite = Suite(root=root, python=python.absolute(), pytest_args=(*configured, *pytest_args))
    with tempfile.TemporaryDirectory(prefix="nx") as scratch_folder:
        scratch = Path(scratch_folder)
        wire = scratch / "wire"
        plan = planned(
            settings.parallel,
            scratch,
            root=root,
            kept=root / ".noxtasks" / "durations.json",
            words=(*own_args, *pytest_args),
        )
        beside = _Beside(root, settings, plan)
        code = process.attached(
            suite.command(Launch(hash_seed=0), "-p", _PLUGIN),
            cwd=folder,
            env={**environment(suite, wire), **_coverage(), PLAN: str(written(plan, scratch))},
            meanwhile=beside.start,
            interrupt=INTERRUPT,
        )
        beside.remember(wire)
    if beside.notes:
        _tell(beside.notes)
    if code == -INTERRUPT:  # before the probe was there to hear of it
        return ExitCode.INTERRUPTED
    return code if code >= 0 else _SIGNALLED - code


def _from_anywhere(arguments: tuple[str, ...], root: Path) -> tuple[str, ...]:
    """The arguments with what they name in `root`, where the configuration is written, named whole."""
    return tuple(
        str(root / each) if not each.startswith("-") and (root / each.partition("::")[0]).exists() else each
        for each in arguments
    )


def planned(
    parallel: ParallelSettings,
    scratch: Path,
    *,
    root: Path,
    kept: Path,
    workers: int | None = None,
    words: tuple[str, ...] = (),
) -> Plan:
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
        words=words,
        isolated={"root": str(root), "scratch": str(scratch)} if parallel.isolate else None,
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


def _coverage() -> dict[str, str]:
    """What has coverage.py begin in each process."""
    return {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_PROCESS_")}


class _Beside(threading.Thread):
    """Does what the history takes while pytest runs, and when no other process wants the core."""

    def __init__(self, root: Path, settings: Settings, plan: Plan) -> None:
        super().__init__(daemon=True)
        self.notes: tuple[str, ...] = ()
        self._root = root
        self._settings = settings
        self._plan = plan
        self._origin: Origin | None = None

    def run(self) -> None:
        """Give pytest its durations, and see which code there is before a test may change it."""
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _IDLE)
        from noxtasks.parallel import remembering  # noqa: PLC0415 - pytest is to be started first

        self.notes += remembering.give_durations(
            self._root, self._settings, kept=Path(self._plan.kept), durations=Path(self._plan.durations)
        )
        self._origin = remembering.origin(self._root, self._settings)

    def remember(self, wire: Path) -> None:
        """Keep what the probe wrote to `wire`, if it wrote."""
        from noxtasks.parallel import remembering  # noqa: PLC0415 - it is loaded by now

        self.join()
        if self._origin is not None and wire.exists():
            self.notes += remembering.remember(wire, self._origin, self._root, self._settings)


def _tell(notes: tuple[str, ...]) -> None:
    from noxtasks.evidence.display.console import print_notes  # noqa: PLC0415 - seldom wanted

    print_notes(notes)
