"""The jobs of CI, our own and those that `noxtasks init` writes: they say what there is, and may do little."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from noxtasks.cli import build_parser
from noxtasks.governance import ci
from noxtasks.governance.pyproject import PYTHONS
from noxtasks.matrix import expected
from noxtasks.sessions import OBJECTIVES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OURS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITHUB, GITLAB = (ci.TEMPLATES / f"{host.value}.yml" for host in ci.Host)
WORKFLOWS = [*OURS, GITHUB]
REFERENCES = [
    (path.name, line.strip())
    for path in WORKFLOWS
    for line in path.read_text("utf-8").splitlines()
    if " uses: " in line
]
OBJECTIVE = {objective.name: objective for objective in OBJECTIVES}


def document(path: Path) -> dict[Any, Any]:
    loaded = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in WORKFLOWS:
        for name, job in document(path)["jobs"].items():
            yield f"{path.name}: {name}", job


JOBS = dict(jobs())


def scripts() -> Iterator[tuple[str, str]]:
    """Each script, and where it stands; lines that a user may take in are among them."""
    for name, job in JOBS.items():
        yield from ((name, step["run"]) for step in job["steps"] if "run" in step)
    for name, job in document(GITLAB).items():
        yield from ((f"gitlab.yml: {name}", line) for line in [*job.get("before_script", []), *job.get("script", [])])
    for path in (*OURS, GITHUB, GITLAB):
        found = re.findall(r"^ *# - (?:run: )?(n.*)$", path.read_text("utf-8"), re.MULTILINE)
        yield from ((f"{path.name}: a comment", line) for line in found)


def commands() -> Iterator[tuple[str, list[str]]]:
    for where, script in scripts():
        for line in script.splitlines():
            for part in line.split("||"):
                words = shlex.split(part, comments=True)
                if words and words[0] in {"nox", "noxtasks"}:
                    yield where, words


COMMANDS = list(commands())


def test_there_are_commands_of_both_kinds_and_all_jobs() -> None:
    assert {words[0] for _, words in COMMANDS} == {"nox", "noxtasks"}
    assert {where.partition(":")[0] for where, _ in COMMANDS} == {"bench.yml", "ci.yml", "github.yml", "gitlab.yml"}


@pytest.mark.parametrize(("where", "words"), COMMANDS, ids=[f"{where}: {' '.join(words)}" for where, words in COMMANDS])
def test_every_command_names_sessions_and_commands_that_there_are(where: str, words: list[str]) -> None:
    if words[0] == "noxtasks":
        assert build_parser().parse_args(words[1:]).command
        return
    own = {} if where.startswith("git") else own_sessions()
    assert words[1] == "-s"
    sessions, _, arguments = " ".join(words[2:]).partition(" -- ")
    for session in sessions.split():
        assert session in {*OBJECTIVE, *own}
        if session in OBJECTIVE and arguments:
            assert build_parser().parse_args([session, *shlex.split(arguments)]).command


def own_sessions() -> set[str]:
    """The sessions that our noxfile has beside the objectives."""
    tree = ast.parse((ROOT / "noxfile.py").read_text("utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {each.name for each in functions if any(ast.unparse(one) == "nox.session" for one in each.decorator_list)}


@pytest.mark.parametrize(("name", "line"), REFERENCES)
def test_every_action_is_pinned_by_its_commit_with_its_version_beside_it(name: str, line: str) -> None:
    assert re.fullmatch(r"(?:- )?uses: [\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)


def test_an_action_is_the_same_wherever_it_is_used() -> None:
    used: dict[str, set[str]] = {}
    for _, line in REFERENCES:
        action, _, version = line.partition("uses: ")[2].partition("@")
        used.setdefault("/".join(action.split("/")[:2]), set()).add(version)
    assert [action for action, versions in used.items() if len(versions) > 1] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_one_run_waits_for_the_other_or_takes_its_place(path: Path) -> None:
    said = document(path)
    assert said["permissions"] == {"contents": "read"}
    assert {"group", "cancel-in-progress"} == set(said["concurrency"])


@pytest.mark.parametrize("name", JOBS)
def test_a_job_ends_and_keeps_no_credentials_and_runs_nothing_where_it_may_write(name: str) -> None:
    job = JOBS[name]
    assert job["timeout-minutes"] <= 60
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    if "permissions" in job:
        assert job["permissions"] == {"contents": "read", "security-events": "write"}
        assert [step for step in job["steps"] if "run" in step] == []
        assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]


@pytest.mark.parametrize(("where", "script"), list(scripts()))
def test_no_expression_is_put_into_a_script(where: str, script: str) -> None:
    assert "${{" not in script


@pytest.mark.parametrize("path", [ROOT / ".github" / "workflows" / "ci.yml", GITHUB], ids=lambda path: path.name)
def test_what_is_uploaded_is_what_is_downloaded_and_each_cell_has_a_name_of_its_own(path: Path) -> None:
    steps = {name: job["steps"] for name, job in document(path)["jobs"].items()}
    ups = {
        name: [s["with"]["name"] for s in each if "upload-artifact@" in s.get("uses", "")]
        for name, each in steps.items()
    }
    downs = {
        name: [s["with"] for s in each if "download-artifact@" in s.get("uses", "")] for name, each in steps.items()
    }
    cells, evidence = (name for name, names in ups.items() if names and name != "gates")
    assert ups[cells] == ["cell-${{ matrix.os }}-${{ matrix.python }}"]
    assert set(document(path)["jobs"]["gates"]["needs"]) == {cells, evidence}
    assert {each.get("name") or each["pattern"] for each in downs["gates"]} == {"cell-*", *ups[evidence]}
    assert downs["code-scanning"] == [{"name": "gates", "path": "reports"}]


ORDER = ["matrix", "ladder", "governance", "gates", "bundle"]
"""Each looks at what those before it have written, and the archive has it all."""


@pytest.mark.parametrize("of", ["ci.yml: gates", "github.yml: gates", "gitlab.yml: noxtasks gates"])
def test_what_is_measured_is_judged_before_it_is_bundled(of: str) -> None:
    called = [words[2] if words[0] == "nox" else words[1] for where, words in COMMANDS if where == of]
    assert called == ORDER


@pytest.mark.parametrize("path", [ROOT / ".github" / "workflows" / "ci.yml", GITHUB], ids=lambda path: path.name)
def test_gates_that_fail_are_bundled_and_uploaded_too(path: Path) -> None:
    steps = document(path)["jobs"]["gates"]["steps"]
    (bundle,) = [number for number, step in enumerate(steps) if step.get("run") == "noxtasks bundle"]
    assert all(step["if"] == "${{ !cancelled() }}" for step in steps[bundle:])
    assert "upload-artifact@" in steps[-1]["uses"]


def test_gates_that_fail_are_bundled_for_gitlab_too_and_still_end_the_job() -> None:
    *_, gates, bundle, end = document(GITLAB)["noxtasks gates"]["script"]
    assert (gates, bundle, end) == ("noxtasks gates || judged=$?", "noxtasks bundle", 'exit "${judged:-0}"')


@pytest.mark.parametrize("path", [*WORKFLOWS, GITLAB], ids=lambda path: path.name)
def test_no_job_signs_by_itself(path: Path) -> None:
    lines = [line.strip() for line in path.read_text("utf-8").splitlines() if "--sign" in line]
    assert all(line.startswith("#") for line in lines)


def test_our_matrix_covers_the_systems_and_interpreters_that_the_readme_and_the_package_say() -> None:
    said = re.search(r"on (Linux, Windows and macOS) with (Python 3[^.]*\.\d+ to 3\.\d+)", " ".join(README.split()))
    assert said
    systems = {each.lower() for each in re.split(r", | and ", said[1])}
    first, last = (int(each) for each in re.findall(r"3\.(\d+)", said[2]))
    versions = {f"3.{minor}" for minor in range(first, last + 1)}
    workflow = ROOT / PROJECT["tool"]["noxtasks"]["matrix"]["workflow"]
    assert set(expected.of_workflow(workflow)) == {
        f"{system}-{version}" for system, version in product(systems, versions)
    }
    classified = {each for each in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", each)}
    assert {each.rpartition(" ")[2] for each in classified} <= versions


def test_the_matrix_that_init_writes_is_the_one_that_it_says_to_expect() -> None:
    assert len(expected.of_workflow(GITHUB)) == 3 * len(PYTHONS)


def test_the_jobs_for_gitlab_need_jobs_that_there_are_and_show_the_gates() -> None:
    said = document(GITLAB)
    gates = said["noxtasks gates"]
    assert set(gates["needs"]) == said.keys() - {".noxtasks", "noxtasks gates"}
    assert gates["artifacts"]["reports"] == {"junit": "reports/quality.gates.xml"}
    cells = said["noxtasks cells"]
    (folder,) = cells["artifacts"]["paths"]
    assert f"reports={folder}$PYTHON" in cells["script"][0]
    assert f"matrix merge {folder.rstrip('/')} " in gates["script"][0]
    assert {job["extends"] for name, job in said.items() if name != ".noxtasks"} == {".noxtasks"}
