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
_OTHERWISE = frozenset({"--lf", "--last-failed", "--ff", "--failed-first", "--nf", "--new-first"})


def commands(config: pytest.Config, failing: Dict[str, List[str]], folder: Path, words: List[str]) -> List[str]:
    """The commands, one for each worker with failures; the files that they name are written to `folder`.

    `words` are those of the command that ran the tests, but for `-n`.
    """
    if pytest.version_tuple[:2] < _SINCE:
        return []
    found = []
    kept = _without_choice(words, config.args if config.args_source is config.ArgsSource.ARGS else [])
    kept += [word for word in _settings(config) if word not in kept]
    for worker, nodeids in sorted(failing.items()):
        path = folder / f"{worker}.txt"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{each}\n" for each in nodeids if each.isprintable()), "utf-8")
        except OSError:
            continue
        again = ("noxtasks", "run", "-n", "1", *kept, f"@{_short(path, config)}")
        found.append(" ".join(map(shlex.quote, again)))
    return found


def _without_choice(words: List[str], places: List[str]) -> List[str]:
    """The words without those that say which tests run, or in what order; of equal ones the last are `places`."""
    kept = [word for word in words if word not in _OTHERWISE and not word.startswith("@")][::-1]
    for place in places:
        if place in kept:
            kept.remove(place)
    return kept[::-1]


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
