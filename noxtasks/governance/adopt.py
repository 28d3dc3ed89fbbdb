"""Sets a project up: shows what would change, asks, and writes all of it or nothing. Nothing is ever overwritten."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TextIO

from noxtasks.errors import ConfigurationError, ExitCode, InterruptedRunError
from noxtasks.governance import ci, noxfile, pyproject, rules, template
from noxtasks.governance.ci import Host
from noxtasks.suite import edits, git
from noxtasks.suite.edits import Edit


def run(
    root: Path,
    *,
    yes: bool,
    answers: TextIO,
    host: Host | None = None,
    sessions: Collection[str] = (),
    with_governance: bool = False,
) -> ExitCode:
    """Write what the project in `root` needs to run the sessions, after a yes (or with `yes`).

    Its CI runs at `host`; without, that is found. `sessions` are the names of ours. In a folder below the root of a
    repository there are no jobs: they would not run there. `with_governance` there is a governance.yaml, too.

    Raises `ConfigurationError` for files that cannot be read as what they are, or where nobody can be asked, and
    `NotMeasuredError` where a file cannot be written; nothing is written then.
    """
    host = host or ci.host([path.name for path in root.iterdir()], _remotes(root))
    below = _prefix(root)
    jobs = () if below else ci.files(host)
    plan = (template.NAME,) if with_governance else ()
    looked_at = (noxfile.NAME, pyproject.NAME, *jobs, rules.IGNORED, *plan)
    before = {name: _read(root / name) for name in looked_at}
    after = _after(before, host if jobs else None, sessions)
    if with_governance and before[template.NAME] is None:
        after[template.NAME] = template.text()
    changes = [
        Edit(path=name, before=(before[name] or "").encode("utf-8"), after=text.encode("utf-8"))
        for name, text in after.items()
        if text is not None and text != before[name]
    ]
    names = [edit.path for edit in changes]
    for name in (name for name in before if name not in names and before[name] is not None):
        print(f"{name}: stays as it is")
    if below:
        print(f"The jobs of the CI are left out: they run from the root of the repository alone, and this is {below}")
    if not changes:
        print("noxtasks is set up here.")
        return ExitCode.NOTHING_FOUND
    print(edits.diff(changes), end="")
    if not yes and not _agreed(answers):
        print("Nothing was written.")
        return ExitCode.NOTHING_FOUND
    edits.write(root, changes)
    print(f"Written: {', '.join(names)}. Try: nox --list")
    if template.NAME in names:
        print(template.to_fill_in(template.text()))
    return ExitCode.NOTHING_FOUND


def _after(before: Mapping[str, str | None], host: Host | None, sessions: Collection[str]) -> dict[str, str | None]:
    """What each file should hold; None where it is not wanted. Without a `host` there are no jobs."""
    registered = noxfile.registered(before[noxfile.NAME], sessions)
    pythons = pyproject.pythons(before[pyproject.NAME])
    is_new = host is not None and before[ci.files(host)[0]] is None  # one that is there may have no matrix
    cells = ci.cells(host, pythons) if host is not None and is_new else ()
    jobs = ci.written(host, before, pythons, prefix=noxfile.prefix(registered)) if host is not None else {}
    return {
        noxfile.NAME: registered,
        pyproject.NAME: pyproject.configured(before[pyproject.NAME], cells=cells),
        **jobs,
        rules.IGNORED: rules.ignored(before[rules.IGNORED]),
    }


def _prefix(root: Path) -> str:
    """The folder as it is called from the root of its repository; empty there, and without a repository."""
    said = git.output_in(root)(("git", "rev-parse", "--show-prefix"))
    return (said or b"").decode("utf-8", "replace").strip()


def _remotes(root: Path) -> str:
    said = git.output_in(root)(("git", "remote", "-v"))
    return (said or b"").decode("utf-8", "replace")


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"it cannot be read: {error}", where=str(path), remedy="Mend it first.") from error


def _agreed(answers: TextIO) -> bool:
    if not answers.isatty():
        raise ConfigurationError("there is no terminal to ask on", where="noxtasks init", remedy="Say yes with --yes.")
    print("Write this? [y/N] ", end="", flush=True)
    try:
        return answers.readline().strip().lower() in ("y", "yes")
    except KeyboardInterrupt as error:
        raise InterruptedRunError("interrupted; nothing was written") from error
