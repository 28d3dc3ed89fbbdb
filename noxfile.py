"""The repository's own sessions: the objectives on its own suite, and its tests, lint and types."""

from __future__ import annotations

from pathlib import Path

import nox
from nox.project import dependency_groups, load_toml

import noxtasks

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["markers", "flake"]

PROJECT = load_toml("pyproject.toml")
TEMPLATES = "noxtasks/governance/templates"
WORKFLOWS = [*map(str, sorted(Path(".github/workflows").glob("*.yml"))), f"{TEMPLATES}/github.yml"]

noxtasks.register()


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, in random order on all cores, and show the branches that they miss."""
    install(session, "test")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-n", "auto", *session.posargs)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, the layers, and the jobs of CI: ours, and those that `noxtasks init` writes."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")
    session.run("zizmor", "--offline", "--quiet", *WORKFLOWS, ".github/dependabot.yml")
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    session.run("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", f"{TEMPLATES}/gitlab.yml")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site of the documentation, where a warning is an error; `serve`: show it, and what changes in it."""
    install(session, "docs")
    command = session.posargs or ["build"]
    session.run("mkdocs", *command, env={"NO_MKDOCS_2_WARNING": "1"})  # what is to come is no fault of a page


@nox.session
def workflows(session: nox.Session) -> None:
    """Check the expressions, contexts and scripts in the jobs for GitHub; needs GitHub to install actionlint."""
    install(session, "workflows")
    session.run("actionlint", *WORKFLOWS)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    install(session, "types")
    session.run("mypy")


@nox.session
def speed(session: nox.Session) -> None:
    """Time `flake` beside what else there is; `mutants`, `waiting`, `suites`, `page`: others; `gate`: check `bench`."""
    session.install("-e", ".", "uv", *(["playwright"] if session.posargs[:1] == ["page"] else []))
    script, arguments = "speed", session.posargs
    if arguments[:1] in (["mutants"], ["gate"], ["waiting"], ["suites"], ["page"]):
        script, *arguments = arguments
    session.run("python", f"benchmarks/{script}.py", *arguments)


def install(session: nox.Session, group: str) -> None:
    """Install this project, editable, with one of its dependency groups."""
    session.install("-e", ".", *dependency_groups(PROJECT, group))
