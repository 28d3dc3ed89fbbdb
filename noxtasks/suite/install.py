"""How the user's project and what its tests need get into an environment: a plan, with reasons, from what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.errors import ConfigurationError
from noxtasks.suite import declared
from noxtasks.suite.declared import Declarations, Source

SETTING = "tool.noxtasks.install"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Argument lists for `pip install`, in order, and why they are these, as lines for people."""

    commands: tuple[tuple[str, ...], ...]
    reasons: tuple[str, ...]


def plan(root: Path, *, install: tuple[str, ...] = (), version: tuple[int, int]) -> Plan:
    """The plan for the project in `root` on an interpreter of `version`; `install`, where set, is the whole plan.

    Found are the project itself, editable, and the best place that says what its tests need: one that names pytest
    before one that does not, one about tests before one about development, and then in the order of `declared.sources`.
    All goes into one call of pip, so that one resolution holds for all of it.

    Raises `ConfigurationError` where nothing is found, or what is found cannot be read.
    """
    if install:
        return _as_set(install)
    project = declared.gather(root)
    found = declared.sources(project, version)
    best = min(found, key=_rank, default=None)
    itself = _itself(project)
    if best is None and not itself.commands:
        raise ConfigurationError(
            f"nothing in {root} says how the project and what its tests need are installed",
            where=f"pyproject.toml: {SETTING}",
            remedy='Say it: install = ["-r requirements.txt", "pytest"]',
        )
    return _combined(project, itself, best, [source for source in found if source is not best])


def _rank(source: Source) -> tuple[bool, bool]:
    return (not source.names_pytest, source.for_development)


def _as_set(install: tuple[str, ...]) -> Plan:
    try:
        commands = tuple(tuple(shlex.split(line)) for line in install)
    except ValueError as error:
        raise ConfigurationError(f"it cannot be split into arguments: {error}", where=SETTING) from error
    return Plan(commands=commands, reasons=tuple(f"{line} (from the setting `install`)" for line in install))


def _combined(project: Declarations, itself: Plan, best: Source | None, others: list[Source]) -> Plan:
    reasons = list(itself.reasons)
    own = [argument for command in itself.commands for argument in command]
    first: list[tuple[str, ...]] = []
    if best is None:
        reasons.append("pytest alone: no place says what the tests need")
    else:
        reasons.append(f"what the tests need: {best.where}")
        reasons.extend(f"left out, as its own tool alone can judge it: {line}" for line in best.left_out)
        if best.extras and own[:1] == ["-e"]:
            own[1] = f".[{','.join(dict.fromkeys(best.extras))}]"
        else:
            own.extend(line for name in best.extras for line in declared.extras(project).get(name, ()))
        if best.has_hashes:
            first.append(best.arguments)
        else:
            own.extend(best.arguments)
    reasons.extend(_not_used(project, own, others))
    if "pytest" not in own:
        own.append("pytest")
    return Plan(commands=(*first, tuple(own)), reasons=tuple(reasons))


def _not_used(project: Declarations, arguments: list[str], others: list[Source]) -> list[str]:
    """What there is beside what was chosen, so that a reader sees where to look when something is missing."""
    chosen = re.findall(r"[^\[\],]+", arguments[1])[1:] if arguments[:1] == ["-e"] else []
    extras = [name for name in declared.extras(project) if name not in chosen]
    places = [other.where for other in others if not other.extras]
    beside = [*places, *([f"the project's extras {', '.join(extras)}"] if extras else [])]
    return [f"not used: {'; '.join(beside)} (the setting `install` can say otherwise)"] if beside else []


def _itself(project: Declarations) -> Plan:
    """The project: editable where it is a package; else what it says that it needs."""
    why = _why_package(project)
    if why is not None:
        return Plan(commands=(("-e", "."),), reasons=(f"the project, editable: {why}",))
    needs = project.table("project").get("dependencies")
    if isinstance(needs, list) and needs:
        reason = (
            "what the project needs, without the project, which is no package: pyproject.toml: project.dependencies"
        )
        return Plan(commands=(tuple(map(str, needs)),), reasons=(reason,))
    for name in ("requirements.txt", "requirements/base.txt", "requirements/requirements.txt"):
        if (project.root / name).is_file():
            reason = f"what the project needs, without the project, which is no package: {name}"
            return Plan(commands=(("-r", name),), reasons=(reason,))
    return Plan(commands=(), reasons=("the project is no package: its tests run from its folder",))


def _why_package(project: Declarations) -> str | None:
    """What makes the project a package that pip can build; None where it is not one."""
    uv, poetry = project.table("tool", "uv"), project.table("tool", "poetry")
    if uv.get("package") is False or poetry.get("package-mode") is False:
        return None
    if "build-backend" in project.table("build-system"):
        return "pyproject.toml has a build backend"
    if (project.root / "setup.py").is_file():
        return "there is a setup.py"
    if (
        "setuptools" in project.table("tool")
        or project.table("build-system")
        or _has_own_package(project.root, project.table("project"))
    ):
        return "pyproject.toml describes a package"
    return None


def _has_own_package(root: Path, metadata: dict[str, Any]) -> bool:
    """Whether there is code under the name of the project, or in `src`, as setuptools finds it by itself."""
    if "name" not in metadata:
        return False
    name = re.sub(r"[-.]+", "_", str(metadata["name"]))
    candidates = (root / name, root / name.lower(), root / f"{name}.py", root / "src")
    return any(candidate.exists() for candidate in candidates)
