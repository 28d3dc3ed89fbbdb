"""Knows coverage.py: the user's settings, the configuration that a tier is measured under, and the report.

The user's own configuration is read by the coverage.py of their tests, whatever its version, and what decides which
lines count is taken over: `omit`, exclusions, plugins, concurrency. A configuration file of our own, outside of the
project, says the rest: branches, a data file for each process, subprocesses too, and the scope. Files of the scope that
no test imports are reported, too, and what is installed from the project is mapped back to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.ladder import coverage_program
from noxtasks.ladder.model import Counts, Coverage, File, Function
from noxtasks.suite import process
from noxtasks.suite.launch import Suite
from noxtasks.suite.sources import Source, Sources

DATA = "coverage"  # what a data file's name begins with
VARIABLES = frozenset({"COVERAGE_FILE", "COVERAGE_RCFILE"})
"""Those of the user's that would come before the configuration of a tier."""

_PATCHES_SUBPROCESS = (7, 10)
_TAKES_CORE = (7, 9)
_TIMEOUT_S = 600.0
_TAIL = 2000  # characters
_INSTALLED = ("*/site-packages", "*/dist-packages")
_OF_OURS = ("no-data-collected", "module-not-measured", "already-imported", "include-ignored", "couldnt-parse")
"""Warnings that say nothing: a tier may cover nothing, and what cannot be parsed is told by the report."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What coverage.py makes of the user's configuration."""

    version: str
    pytest: str
    config_file: str | None = None
    concurrency: tuple[str, ...] = ()
    core: str | None = None
    cover_pylib: bool = False
    disable_warnings: tuple[str, ...] = ()
    patch: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    relative_files: bool = False
    sigterm: bool = False
    timid: bool = False
    source: tuple[str, ...] = ()
    source_pkgs: tuple[str, ...] = ()
    source_dirs: tuple[str, ...] = ()
    run_include: tuple[str, ...] = ()
    run_omit: tuple[str, ...] = ()
    report_include: tuple[str, ...] = ()
    report_omit: tuple[str, ...] = ()
    exclude_list: tuple[str, ...] = ()
    partial_list: tuple[str, ...] = ()
    partial_always_list: tuple[str, ...] = ()
    paths: dict[str, tuple[str, ...]] = {}
    plugin_options: dict[str, dict[str, Any]] = {}

    @property
    def sees_subprocesses(self) -> bool:
        """Whether it can measure processes that tests start, by itself."""
        return self._at_least(_PATCHES_SUBPROCESS)

    @property
    def knows_contexts(self) -> bool:
        """Whether what it measures with can tell tests apart."""
        return self.core != "sysmon"

    @property
    def takes_core(self) -> bool:
        """Whether its configuration says what it measures with."""
        return self._at_least(_TAKES_CORE)

    def _at_least(self, version: tuple[int, int]) -> bool:
        numbers = [int(part) for part in re.findall(r"\d+", self.version)[:2]]
        return tuple(numbers) >= version

    @property
    def limits_sources(self) -> bool:
        """Whether the user has said what is to be measured."""
        return bool(self.source or self.source_pkgs or self.source_dirs or self.run_include or self.report_include)


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What coverage.py has reported."""

    coverage: Coverage
    who: dict[str, Any] | None  # tests by line and function, where that was asked for
    paths: dict[str, str]  # from the root, by those of the report


def look(suite: Suite, scratch: Path) -> Settings:
    """What the interpreter of the suite has. Raises `NotMeasuredError` without coverage.py, or where it complains."""
    return msgspec.convert(_asked(suite, scratch, {"ask": "settings"}), Settings)


def within(found: Sources, settings: Settings, root: Path) -> Sources:
    """Those of the sources that the user's own configuration measures; all where it does not say."""
    if not settings.limits_sources:
        return found
    return msgspec.structs.replace(
        found, files=tuple(source for source in found.files if _is_measured(source, settings, root))
    )


