"""Which code was measured: the commit, whether the tree differs from it, and a name for exactly this state.

Rates are only comparable *at one code version*, so `code_version` has to change when any file of the project does, and
must not when our own output does. It is

- `COMMIT` for a clean tree;
- `COMMIT+dirty.SHA256` for a tree that differs: the digest covers the path, the kind and the content of every changed,
  deleted or untracked (not ignored) file, so it says what is there and not how git would print it;
- `tree.SHA256`, the same over all files, where there is no commit to start from.

In a repository that is larger than the project's folder, the commit is the whole repository's, and only changes inside
the folder make it dirty. Caches, virtual environments and what noxtasks itself writes are never counted; nor is what
`quarantine.toml` and `governance.yaml` say, which changes no test.

Processes are not started here: each function takes `run`, which gets an argument list and returns what the command
wrote to its standard output, as bytes, or None where it could not be started or failed. Its environment must not carry
`GIT_DIR` and the like, which a git hook sets.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import msgspec

Run = Callable[[Sequence[str]], bytes | None]

REPORTS = Path("reports")
OURS = Path(".noxtasks")
QUARANTINE = Path("quarantine.toml")
GOVERNANCE = Path("governance.yaml")
SKIPPED_FOLDERS = frozenset(
    {
        *(".git", ".hg", ".svn", ".jj", ".venv", ".nox", ".tox", ".noxtasks", ".eggs", "__pycache__", "node_modules"),
        *(".hypothesis", ".benchmarks", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache"),
    }
)
SKIPPED_FILES = ("*.pyc", ".coverage", ".coverage.*", ".DS_Store")
SKIPPED_BUILDS = ("build", "dist", "*.egg-info")  # only where they hold no package of the project's own

_INTERPRETER = re.compile(r"[a-z]*[0-9]+(\.[0-9]+)+t?", re.ASCII)  # 3.12, 3.13t, pypy3.10


class Vcs(msgspec.Struct, frozen=True, kw_only=True):
    """The commit (None before the first one), and whether the project's folder differs from it."""

    revision: str | None
    dirty: bool


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a project's code; `vcs` is None without a repository, and `notes` says what a reader should know."""

    vcs: Vcs | None
    code_version: str
    notes: tuple[str, ...] = ()


