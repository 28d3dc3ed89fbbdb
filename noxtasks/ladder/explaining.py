"""Says who tests a place in the sources, by what the last session has written."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode
from noxtasks.evidence import vcs
from noxtasks.ladder import terminal, who
from noxtasks.ladder.who import File, Told, Who
from noxtasks.suite import git

_PLACE = re.compile(r"(?P<path>.+?)(?:::(?P<function>[^:]+)|:(?P<line>\d+))?")


def explain(root: Path, settings: Settings, *, place: str) -> ExitCode:
    """Say which tests run `place`: PATH, PATH:LINE or PATH::FUNCTION, from the root or from here.

    Raises `NotMeasuredError` where nothing was measured, `EvidenceError` for a file that was altered, and
    `ConfigurationError` for a place that the last session knows nothing of.
    """
    root = root.resolve()
    known = who.load(root / settings.reports)
    told = find(known, place, root)
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    terminal.print_places(told, known, is_of_now=code.code_version == known.code_version)
    return ExitCode.NOTHING_FOUND


def find(known: Who, place: str, root: Path) -> tuple[Told, ...]:
    """What is known of the place; of a file, each of its functions. Raises `ConfigurationError` for an unknown one."""
    match = _PLACE.fullmatch(place)
    said = match["path"] if match else place
    path = next((each for each in _paths(said, root) if each in known.files), None)
    if match is None or path is None:
        near = get_close_matches(said, sorted(known.files), n=1)
        raise ConfigurationError(
            f"the last session has measured no file {said}",
            where="ladder explain",
            remedy=f"Did you mean {near[0]}?" if near else "Name a source of the ladder's scope, from the root.",
        )
    file = known.files[path]
    if match["line"]:
        return (_line(file, path, int(match["line"])),)
    if match["function"]:
        return (_function(file, path, match["function"]),)
    return tuple(_function(file, path, name) for name in file.functions)


def _paths(said: str, root: Path) -> tuple[str, str]:
    """From the root; and, where it is one of below the root, from here."""
    here = Path(said).resolve()
    return Path(said).as_posix(), here.relative_to(root).as_posix() if here.is_relative_to(root) else ""


def _line(file: File, path: str, line: int) -> Told:
    found = next((each for each in file.lines if line in each.lines), None)
    return Told(place=f"{path}:{line}", is_run=found is not None, tiers=found.tiers if found else {})


def _function(file: File, path: str, name: str) -> Told:
    if name not in file.functions:
        short = {each.rpartition(".")[2]: each for each in file.functions}
        near = short.get(name) or next(iter(get_close_matches(name, sorted(file.functions), n=1)), None)
        raise ConfigurationError(
            f"{path} has no function {name}",
            where="ladder explain",
            remedy=f"Did you mean {path}::{near}?"
            if near
            else f"noxtasks ladder explain {path} lists those there are.",
        )
    found = file.functions[name]
    return Told(place=f"{path}::{name}", is_run=found.is_run, tiers=found.tiers)