def configuration(settings: Settings, scope: Sources, *, root: Path, data_file: Path, contexts: bool = False) -> str:
    """The text of the configuration file for runs and reports about `scope`; with `contexts`, tests are told apart."""
    usual = "ctrace" if contexts and settings.takes_core else None  # not sysmon, which cannot
    omit = (*settings.run_omit, *settings.report_omit)
    patch = dict.fromkeys((*settings.patch, *(["subprocess"] if settings.sees_subprocesses else ())))
    run = {
        "branch": True,
        "parallel": True,
        "data_file": str(data_file),
        "include": tuple(_included(scope, root)),
        "omit": settings.run_omit,
        "concurrency": settings.concurrency,
        "core": settings.core or usual,
        "cover_pylib": settings.cover_pylib,
        "disable_warnings": tuple(dict.fromkeys((*settings.disable_warnings, *_OF_OURS))),
        "patch": tuple(patch),
        "plugins": settings.plugins,
        "relative_files": settings.relative_files,
        "sigterm": settings.sigterm,
        "timid": settings.timid,
    }
    report = {
        "omit": omit,
        "exclude_lines": tuple(map(_expression, settings.exclude_list)),
        "partial_branches": tuple(map(_expression, settings.partial_list)),
        "partial_branches_always": tuple(map(_expression, settings.partial_always_list)),
    }
    paths = {**settings.paths, **_mapped(scope, root, is_relative=settings.relative_files)}
    sections: dict[str, Mapping[str, Any]] = {"run": run, "report": report, "paths": paths, **settings.plugin_options}
    return "".join(_section(name, options) for name, options in sections.items())


def command(config: Path) -> tuple[str, ...]:
    """What stands between the interpreter and `-m pytest`."""
    return ("-m", "coverage", "run", f"--rcfile={config}")


def report(
    suite: Suite,
    scratch: Path,
    *,
    config: Path,
    folders: Sequence[Path],
    files: Iterable[str],
    tiers: Mapping[str, str] = {},
) -> Reported:
    """What was covered of `files`, paths from the root, by what was measured into `folders`, together.

    Files that the configuration leaves out are not among those of the report. With `tiers`, by test, it is told which
    tests have run what.
    """
    asked = {"config": str(config), "data": str(scratch / "combined"), "folders": [str(each) for each in folders]}
    answer = _asked(suite, scratch, {"ask": "report", **asked, "files": sorted(files), "tiers": dict(tiers)})
    return Reported(
        coverage=read(answer["files"], suite.root),
        who=answer.get("who"),
        paths={path: _from_root(path, suite.root) for path in answer["files"]},
    )


def read(files: Mapping[str, Mapping[str, Any]], root: Path) -> Coverage:
    """A report of coverage.py, as `coverage json` has it, of any version 7. Pure."""
    found = tuple(_file(_from_root(path, root), told) for path, told in sorted(files.items()))
    return of_files(found)


def of_files(files: Iterable[File]) -> Coverage:
    """These files, and what they come to together."""
    kept = tuple(files)
    lines, branches = Counts(), Counts()
    for each in kept:
        lines, branches = lines + each.lines, branches + each.branches
    return Coverage(lines=lines, branches=branches, files=kept)


def _file(path: str, told: Mapping[str, Any]) -> File:
    return File(
        path=path,
        lines=_lines(told["summary"]),
        branches=_branches(told["summary"]),
        missing=tuple(told["missing_lines"]),
        executed=tuple(told["executed_lines"]),
        functions=tuple(_function(name, each) for name, each in told.get("functions", {}).items()),  # since 7.6
    )


def _function(name: str, told: Mapping[str, Any]) -> Function:
    lines = [*told["executed_lines"], *told["missing_lines"], *told["excluded_lines"]]
    first = told.get("start_line") or min(lines, default=1)
    return Function(name=name, first_line=first, lines=_lines(told["summary"]), branches=_branches(told["summary"]))


def _lines(summary: Mapping[str, Any]) -> Counts:
    return Counts(covered=summary["covered_lines"], total=summary["num_statements"])


def _branches(summary: Mapping[str, Any]) -> Counts:
    return Counts(covered=summary.get("covered_branches", 0), total=summary.get("num_branches", 0))


