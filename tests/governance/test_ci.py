"""The jobs that `noxtasks init` writes: for the CI that the project has, on its interpreters, beside what is there."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from noxtasks.cli import build_parser
from noxtasks.errors import ConfigurationError
from noxtasks.governance import ci
from noxtasks.governance.ci import Host
from noxtasks.governance.pyproject import PYTHONS

INCLUDE = "include:\n  - local: /.gitlab/noxtasks.yml\n"


def jobs(host: Host, present: dict[str, str | None], pythons: tuple[str, ...] = PYTHONS) -> dict[str, str]:
    return ci.written(host, {**dict.fromkeys(ci.files(host)), **present}, pythons)


@pytest.mark.parametrize(
    ("present", "remotes", "host"),
    [
        ([], "", Host.GITHUB),
        ([".github", "src"], "", Host.GITHUB),
        ([".gitlab-ci.yml"], "", Host.GITLAB),
        ([".gitlab-ci.yml"], "origin\tgit@github.com:a/b.git (fetch)\n", Host.GITLAB),
        ([".github"], "origin\thttps://gitlab.com/a/b (fetch)\n", Host.GITHUB),
        ([".github", ".gitlab-ci.yml"], "", Host.GITHUB),
        ([".github", ".gitlab-ci.yml"], "origin\tgit@gitlab.com:a/b.git (fetch)\n", Host.GITLAB),
        ([], "origin\tgit@gitlab.example.org:a/github.git (fetch)\n", Host.GITLAB),
        ([], "origin\tssh://git@gitlab.com:22/a/b (fetch)\n", Host.GITLAB),
        ([], "origin\thttps://me:secret@gitlab.com/a/b (fetch)\n", Host.GITLAB),
        ([], "origin\thttps://github.com/gitlab/b (fetch)\n", Host.GITHUB),
        ([], "origin\t/srv/gitlab/b (fetch)\n", Host.GITHUB),
    ],
)
def test_the_files_say_whose_ci_it_is_and_else_the_remotes(present: list[str], remotes: str, host: Host) -> None:
    assert ci.host(present, remotes) is host


@pytest.mark.parametrize("host", list(Host))
def test_the_jobs_run_on_the_interpreters_of_the_project_and_what_needs_one_on_the_newest(host: Host) -> None:
    text = jobs(host, {}, ("3.11", "3.12"))[ci.files(host)[0]]
    assert '["3.11", "3.12"]' in text
    assert "3.14" not in text
    assert ("python:3.12" in text) == (host is Host.GITLAB)
    assert ('python-version: "3.12"' in text) == (host is Host.GITHUB)


@pytest.mark.parametrize("host", list(Host))
def test_the_command_line_knows_each_of_them(host: Host) -> None:
    assert build_parser().parse_args(["init", "--ci", host.value]).ci == host.value


@pytest.mark.parametrize("host", list(Host))
def test_jobs_that_are_there_stay(host: Host) -> None:
    mine = dict.fromkeys(ci.files(host), "mine: {script: make}\ninclude: [.gitlab/noxtasks.yml]\n")
    assert jobs(host, dict(mine)) == mine


@pytest.mark.parametrize(
    ("present", "after"),
    [
        (None, INCLUDE),
        ("\n", "\n" + INCLUDE),
        ("test:\n  script: make\n", "test:\n  script: make\n\n" + INCLUDE),
        ("test:\r\n  script: make", "test:\r\n  script: make\r\n\r\n" + INCLUDE.replace("\n", "\r\n")),
        ("a: !reference [.b, c]\n", "a: !reference [.b, c]\n\n" + INCLUDE),
        ("spec:\n  inputs: {}\n---\na: 1\n", "spec:\n  inputs: {}\n---\na: 1\n\n" + INCLUDE),
        ("include:\n  - local: a.yml\n", INCLUDE + "  - local: a.yml\n"),
        (
            "include: # ours\n- local: a.yml\n- b.yml\na: 1\n",
            "include: # ours\n- local: /.gitlab/noxtasks.yml\n- local: a.yml\n- b.yml\na: 1\n",
        ),
        ("include:\n  - local: .gitlab/noxtasks.yml\n", "include:\n  - local: .gitlab/noxtasks.yml\n"),
    ],
)
def test_a_pipeline_gets_one_line_and_keeps_the_others(present: str | None, after: str) -> None:
    assert ci.included(present) == after
    assert ci.included(after) == after


@pytest.mark.parametrize(
    "present", ["include: a.yml\n", "include: [a.yml]\n", "include:\n  local: a.yml\n", "{a: 1}\n"]
)
def test_a_pipeline_that_takes_no_line_is_named_with_what_to_do(present: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\.gitlab-ci\.yml: .*\n *Add `- local: /\.gitlab/noxtasks\.yml`"):
        ci.included(present)


@pytest.mark.parametrize("present", ["a: [\n", "- a\n", "a: b: c\n", "text\n"])
def test_what_is_no_pipeline_is_to_be_mended_first(present: str) -> None:
    with pytest.raises(ConfigurationError, match="Mend it first"):
        ci.included(present)


@pytest.mark.parametrize(
    ("pipeline", "stage"),
    [
        (None, "test"),
        ("a: 1\n", "test"),
        ("stages: [build, test]\n", "test"),
        ("stages: [build, unit-tests, ship]\n", "unit-tests"),
        ("stages: [build, ship]\n", "ship"),
        ("stages: !reference [.x, stages]\n", "test"),
    ],
)
def test_the_jobs_run_in_a_stage_that_the_pipeline_has(pipeline: str | None, stage: str) -> None:
    document: dict[str, Any] = yaml.safe_load(jobs(Host.GITLAB, {ci.PIPELINE: pipeline})[ci.JOBS])
    assert document[".noxtasks"]["stage"] == stage


def test_the_cells_that_should_leave_a_record_are_said() -> None:
    assert ci.cells(Host.GITHUB, PYTHONS) == ('workflow = ".github/workflows/noxtasks.yml"',)
    assert ci.cells(Host.GITLAB, ("3.12", "3.13")) == ('cells = ["linux-3.12", "linux-3.13"]',)
