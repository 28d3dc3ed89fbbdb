"""The probe: a pytest plugin that tells noxtasks what a suite does, and runs it when it is asked to.

It is inert unless the environment names a wire:

- `NOXTASKS_WIRE=FILE` alone: it records, and changes nothing. Every outcome of an ordinary `pytest -p noxtasks_probe`
  is appended to FILE.
- with `NOXTASKS_TASK=FILE`: that JSON file says how this process is to serve an engine (see `engine`).
- with `NOXTASKS_MUTATED=a,b` besides: the project's packages `a` and `b` hold mutants (see `mutants`).
- with `NOXTASKS_COPY=JSON`: the project is a copy, which its modules are to come from (see `copied`).

`quarantine` is a plugin of its own, which plain pytest loads where noxtasks is installed: so nothing is imported here
before it is needed.

Python 3.9+ and pytest 7+; the standard library and pytest alone.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_ENTRANCE = "NOXTASKS_PATH_ENTRY"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Join the session: the first hook that pytest calls on a plugin given by `-p`, before any conftest is imported."""
    wire_path, task_path = os.environ.pop("NOXTASKS_WIRE", None), os.environ.pop("NOXTASKS_TASK", None)
    mutated = os.environ.pop("NOXTASKS_MUTATED", None)
    os.environ.pop("NOXTASKS_PADDING", None)
    copy = os.environ.pop("NOXTASKS_COPY", None)
    _leave_no_trace(os.environ.pop(_ENTRANCE, None))
    if wire_path is None:
        return
    from .frames import Wire

    wire = Wire.to_file(wire_path)
    if task_path is None:
        from . import recording

        pluginmanager.register(recording.Observer(wire), "noxtasks-probe")
    else:
        from . import determinism, engine, leaving, processes, quarantine

        processes.die_with_parent(os.getppid())
        if copy is not None:
            from . import copied

            copied.settle(pluginmanager, copy)
        pluginmanager.register(determinism, determinism.NAME)  # its marker is known, whatever is installed
        serving = engine.from_task(wire, task_path, mutated.split(",") if mutated else [])
        pluginmanager.register(serving, "noxtasks-probe")
        pluginmanager.register(leaving.Departure(), "noxtasks-leaving")
        serving.watch(pluginmanager)
        quarantine.pytest_addoption(parser, pluginmanager)  # knows its mark; the engine sees all failures


def _leave_no_trace(entry: str | None) -> None:
    """Take the folder of the probe out of `PYTHONPATH` again, so that neither the tests nor their children see it."""
    if entry is None:
        return
    rest = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part != entry]
    if any(rest):
        os.environ["PYTHONPATH"] = os.pathsep.join(rest)
    else:
        os.environ.pop("PYTHONPATH", None)