def _from_root(path: str, root: Path) -> str:
    place = Path(path)
    return (place.relative_to(root) if place.is_relative_to(root) else place).as_posix()


def _is_measured(source: Source, settings: Settings, root: Path) -> bool:
    places = (*settings.source, *settings.source_dirs, *settings.source_pkgs)
    patterns = (*settings.run_include, *settings.report_include)
    in_places = not places or any(_is_in(source, place, root) for place in places)
    whole = (root / source.path).as_posix()
    return in_places and (not patterns or any(fnmatch(whole, _whole(pattern, root)) for pattern in patterns))


def _is_in(source: Source, place: str, root: Path) -> bool:
    if source.module == place or source.module.startswith(f"{place}."):
        return True
    return (root / source.path).is_relative_to((root / place).resolve())


def _whole(pattern: str, root: Path) -> str:
    return pattern if pattern.startswith(("*", "?")) else (root / pattern).as_posix()


def _included(scope: Sources, root: Path) -> Iterator[str]:
    """Every file where it lies, and where it would be if the project were installed and not linked."""
    for source in scope.files:
        yield str(root / source.path)
        parts = source.module.replace(".", "/")
        end = f"{parts}/__init__.py" if source.path.endswith("/__init__.py") else f"{parts}.py"
        yield from (f"{folder}/{end}" for folder in _INSTALLED)


def _mapped(scope: Sources, root: Path, *, is_relative: bool) -> dict[str, tuple[str, ...]]:
    """Where installed files come from, as coverage.py's [paths]; it maps to files alone that are there."""
    places = [(entry, "") for entry in scope.entries] + [(folder, f"/{name}") for name, folder in scope.folders.items()]
    return {
        f"noxtasks_{number}": (
            place if is_relative else str(root / place),
            *(f"{folder}{name.replace('.', '/')}" for folder in _INSTALLED),
        )
        for number, (place, name) in enumerate(places)
    }


def _section(name: str, options: Mapping[str, Any]) -> str:
    lines = [line for option, value in options.items() for line in _option(option, value)]
    return "\n".join([f"[{name}]", *lines, ""]) + "\n" if lines else ""


def _option(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        if value:
            yield f"{name} ="
            yield from (f"    {_escaped(item)}" for item in value)
    elif value is not None:
        yield f"{name} = {_escaped(str(value))}"


def _escaped(value: object) -> str:
    """A value as coverage.py reads it back: it puts variables of the environment in."""
    return str(value).replace("$", "$$")


def _expression(pattern: str) -> str:
    """A regular expression that stands on one line of an ini file and is no comment there."""
    line = pattern.replace("\n", "\\n")
    return f"\\{line}" if line.startswith(("#", ";")) else line


def _asked(suite: Suite, scratch: Path, order: Mapping[str, object]) -> Any:
    scratch.mkdir(parents=True, exist_ok=True)
    answer, order_path = scratch / "answer.json", scratch / "order.json"
    order_path.write_text(json.dumps({**order, "answer": str(answer)}), "utf-8")
    done = process.run(
        [str(suite.python), coverage_program.__file__],
        cwd=suite.root,
        env={**suite.plain(), coverage_program.VARIABLE: str(order_path)},
        timeout_s=_TIMEOUT_S,
    )
    if done.returncode == coverage_program.UNFIT:
        raise NotMeasuredError(
            "coverage.py is not there",
            where=str(suite.python),
            remedy="Install it beside pytest (python -m pip install coverage); the nox session does.",
        )
    if done.returncode:
        said = (done.stderr or done.stdout)[-_TAIL:].strip()
        raise NotMeasuredError("coverage.py does not work", where=str(suite.root), remedy=f"It said:\n{said}")
    if not answer.exists():
        raise NotMeasuredError(
            "this is no Python interpreter",
            where=str(suite.python),
            remedy="Give the interpreter that has your tests' dependencies: --python path/to/venv/bin/python",
        )
    return json.loads(answer.read_text("utf-8"))
