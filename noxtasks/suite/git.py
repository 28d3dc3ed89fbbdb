"""Runs git in the user's project, whatever a git hook has put into the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from noxtasks.suite import process

_TIMEOUT_S = 60.0
_SET_BY_HOOKS = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"}
)


def output_in(root: Path) -> Callable[[Sequence[str]], bytes | None]:
    """A function that runs a command in `root` and gives its standard output; None where it failed or is not there."""

    def output(argv: Sequence[str]) -> bytes | None:
        return process.output(argv, cwd=root, env=environment(), timeout_s=_TIMEOUT_S)

    return output


def environment() -> dict[str, str]:
    """The environment in which git looks at the folder that it is started in, and at no other."""
    return {name: value for name, value in os.environ.items() if name not in _SET_BY_HOOKS}
