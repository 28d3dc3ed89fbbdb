"""Which files would be test modules: counted by the configured patterns where pytest could not collect them."""

from __future__ import annotations

import fnmatch
import glob
import os
from pathlib import Path
from typing import Any


def targets(config: Any) -> list[Path]:
    """List the files and folders that are to be collected, as the arguments or `testpaths` say; they need not exist."""
    here = config.invocation_params.dir
    given = list(config.known_args_namespace.file_or_dir)
    if given:
        return [Path(os.path.abspath(here / argument.partition("::")[0])) for argument in given]
    if here == config.rootpath:
        found = [path for each in config.getini("testpaths") for path in sorted(glob.glob(each, recursive=True))]
        if found:
            return [Path(os.path.abspath(here / path)) for path in found]
    return [here]


def files_below(config: Any, below: Path, wanted: list[Path]) -> list[Path]:
    """List the files under `below` that match `python_files` and lie under one of `wanted`, sorted."""
    patterns, refused = config.getini("python_files"), config.getini("norecursedirs")
    found = []
    for folder, folders, names in os.walk(below):
        folders[:] = sorted(name for name in folders if not _refuses(Path(folder, name), refused))
        for name in sorted(names):
            path = Path(folder, name)
            if name.endswith(".py") and _matches(path, patterns) and any(_is_below(path, top) for top in wanted):
                found.append(path)
    return found


def _refuses(folder: Path, patterns: list[str]) -> bool:
    return folder.name == "__pycache__" or (folder / "pyvenv.cfg").is_file() or _matches(folder, patterns)


def _matches(path: Path, patterns: list[str]) -> bool:
    """As pytest matches: a pattern without a slash against the name, one with it against the end of the path."""
    return any(
        fnmatch.fnmatch(str(path), f"*/{pattern}") if "/" in pattern else fnmatch.fnmatch(path.name, pattern)
        for pattern in patterns
    )


def _is_below(path: Path, top: Path) -> bool:
    return path == top or top in path.parents
