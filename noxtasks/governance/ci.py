"""The CI of a project: jobs that run the sessions, compare the systems, and let the gates judge.

The jobs are templates beside this file, which say in comments what a user may want to change. They go into a file of
their own; a pipeline that is there gets one line that includes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

from noxtasks.errors import ConfigurationError
from noxtasks.governance.pyproject import PYTHONS

WORKFLOW = ".github/workflows/noxtasks.yml"
JOBS = ".gitlab/noxtasks.yml"
PIPELINE = ".gitlab-ci.yml"
TEMPLATES = Path(__file__).with_name("templates")

_INCLUDE = f"- local: /{JOBS}"
_INCLUDES = re.compile(r"^include:[ \t]*(?:#.*)?\r?\n(?P<indent>[ \t]*)(?=- )", re.MULTILINE)
_RUNS = re.compile(r"(nox -s) ([a-z]+(?: [a-z]+)*)")
_SERVER = re.compile(r"(?:://|@)(?:[^@/\s]*@)?(?P<server>[\w.-]+)")


class Host(Enum):
    """Where a project's CI runs."""

    GITHUB = "github"
    GITLAB = "gitlab"


def host(present: Collection[str], remotes: str) -> Host:
    """Whose CI a project has: by the names at its root; where they do not say, by what `git remote -v` prints."""
    by_files = [host for name, host in ((".github", Host.GITHUB), (PIPELINE, Host.GITLAB)) if name in present]
    if len(by_files) == 1:
        return by_files[0]
    for found in _SERVER.finditer(remotes):
        for each in Host:
            if each.value in found["server"]:
                return each
    return Host.GITHUB


def files(host: Host) -> tuple[str, ...]:
    """The files in which the jobs are, or are included."""
    return (WORKFLOW,) if host is Host.GITHUB else (JOBS, PIPELINE)


def written(
    host: Host, present: Mapping[str, str | None], pythons: Sequence[str], *, prefix: str = ""
) -> dict[str, str]:
    """The files as they should be: those of ours that are there stay, and so does all else in a pipeline.

    The names of the sessions begin with `prefix`.

    Raises `ConfigurationError` where a pipeline is no YAML, or has no place for one more line.
    """
    if host is Host.GITHUB:
        return {WORKFLOW: _kept(present[WORKFLOW], lambda: _template(host, pythons, prefix))}
    pipeline = present[PIPELINE]
    jobs = _kept(
        present[JOBS], lambda: _template(host, pythons, prefix).replace("stage: test", f"stage: {_stage(pipeline)}")
    )
    return {JOBS: jobs, PIPELINE: included(pipeline)}


def cells(host: Host, pythons: Sequence[str]) -> tuple[str, ...]:
    """Lines of `[tool.noxtasks.matrix]` by which a cell that left no record is missed."""
    if host is Host.GITHUB:
        return (f'workflow = "{WORKFLOW}"',)
    return (f"cells = {_list([f'linux-{python}' for python in pythons])}",)


def included(present: str | None) -> str:
    """The pipeline with a line that includes the jobs; as it is, where it has one."""
    text = present or ""
    if JOBS in text:
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    before = _parsed(text)
    if "include" in before:
        after = _INCLUDES.sub(lambda found: f"{found[0]}{_INCLUDE}{newline}{found['indent']}", text, count=1)
    else:
        gap = "" if not text.strip() else newline if text.endswith("\n") else newline * 2
        after = f"{text}{gap}include:{newline}  {_INCLUDE}{newline}"
    rest = before.get("include", [])
    if not isinstance(rest, list) or not _holds(after, {**before, "include": [{"local": f"/{JOBS}"}, *rest]}):
        raise ConfigurationError(
            "it is written so that no line can be added to what it includes",
            where=PIPELINE,
            remedy=f"Add `{_INCLUDE}` to its include by hand, and run this again.",
        )
    return after


def _kept(present: str | None, template: Callable[[], str]) -> str:
    return template() if present is None else present


def _template(host: Host, pythons: Sequence[str], prefix: str) -> str:
    """The jobs, on the interpreters that the project supports; what needs but one runs on the newest of them."""
    text = (TEMPLATES / f"{host.value}.yml").read_text("utf-8")
    newest, known = pythons[-1], PYTHONS[-1]
    for before, after in (
        (f'python-version: "{known}"', f'python-version: "{newest}"'),
        (f"python:{known}", f"python:{newest}"),
        (_list(PYTHONS), _list(pythons)),
    ):
        text = text.replace(before, after)
    return _RUNS.sub(lambda run: f"{run[1]} {' '.join(prefix + name for name in run[2].split())}", text)


def _list(names: Sequence[str]) -> str:
    quoted = (f'"{name}"' for name in names)
    return f"[{', '.join(quoted)}]"


def _stage(pipeline: str | None) -> str:
    """A stage of the pipeline in which tests run."""
    stages = _parsed(pipeline or "").get("stages") or ["test"]
    names = [each for each in stages if isinstance(each, str)] if isinstance(stages, list) else []
    if "test" in names or not names:
        return "test"
    return next((name for name in names if "test" in name), names[-1])


def _holds(text: str, document: Mapping[str, Any]) -> bool:
    try:
        return _parsed(text) == document
    except ConfigurationError:
        return False


def _parsed(text: str) -> dict[str, Any]:
    """The pipeline, without the header that says what it takes. Tags, which are GitLab's own, are left out."""
    import yaml  # noqa: PLC0415 - 20 ms that only a pipeline should cost

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda _, suffix, __: f"!{suffix}")
    try:
        document = ([each for each in yaml.load_all(text, Loader) if each is not None] or [{}])[-1]
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f"it is not YAML: {error}", where=PIPELINE, remedy="Mend it first.") from error
    if not isinstance(document, dict):
        raise ConfigurationError("it is no pipeline", where=PIPELINE, remedy="Mend it first.")
    return document