def code(root: Path, *, run: Run, reports: Path = REPORTS) -> Code:
    """The state of the code in the folder `root`; `reports` (relative to it) is where the artifacts go.

    Never fails for want of git: without it, or when git refuses, the tree's files identify the code.
    """
    ours = (_all_of(reports), OURS, QUARANTINE, GOVERNANCE)
    if not is_in_repository(root, run):
        return Code(vcs=None, code_version=_tree(root, walk(root, ours), run), notes=_why_nogit(root, run))
    revision = _line(git(run, root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"))
    changed = changes(root, run=run)
    if changed is None:
        note = "git could not say what has changed: the code is identified by the content of its files alone"
        return Code(vcs=None, code_version=_tree(root, walk(root, ours), run), notes=(note,))
    paths = {
        path
        for path, is_tracked in changed.items()
        if not is_in(path, ours) and (is_tracked or not is_skipped(root, path))
    }
    if revision is None:
        return Code(vcs=Vcs(revision=None, dirty=True), code_version=_tree(root, paths, run))
    if not paths:
        return Code(vcs=Vcs(revision=revision, dirty=False), code_version=revision)
    return Code(vcs=Vcs(revision=revision, dirty=True), code_version=f"{revision}+dirty.{_digest(root, paths, run)}")


def _all_of(reports: Path) -> Path:
    """The folder of all reports, where `reports` is that of one interpreter in it: the others write there, too."""
    return reports.parent if _INTERPRETER.fullmatch(reports.name) and reports.parent.name else reports


def changes(root: Path, *, run: Run) -> dict[Path, bool] | None:
    """What differs from the commit, relative to `root`, and whether git tracks it; None where git cannot say."""
    # Not `git diff`: that refreshes the index even when it is told to take no optional locks.
    options = ("--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=none")
    output = git(run, root, "status", *options, "--", ".")
    prefix = _line(git(run, root, "rev-parse", "--show-prefix")) or ""
    if output is None:
        return None
    entries = (os.fsdecode(entry) for entry in output.split(b"\0") if entry)
    return {Path(entry[3:].removeprefix(prefix)): not entry.startswith("??") for entry in entries}


def git(run: Run, root: Path, *arguments: str) -> bytes | None:
    """What git says in `root`; None where it fails."""
    # Asking must not write to the index of a repository in which the user may be working.
    return run(("git", "--no-optional-locks", "-C", str(root), *arguments))


def is_in_repository(root: Path, run: Run) -> bool:
    """Whether git knows `root` as code: not one of its own folders, nor one that it ignores as a whole."""
    if _line(git(run, root, "rev-parse", "--is-inside-work-tree")) != "true":
        return False
    if _line(git(run, root, "rev-parse", "--show-prefix")) is None:
        return True
    ignored = git(run, root, "check-ignore", "--quiet", "--", ".") is not None
    return not ignored or bool(git(run, root, "ls-files", "-z", "--cached", "--", "."))


def _why_nogit(root: Path, run: Run) -> tuple[str, ...]:
    repository = next((folder for folder in (root, *root.resolve().parents) if (folder / ".git").exists()), None)
    if repository is None:
        return ()
    if run(("git", "--version")) is None:
        return ("there is a repository but no git: the code is identified by the content of its files alone",)
    if _line(git(run, root, "rev-parse", "--is-inside-work-tree")) is not None:
        return ()  # readable, but the folder is ignored
    allow = f"git config --global --add safe.directory {repository.resolve()}"
    return (f"git refuses to read the repository; where it belongs to another user, allow it: {allow}",)


def _line(output: bytes | None) -> str | None:
    """One line of output; None where there is none."""
    return (os.fsdecode(output).removesuffix("\n") or None) if output is not None else None


def is_in(path: Path, folders: Iterable[Path]) -> bool:
    """Whether `path` is one of `folders`, or in one."""
    return any(path.is_relative_to(folder) for folder in folders)


def is_skipped(root: Path, path: Path) -> bool:
    """Whether an untracked file is a by-product, by its name or by a folder that it is in."""
    if any(fnmatch(path.name, pattern) for pattern in SKIPPED_FILES):
        return True
    return any(_is_skipped_folder(root / folder, at_top=folder.parent == Path()) for folder in _folders_of(path))


def _folders_of(path: Path) -> Iterator[Path]:
    return (parent for parent in (path, *path.parents) if parent != Path())


def _is_skipped_folder(folder: Path, *, at_top: bool) -> bool:
    if folder.name in SKIPPED_FOLDERS or (folder / "pyvenv.cfg").exists():
        return True
    built = at_top and any(fnmatch(folder.name, pattern) for pattern in SKIPPED_BUILDS)
    return built and folder.is_dir() and not (folder / "__init__.py").exists()


def files(root: Path, run: Run, ours: Sequence[Path] = ()) -> Iterator[Path]:
    """The files of the project, relative to `root`, but for those in `ours`; one may be named twice, or be gone.

    They are what git knows or would add, in submodules too; without git, all but by-products.
    """
    listed = None
    if is_in_repository(root, run):
        listed = run(("git", "-C", str(root), "ls-files", "-z", "--stage", "--", "."))
        untracked = run(("git", "-C", str(root), "ls-files", "-z", "-o", "--exclude-standard", "--", "."))
    if listed is None or untracked is None:
        yield from walk(root, ours)
        return
    tracked = (Path(os.fsdecode(entry.split(b"\t", 1)[1])) for entry in listed.split(b"\0") if entry)
    others = (Path(os.fsdecode(entry)) for entry in untracked.split(b"\0") if entry)
    for path in (*tracked, *(path for path in others if not is_skipped(root, path))):
        if is_in(path, ours):
            continue
        if _is_folder(root / path):  # a submodule, or a repository of its own inside this one
            yield from (path / inner for inner in _inner(root / path, run))
        else:
            yield path


def _inner(folder: Path, run: Run) -> Iterator[Path]:
    # An empty folder, where a submodule was not checked out, would answer with the files of the repository around it.
    return files(folder, run) if (folder / ".git").exists() else iter(())


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def walk(root: Path, ours: Iterable[Path]) -> Iterator[Path]:
    """Every file under `root` that counts, relative to it; links are not followed."""
    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root)
        links = [name for name in folders if (root / here / name).is_symlink()]
        folders[:] = [
            name
            for name in folders
            if name not in links
            and not is_in(here / name, ours)
            and not _is_skipped_folder(root / here / name, at_top=here == Path())
        ]
        yield from (
            here / name
            for name in (*names, *links)
            if not (is_in(here / name, ours) or any(fnmatch(name, skip) for skip in SKIPPED_FILES))
        )


def _tree(root: Path, paths: Iterable[Path], run: Run) -> str:
    return f"tree.{_digest(root, paths, run)}"


def _digest(root: Path, paths: Iterable[Path], run: Run) -> str:
    """SHA-256 over path, kind and content of each; every part is preceded by its length, so none runs into another."""
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda path: os.fsencode(path.as_posix())):
        for part in (os.fsencode(path.as_posix()), *_content(root / path, run)):
            total.update(b"%d:" % len(part))
            total.update(part)
    return total.hexdigest()


def _content(path: Path, run: Run) -> tuple[bytes, bytes]:
    """What stands at `path`: its kind, and what identifies the content. Only regular files are opened."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return b"link", os.fsencode(path.readlink())
        if stat.S_ISDIR(mode):  # a submodule, or a repository of its own inside this one
            return b"repository", code(path, run=run).code_version.encode()
        if not stat.S_ISREG(mode):
            return b"special", b""
        return b"executable" if mode & stat.S_IXUSR else b"file", _file_digest(path)
    except (FileNotFoundError, NotADirectoryError):
        return b"absent", b""
    except PermissionError:
        return b"unreadable", b""


def _file_digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
