"""Sets a project up: shows what would change, asks, and writes all of it or nothing. Nothing is ever overwritten."""

from __future__ import annotations

import difflib
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from noxtasks.errors import ConfigurationError, ExitCode, InterruptedRunError, NotMeasuredError
from noxtasks.governance import noxfile, pyproject, rules


def run(root: Path, *, yes: bool, answers: TextIO) -> ExitCode:
    """Write what the project in `root` needs to run the sessions, after a yes (or with `yes`).

    Raises `ConfigurationError` for files that cannot be read as what they are, or where nobody can be asked, and
    `NotMeasuredError` where a file cannot be written; nothing is written then.
    """
    before = {name: _read(root / name) for name in (noxfile.NAME, pyproject.NAME, rules.WORKFLOW, rules.IGNORED)}
    after = {
        noxfile.NAME: noxfile.registered(before[noxfile.NAME]),
        pyproject.NAME: pyproject.configured(before[pyproject.NAME]),
        rules.WORKFLOW: rules.workflow(before[rules.WORKFLOW]),
        rules.IGNORED: rules.ignored(before[rules.IGNORED]),
    }
    changes = {name: text for name, text in after.items() if text is not None and text != before[name]}
    for name in (name for name in before if name not in changes and before[name] is not None):
        print(f"{name}: stays as it is")
    if not changes:
        print("noxtasks is set up here.")
        return ExitCode.NOTHING_FOUND
    for name, text in changes.items():
        print(_diff(name, before[name], text), end="")
    if not yes and not _agreed(answers):
        print("Nothing was written.")
        return ExitCode.NOTHING_FOUND
    _write_all(root, before, changes)
    print(f"Written: {', '.join(changes)}. Try: nox --list")
    return ExitCode.NOTHING_FOUND


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"it cannot be read: {error}", where=str(path), remedy="Mend it first.") from error


def _diff(name: str, before: str | None, after: str) -> str:
    old = "/dev/null" if before is None else f"a/{name}"
    lines = difflib.unified_diff(
        (before or "").splitlines(keepends=True), after.splitlines(keepends=True), old, f"b/{name}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _agreed(answers: TextIO) -> bool:
    if not answers.isatty():
        raise ConfigurationError("there is no terminal to ask on", where="noxtasks init", remedy="Say yes with --yes.")
    print("Write this? [y/N] ", end="", flush=True)
    try:
        return answers.readline().strip().lower() in ("y", "yes")
    except KeyboardInterrupt as error:
        raise InterruptedRunError("interrupted; nothing was written") from error


def _write_all(root: Path, before: dict[str, str | None], changes: dict[str, str]) -> None:
    """Stage every file beside its place, then rename them all; put back what was renamed before one failed."""
    paths = {(root / name).resolve(): name for name in changes}
    done: list[Path] = []
    with ExitStack() as stack:
        try:
            staged = [(_staged(path, changes[name], stack), path) for path, name in paths.items()]
            _check_unchanged({name: (_read(path), before[name]) for path, name in paths.items()})
            for temporary, path in staged:
                temporary.replace(path)
                done.append(path)
        except BaseException as error:
            for path in done:
                _put_back(path, before[paths[path]])
            if isinstance(error, OSError):
                raise NotMeasuredError(
                    f"it cannot be written: {error.strerror}", where=str(error.filename), remedy="Nothing was changed."
                ) from error
            raise


def _check_unchanged(contents: dict[str, tuple[str | None, str | None]]) -> None:
    for name, (now, before) in contents.items():
        if now != before:
            raise ConfigurationError("it has changed meanwhile", where=name, remedy="Run noxtasks init again.")


def _put_back(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text.encode("utf-8"))


def _staged(path: Path, text: str, stack: ExitStack) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    stack.callback(temporary.unlink, missing_ok=True)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8"))
    temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
    return temporary
