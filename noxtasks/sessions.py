"""The nox sessions, one per objective: the only module that imports nox.

It is imported each time nox reads a noxfile, so what a session needs is imported when the session runs.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import nox

from noxtasks import config
from noxtasks.errors import ConfigurationError, NoxtasksError

_STOP_S = 30.0  # for an interrupted objective to stop its children and write what it has


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """A command of ours as a session. A first argument among `verbs` chooses the command of two words.

    Without one it is that of `verb`, where there is no command of one word.
    `needs` is installed beside the project, for experiments inside its environment. One that runs no test has no
    environment. One that `sees_all` looks at the reports of all interpreters together.
    """

    name: str
    title: str
    verbs: tuple[str, ...] = ()
    verb: str = ""
    needs: tuple[str, ...] = ()
    runs_tests: bool = True
    sees_all: bool = False


OBJECTIVES = (
    Objective(
        name="markers", title="Which markers are alive, and which can go without breaking anything?", verbs=("explain",)
    ),
    Objective(
        name="flake",
        title="Which tests are not deterministic, how often, and why?",
        verbs=("replay", "try", "quarantine"),
        needs=("freezegun",),
    ),
    Objective(name="determinism", title="What makes the suite unreproducible?"),
    Objective(
        name="mutation",
        title="Would the tests notice if the code were wrong?",
        verbs=("explain",),
        needs=("mutmut==3.8.1",),
    ),
    Objective(name="bench", title="Did it get slower, beyond noise?", verbs=("bisect",), needs=("pytest-benchmark",)),
    Objective(
        name="parallel",
        title="How much faster is it in parallel, what breaks there, and how far is the limit?",
        verbs=("conflicts",),
        needs=("pytest-xdist",),
    ),
    Objective(
        name="ladder",
        title="Which tier of coverage has the suite earned?",
        verbs=("explain",),
        needs=("coverage",),
    ),
    Objective(
        name="matrix",
        title="Does the suite behave the same on every OS and interpreter?",
        verbs=("record", "merge", "lint"),
        verb="record",
    ),
    Objective(name="governance", title="Does the project keep the rules that it has set itself?", runs_tests=False),
    Objective(name="gates", title="May this be merged, by what the others have measured?", runs_tests=False),
    Objective(name="dashboard", title="What does all of it say, on one page?", runs_tests=False, sees_all=True),
    Objective(
        name="bundle",
        title="Can anyone prove, later, what was measured?",
        verbs=("verify", "seal"),
        runs_tests=False,
    ),
)


def register(*, only: Sequence[str] | None, prefix: str, settings: dict[str, Any]) -> None:
    """Add the sessions of the objectives in `only` (of all by default), each named `prefix` + its name.

    A wrong setting or name ends the process with a message: nox would show a traceback of the user's noxfile instead.
    """
    try:
        _register(Path.cwd(), only, prefix, settings)
    except NoxtasksError as error:
        print(f"noxtasks: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from error


def _register(root: Path, only: Sequence[str] | None, prefix: str, settings: dict[str, Any]) -> None:
    overrides = config.from_keywords(settings)
    python = config.load(root, overrides).python
    chosen = _chosen(only)
    taken = nox.registry.get()
    for objective in chosen:
        name = f"{prefix}{objective.name}"
        if name in taken:
            raise ConfigurationError(
                f"the noxfile has a session {name} of its own",
                where="noxtasks.register()",
                remedy='Name ours otherwise, register(prefix="qa-"), or choose some of ours, register(only=[…]).',
            )
        nox.session(
            name=name,
            python=(list(python) or None) if objective.runs_tests else None,
            default=False,
            venv_backend=_backend(objective),
            download_python="never",
        )(_session(objective, root, overrides))


def _chosen(only: Sequence[str] | None) -> list[Objective]:
    known = {objective.name: objective for objective in OBJECTIVES}
    names = list(known) if only is None else [only] if isinstance(only, str) else list(only)
    unknown = [name for name in names if name not in known]
    if unknown or isinstance(only, str):
        from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

        near = get_close_matches([*unknown, *names][0], known, n=1)
        raise ConfigurationError(
            f"expected a list of objectives; got {only!r}",
            where="noxtasks.register(): only",
            remedy=f"Did you mean {near}?" if near else f"The objectives are {', '.join(known)}.",
        )
    return [known[name] for name in dict.fromkeys(names)]


def _backend(objective: Objective) -> str | None:
    """What makes the environment; None is what the user has chosen."""
    if not objective.runs_tests:
        return "none"
    return None if _has_chosen_backend() else "uv|virtualenv"


def _has_chosen_backend() -> bool:
    """Whether the user has said, before this, in which kind of environment sessions run."""
    return "NOX_DEFAULT_VENV_BACKEND" in os.environ or nox.options.default_venv_backend not in {None, "virtualenv"}


def _session(objective: Objective, root: Path, overrides: tuple[config.Override, ...]) -> Callable[[nox.Session], None]:
    def session_function(session: nox.Session) -> None:
        try:
            _run(session, objective, root, overrides)
        except NoxtasksError as error:
            session.error(str(error))

    session_function.__doc__ = objective.title
    return session_function


def _run(session: nox.Session, objective: Objective, root: Path, overrides: tuple[config.Override, ...]) -> None:
    posargs = list(session.posargs)
    verb = posargs.pop(0) if posargs and posargs[0] in objective.verbs else objective.verb
    command = [objective.name, verb] if verb else [objective.name]
    arguments = ["--root", str(root)]
    if session.venv_backend != "none":
        python = _interpreter(session)
        _install(session, root, overrides, python, objective.needs)
        arguments += ["--python", python]
    for override in overrides:
        arguments += ["-S", config.as_assignment(override)]
    settings = config.load(root, overrides)
    folders = [""]
    if (
        len(settings.python) > 1 and not objective.sees_all
    ):  # one folder of reports for each interpreter, or the last would replace the others'
        folders = [
            f"{settings.reports}/{python}" for python in ([session.python] if session.python else settings.python)
        ]
    failures = [
        failure
        for folder in folders
        if (
            failure := _ended(
                session, [*command, *arguments, *(["-S", f"reports={folder}"] if folder else []), *posargs]
            )
        )
    ]
    if failures:
        raise failures[0]


def _ended(session: nox.Session, words: Sequence[str]) -> nox.command.CommandFailed | None:
    """Run a command of ours; what nox says against it where it fails."""
    try:
        session.run(
            sys.executable,
            "-P",  # the user's project may have a module that is named like one of ours or of the standard library
            "-m",
            "noxtasks",
            *words,
            external=True,
            interrupt_timeout=_STOP_S,
            terminate_timeout=_STOP_S,
        )
    except nox.command.CommandFailed as failure:
        return failure
    return None


def _interpreter(session: nox.Session) -> str:
    """The session's Python, its links not followed: behind them it would not know its environment."""
    places = os.pathsep.join(session.bin_paths or ())
    return shutil.which("python", path=places) or str(Path(session.bin, "python"))


def _install(
    session: nox.Session, root: Path, overrides: tuple[config.Override, ...], python: str, needs: tuple[str, ...]
) -> None:
    from noxtasks.suite import install, process  # noqa: PLC0415 - no need of them to list sessions

    asked = process.run([python, "-c", "import sys; print(*sys.version_info[:2])"], cwd=root)
    major, minor = map(int, asked.stdout.split())
    plan = install.plan(root, install=config.load(root, overrides).install, version=(major, minor))
    for reason in plan.reasons:
        session.log(f"install: {reason}")
    for command in plan.commands:
        session.install(*command)
    if needs:
        session.install(*needs)
