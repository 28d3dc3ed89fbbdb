"""Finds the sources of a project on disk, and what mutmut is told about them."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import msgspec

from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.mutation import sources
from noxtasks.mutation.configured import Configured, configured
from noxtasks.mutation.sources import Sources
from noxtasks.suite import declared


class Located(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be mutated, and what mutmut's own configuration says besides."""

    sources: Sources
    asked: Configured


def locate(root: Path, paths: Collection[str]) -> Located:
    """The sources among `paths`, the project's files. Raises `NotMeasuredError` where there are none."""
    project = declared.gather(root)
    asked = configured(project)
    inner = {}
    for folder in sources.projects_within(paths):
        with suppress(ConfigurationError):  # one that is broken is no project
            inner[folder] = declared.gather(root / folder)
    found = sources.find(paths, project, asked, inner)
    if not found.files:
        raise NotMeasuredError(
            f"no source to mutate was found by {asked.where}" if asked.where else "no source to mutate was found",
            where=str(root),
            remedy="Name the files or folders: tool.mutmut.source_paths in pyproject.toml",
        )
    return Located(sources=found, asked=asked)
