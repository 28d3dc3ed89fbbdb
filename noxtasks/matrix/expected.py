"""Which cells there should be: those of the settings, and those of a GitHub workflow's matrix.

Of a workflow the jobs count whose `strategy.matrix` has interpreters: the product of its systems (labels of runners)
and interpreters, less `exclude`, with `include`. A job without systems in its matrix has that of `runs-on`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from noxtasks.errors import ConfigurationError
from noxtasks.matrix import names

WHERE = "tool.noxtasks.matrix.workflow"
_RUNNER = re.compile(r"(?P<system>ubuntu|windows|macos)-[\w.-]*?(?P<arm>-arm)?")
_KEY = re.compile(r"(?:.*[_-])?(?:.*python.*|py)(?:[_-]?ver(?:sion)?s?)?", re.IGNORECASE)
_PYTHON = re.compile(
    r"(?:(?P<other>pypy|graalpy)-?)?v?(?P<version>\d+\.\d+)(?P<free>t?)(?:\.\d+)?(?:-(?:dev|(?:alpha|beta|rc)[.\d]*))?",
    re.IGNORECASE,
)


def of_workflow(path: Path) -> tuple[str, ...]:
    """The cells of the workflow at `path`. Raises `ConfigurationError` where it has none, or cannot be read."""
    import yaml  # noqa: PLC0415 - 20 ms that only who has a workflow should pay

    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f"the workflow cannot be read: {error}", where=f"{WHERE}: {path}") from error
    found = tuple(dict.fromkeys(_cells(document)))
    if not found:
        remedy = "Name the cells in tool.noxtasks.matrix.cells instead."
        raise ConfigurationError("no job has a matrix of interpreters", where=f"{WHERE}: {path}", remedy=remedy)
    return found


def missing(expected: Iterable[str], present: Iterable[str]) -> tuple[str, ...]:
    """The expected cells of which there is no record."""
    known = tuple(present)
    return tuple(each for each in dict.fromkeys(expected) if not any(names.is_meant(each, cell) for cell in known))


def _cells(document: Any) -> Iterator[str]:
    for job in _mapping(_mapping(document).get("jobs")).values():
        matrix = _mapping(_mapping(_mapping(job).get("strategy")).get("matrix"))
        for combination in _combinations(matrix):
            yield from _cell(combination, str(_mapping(job).get("runs-on", "")))


def _combinations(matrix: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every combination of a matrix, as GitHub makes them."""
    axes = {
        key: values for key, values in matrix.items() if key not in {"include", "exclude"} and isinstance(values, list)
    }
    excluded = [_mapping(each) for each in _list(matrix.get("exclude"))]
    included = [dict(_mapping(each)) for each in _list(matrix.get("include"))]
    combinations = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())] if axes else []
    kept = [each for each in combinations if not any(rule and rule.items() <= each.items() for rule in excluded)]
    original = list(kept)
    for more in included:
        matching = [each for each in original if all(each[key] == more[key] for key in axes if key in more)]
        for each in matching:
            each.update(more)
        if not matching:
            kept.append(more)
    yield from kept


def _cell(combination: Mapping[str, Any], runs_on: str) -> Iterator[str]:
    said = list(_said(combination))
    runner = next((match for _, value in said if (match := _RUNNER.fullmatch(str(value)))), None)
    runner = runner or _RUNNER.fullmatch(runs_on)
    python = next(
        (match for key, value in said if _KEY.fullmatch(str(key)) and (match := _PYTHON.fullmatch(str(value).strip()))),
        None,
    )
    if runner is None or python is None:
        return
    machine = "arm64" if runner["arm"] else ""
    version = python["version"] + python["free"].lower()
    parts = (names.system_name(runner["system"]), machine, (python["other"] or "").lower(), version)
    yield "-".join(part for part in parts if part)


def _said(combination: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The keys and values of a combination, and those of the values that have some themselves."""
    for key, value in combination.items():
        yield from value.items() if isinstance(value, Mapping) else [(key, value)]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
