"""The story of `noxtasks run`: the user's pytest on forked workers, the longest tests first, and into the history."""

from __future__ import annotations

import os
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from noxtasks.config import Settings
from noxtasks.errors import HistoryError
from noxtasks.evidence import vcs
from noxtasks.evidence.display.console import print_notes
from noxtasks.history import open_history
from noxtasks.suite import git, process, record
from noxtasks.suite.launch import Launch, Suite

_PLUGIN = "noxtasks_probe.distributing"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the probe is told: see `noxtasks_probe.distributing`."""

    workers: int
    together: str
    hang_s: float
    durations: str  # the file, by test, of seconds, which is written while pytest collects


def run_suite(root: Path, settings: Settings, *, python: Path, pytest_args: tuple[str, ...] = ()) -> int:
    """Run the suite of the project in `root` as pytest would, on several workers; pytest's exit code.

    A history that cannot be read or written is told, and keeps no test from running.
    """
    root = root.resolve()
    suite = Suite(root=root, python=python.absolute(), pytest_args=(*settings.pytest_args, *pytest_args))
    with tempfile.TemporaryDirectory(prefix="nx") as folder:
        scratch = Path(folder)
        durations, wire = scratch / "durations.json", scratch / "wire"
        looking = threading.Thread(target=_write_durations, args=(root, settings, durations), daemon=True)
        looking.start()
        parallel = settings.parallel
        plan = Plan(
            workers=parallel.workers,
            together=parallel.together,
            hang_s=parallel.test_timeout_s,
            durations=str(durations),
        )
        (scratch / "plan.json").write_bytes(msgspec.json.encode(plan))
        code = process.attached(
            suite.command(Launch(hash_seed=0), "-p", _PLUGIN),
            cwd=root,
            env={**environment(suite, wire), "NOXTASKS_PLAN": str(scratch / "plan.json")},
        )
        looking.join()
        if wire.exists():
            _remember(root, settings, wire)
    return code


def environment(suite: Suite, wire: Path) -> dict[str, str]:
    """The user's own, but for the probe: the hash seed, too, is as ever."""
    env = suite.environment(Launch(hash_seed=0), wire=wire, task=None)
    del env["PYTHONHASHSEED"]
    kept = {name: os.environ[name] for name in ("PYTHONHASHSEED",) if name in os.environ}
    return {**env, **kept}


def _write_durations(root: Path, settings: Settings, path: Path) -> None:
    try:
        with open_history(settings.history_url(root)) as history:
            found = history.durations_s(settings.project_name(root))
    except HistoryError as error:
        print_notes((f"the history could not be read: {error}",))
        found = {}
    whole = path.with_suffix(".part")
    whole.write_bytes(msgspec.json.encode(found))
    whole.rename(path)


def _remember(root: Path, settings: Settings, wire: Path) -> None:
    from noxtasks.history import imports  # noqa: PLC0415 - it takes long to load, and pytest runs by now

    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    runs = record.read(wire)
    origin = imports.Origin(
        project=settings.project_name(root),
        code_version=code.code_version,
        revision=(code.vcs and code.vcs.revision) or "",
        dirty=code.vcs.dirty if code.vcs else False,
    )
    if not any(run.results for run in runs):
        return
    now = datetime.now(UTC)
    try:
        with open_history(settings.history_url(root)) as history:
            imports.import_runs(history, runs, origin, source=str(now), started=runs[0].started, now=now)
    except HistoryError as error:
        print_notes((f"the outcomes are not in the history: {error}",))
