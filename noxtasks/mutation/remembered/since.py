"""`--since REV`: the mutants of what has changed since, by content and not by lines.

What counts is what this branch and the working tree have changed, so the files are held against those of the newest
commit that both REV and HEAD go back to. A function has changed where its code differs from that of the function of
its name in the same file then; a test, where its code differs, or what it shares with its file, a conftest above it, or
a module of the project that its file imports and that is no source.

Of a file that is gone nobody can tell what its tests ran. As changed count the functions that it names, alone or by
their class, and those of modules that it imports.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from noxtasks.evidence import bases
from noxtasks.evidence.bases import Base
from noxtasks.evidence.vcs import Run, git
from noxtasks.mutation.model import Baseline, Mutant
from noxtasks.mutation.remembered import content
from noxtasks.mutation.remembered.surroundings import Project

_SHA1_LENGTH = 40


def find(root: Path, revision: str, run: Run) -> Base:
    """The commit that HEAD and `revision` go back to. Raises `ConfigurationError` where there is none."""
    return bases.find(root, revision, run, where="--since", without="Without --since all mutants are tried.")


def before(root: Path, base: Base, project: Project, run: Run) -> dict[str, bytes | None]:
    """The Python files that differ from those at `base`, by path, with what they were; None for one that was not.

    Those that are gone are among them.
    """
    listed = git(run, root, "ls-tree", "-r", "-z", base.commit, "--", ".") or b""
    blobs = {}
    for line in listed.split(b"\0"):
        about, _, path = line.partition(b"\t")
        if path:
            blobs[os.fsdecode(path)] = about.split()[-1].decode("ascii")
    now = {path: data for path, data in project.data.items() if path.endswith(".py")}
    changed = [path for path, data in now.items() if _blob(data, blobs.get(path, "")) != blobs.get(path)]
    gone = [path for path in blobs if path.endswith(".py") and path not in now]
    return {
        path: git(run, root, "show", f"{base.commit}:./{path}") if path in blobs else None for path in (*changed, *gone)
    }


def _blob(data: bytes, like: str) -> str:
    """The name that git has for a content, by the digest that `like` was made with."""
    name = "sha1" if len(like) <= _SHA1_LENGTH else "sha256"
    return hashlib.new(name, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def chosen(
    mutants: Iterable[Mutant], baseline: Baseline, project: Project, old: Mapping[str, bytes | None]
) -> tuple[Mutant, ...]:
    """The mutants of functions that have changed, or that a test runs which has, or may have run that is gone."""
    mutants = tuple(mutants)
    changed_tests = _changed_tests(baseline, project, old, {mutant.path for mutant in mutants})
    changed = {path: _changed_functions(path, project, old[path], mutants) for path in old}
    gone = [was for path, was in old.items() if was is not None and path not in project.data]
    imported = frozenset[str]().union(*map(content.imports, gone))
    named = content.words("\n".join(was.decode("utf-8", "replace") for was in gone))
    return tuple(
        mutant
        for mutant in mutants
        if mutant.function in changed.get(mutant.path, ())
        or not changed_tests.isdisjoint(baseline.covering.get(mutant.key, ()))
        or not named.isdisjoint(mutant.function.split("."))
        or _module_name(PurePosixPath(mutant.path)) in imported
    )


def _module_name(path: PurePosixPath) -> str:
    return path.parent.name if path.name == "__init__.py" else path.stem


def _changed_functions(path: str, project: Project, was: bytes | None, mutants: Iterable[Mutant]) -> set[str]:
    names = {mutant.function for mutant in mutants if mutant.path == path}
    if was is None or not names:
        return names
    now, then = content.read_source(project.data[path], names).functions, content.read_source(was, names).functions
    return {name for name in names if name not in now or now[name] != then.get(name)}


def _changed_tests(
    baseline: Baseline, project: Project, old: Mapping[str, bytes | None], sources: set[str]
) -> frozenset[str]:
    names = content.by_file(baseline.durations_s)
    others = {PurePosixPath(path) for path in old if path not in sources and path not in names}
    conftests = {path.parent for path in others if path.name == "conftest.py"}
    helpers = {_module_name(path) for path in others}
    changed = {path: own for path, own in names.items() if _is_shaken(path, project, conftests, helpers)}
    for path, own in names.items():
        if path in old and path not in changed:
            changed[path] = _changed_in(project.data[path], old[path], own)
    return frozenset(
        test
        for test in baseline.durations_s
        if content.test_name(test)[1] in changed.get(content.test_name(test)[0], ())
    )


def _is_shaken(path: str, project: Project, conftests: set[PurePosixPath], helpers: set[str]) -> bool:
    """Whether something has changed that all tests in the file may rest on."""
    if not conftests.isdisjoint(PurePosixPath(path).parents):
        return True
    return path in project.data and not helpers.isdisjoint(content.imports(project.data[path]))


def _changed_in(data: bytes, was: bytes | None, names: set[str]) -> set[str]:
    if was is None:
        return names
    now, then = content.read_tests(data, names), content.read_tests(was, names)
    return {name for name in names if now.digest(name) != then.digest(name)}
