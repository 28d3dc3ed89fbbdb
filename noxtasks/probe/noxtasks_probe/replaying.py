"""How a worker's tests are run again in one process, in the order in which it ran them.

A test that fails beside others may fail for what ran before it on the same worker. Their ids go into a file, which
pytest takes in the place of arguments (since 8.2).
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, Dict, List

import pytest

_SINCE = (8, 2)


def commands(config: pytest.Config, failing: Dict[str, List[str]], folder: Path) -> List[str]:
    """The commands, one for each worker with failures; the files that they name are written to `folder`."""
    if pytest.version_tuple[:2] < _SINCE:
        return []
    found = []
    for worker, nodeids in sorted(failing.items()):
        path = folder / f"{worker}.txt"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{each}\n" for each in nodeids if each.isprintable()), "utf-8")
        except OSError:
            continue
        found.append(" ".join(["noxtasks run -n 1", *_settings(config), shlex.quote(f"@{_short(path, config)}")]))
    return found


def _short(path: Path, config: pytest.Config) -> str:
    try:
        return path.relative_to(config.invocation_params.dir).as_posix()
    except ValueError:
        return path.as_posix()


def _settings(config: pytest.Config) -> List[str]:
    """What keeps the order, and gives each test the same randomness."""
    seed: Any = getattr(config.option, "randomly_seed", None)
    if seed is not None and config.pluginmanager.hasplugin("randomly"):
        return [f"--randomly-seed={seed}", "--randomly-dont-reorganize"]
    return []
