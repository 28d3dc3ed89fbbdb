"""A revision as a side of a comparison: a worktree of git's, with an environment of its own that has the same packages.

Worktrees and environments are kept below `.noxtasks/`, in places with a number. A place is the environment, and has the
worktree in it: in an environment pytest looks for no tests, even where it is told to look into hidden folders. A
session locks the place that it uses, so that another one on the same project takes another; what a session that was
killed has left there is made anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import types
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from noxtasks.bench import environment
from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.evidence import vcs
from noxtasks.suite import elsewhere, git, process
from noxtasks.suite.launch import Suite

FOLDER = vcs.OURS / "bench"
GIT = ("git", "-c", "core.hooksPath=/dev/null")

_TIMEOUT_S = 900.0
_KEPT = 4  # places: as many as a bisection has at once; more only while sessions use them at the same time
_SUBMODULE = b"160000"
_READY, _BROUGHT = "ready", "brought"
_INI = "pytest.ini"
_TEST = re.compile(r"(test_.*|.*_test)\.py$")
_FOLDERS_OF_TESTS = frozenset(
    {"test", "tests", "testing", "bench", "benches", "benchmark", "benchmarks", "benchmarking", "perf", "performance"}
)


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A revision, ready to run."""

    revision: str
    suite: Suite
    top: Path  # of the repository
    tree: Path  # the worktree, which has all of it


def revision(root: Path, name: str, *, where: str) -> str:
    """The commit that `name` means. Raises `ConfigurationError` where it means none."""
    ask = git.output_in(root)
    found = ask(("git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"))
    if found:
        return found.decode().strip()
    _prefix(root)
    remedy = "Name a branch, a tag or a commit; a branch that is only there, not here, is called origin/NAME."
    if is_shallow(root):
        remedy = f"{UNSHALLOW} Then name a branch (origin/NAME where it is only there), a tag or a commit."
    raise ConfigurationError(f"git knows no revision {name!r}", where=where, remedy=remedy)


UNSHALLOW = (
    "This clone is shallow, it has but the last commits: git fetch --unshallow --tags, or, with actions/checkout,"
    " fetch-depth: 0."
)


def is_shallow(root: Path) -> bool:
    """Whether the clone lacks what came before some commit."""
    return git.output_in(root)(("git", "rev-parse", "--is-shallow-repository")) == b"true\n"


@contextmanager
def make_ready(new: Suite, name: str, *, install_setting: tuple[str, ...], where: str) -> Iterator[Side]:
    """Check out the revision `name` of the project in `new.root`, and install it beside the packages that `new` has.

    It is the block's own until that is left. What was made for an earlier comparison of the same is used again. `where`
    is the option that names the revision. Raises `ConfigurationError` where there is none, `NotMeasuredError` where git
    or pip fail.
    """
    commit, inside = revision(new.root, name, where=where), _prefix(new.root)
    top = _top(new.root)
    described = environment.describe(new.python)
    paths = [str(new.python), *map(str, described.packages)]
    key = json.dumps([commit, *paths, environment.others(described, top), install_setting])
    with _place(new.root, key) as base:
        tree = base / "tree"
        if not (_is_ready(base, key) and _is_restored(base, commit)):
            _clear(new.root, base)
            with _said(base), _whole_or_gone(new.root, base):
                _check_out(new.root, tree, commit)
                if not (tree / inside).is_dir():
                    raise NotMeasuredError(f"there is no folder {inside.as_posix()} at {commit}", where=where)
                environment.copied(new.python, base, top=top, tree=tree, inside=inside, install_setting=install_setting)
            (base / _READY).write_text(key, "utf-8")
        os.utime(base / _READY)
        suite = Suite(
            root=tree / inside,
            python=environment.interpreter(base),
            pytest_args=new.pytest_args,
            extra_args=new.extra_args,
            entries=_entries(top, tree),
        )
        yield Side(revision=commit, suite=suite, top=top, tree=tree)


def bring(
    tests: Iterable[str], source: Path, top: Path, side: Side, files: Mapping[str, Path] = types.MappingProxyType({})
) -> list[str]:
    """Give `side` the files with benchmarks from the project in `source`, and what belongs to them.

    That is the conftests above them, and in a folder of tests all that is no test itself: the benchmarks are to do the
    same on both sides, and their helpers and data may be new, or have changed with them.

    `top` is that of the repository or worktree that `source` is in, `files` says where tests stand. Where nothing in
    the tree configures pytest, it also gets the `pytest.ini` there, or one that says nothing: pytest would look for
    another in the folders around the tree. Gives those that differed, but for a configuration.
    """
    asked = (files.get(test) or _found(test.partition("::")[0], source, top) for test in tests)
    found = {path for path in asked if path is not None and path.is_relative_to(top)}
    conftests = {folder / "conftest.py" for path in found for folder in path.parents if folder.is_relative_to(top)}
    wanted = found | {path for path in conftests if path.is_file()} | set(_beside(found, top))
    contents = {path.relative_to(top): path.read_bytes() for path in sorted(wanted)}
    differing = {path: content for path, content in contents.items() if _content(side.tree / path) != content}
    written = differing | _configuration(source, top, side)
    record = side.tree.parent / _BROUGHT
    with record.open("a", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(path.as_posix())}\n" for path in written)
    for path, content in written.items():
        (side.tree / path).parent.mkdir(parents=True, exist_ok=True)
        (side.tree / path).unlink(missing_ok=True)  # a link would be written through
        (side.tree / path).write_bytes(content)
    return [path.as_posix() for path in differing]


def within(side: Side, paths: tuple[str, ...]) -> Side:
    """The side without those of `paths`, arguments of pytest's, that it lacks: pytest would not begin."""
    root, suite = side.suite.root, side.suite
    lacking = {path for path in paths if not (root / path.partition("::")[0]).exists()}
    arguments = tuple(each for each in suite.pytest_args if each not in lacking)
    return msgspec.structs.replace(side, suite=msgspec.structs.replace(suite, pytest_args=arguments))


@contextmanager
def bookkeeping(root: Path, commit: str) -> Iterator[Path]:
    """A worktree without files, for what git writes down there alone; removed when the block is left."""
    with _place(root, "") as base:
        _clear(root, base)
        try:
            run_git(root, "worktree", "add", "--force", "--no-checkout", "--detach", str(base / "tree"), commit)
            yield base / "tree"
        finally:
            _clear(root, base)


def run_git(folder: Path, *arguments: str, **more: str) -> str:
    """What git says in `folder`, with `more` in its environment. Raises `NotMeasuredError` where it fails."""
    argv = [*GIT, *arguments]
    done = process.run(argv, cwd=folder, env={**git.environment(), **more}, timeout_s=_TIMEOUT_S)
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise NotMeasuredError("git fails", where=" ".join(argv), remedy=f"It said:\n{said}")
    return done.stdout


def _prefix(root: Path) -> Path:
    """Where the project lies in its repository."""
    found = git.output_in(root)(("git", "rev-parse", "--show-prefix"))
    if found is None:
        raise NotMeasuredError(
            "there is no git repository to take other code from",
            where=str(root),
            remedy="Compare with a stored baseline instead, without --against.",
        )
    return Path(os.fsdecode(found).removesuffix("\n") or ".")


def _top(root: Path) -> Path:
    """The top of the repository that `root` is in."""
    return root.joinpath(*[".."] * len(_prefix(root).parts)).resolve()


@contextmanager
def _said(where: Path) -> Iterator[None]:
    """What keeps files from being made, as an error that says so."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)[:500]
        remedy = "Is there room on the disk, and may .noxtasks/ be written to?"
        raise NotMeasuredError(f"the old code cannot be laid out: {said}", where=str(where), remedy=remedy) from error


@contextmanager
def _place(root: Path, key: str) -> Iterator[Path]:
    """A folder that no other session uses: one made for `key`, one with a new number, or the one unused longest."""
    folder = root / FOLDER
    with _said(folder):
        folder.mkdir(parents=True, exist_ok=True)
        ignoring = root / vcs.OURS / ".gitignore"
        if not ignoring.exists():  # or `git add --all` would add the worktree
            ignoring.write_text("*\n", "utf-8")
    for base in _places(folder, key):
        lock = FileLock(folder / f"{base.name}.lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            continue
        try:
            base.mkdir(exist_ok=True)
            yield base
        finally:
            lock.release()
        return


def _places(folder: Path, key: str) -> Iterator[Path]:
    made = [path for path in folder.iterdir() if path.is_dir() and path.name.isdecimal()]
    free = (folder / str(number) for number in count(1) if folder / str(number) not in made)
    yield from (path for path in made if _is_ready(path, key))
    yield from (next(free) for _ in range(_KEPT - len(made)))
    yield from sorted((path for path in made if not _is_ready(path, key)), key=_last_used)
    yield from free


def _is_ready(base: Path, key: str) -> bool:
    return bool(key) and _content(base / _READY) == key.encode()


def _last_used(base: Path) -> float:
    try:
        return (base / _READY).stat().st_mtime
    except OSError:
        return 0.0


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _is_restored(base: Path, commit: str) -> bool:
    """Take away what an earlier session has brought; whether that could be done."""
    tree = base / "tree"
    for line in (_content(base / _BROUGHT) or b"").splitlines():
        with suppress(OSError, ValueError):
            (tree / json.loads(line)).unlink()
    try:
        run_git(tree, "checkout", "--force", "--detach", commit)
    except NotMeasuredError:
        return False
    (base / _BROUGHT).unlink(missing_ok=True)
    return True


@contextmanager
def _whole_or_gone(root: Path, base: Path) -> Iterator[None]:
    """Leave nothing half made: git, killed while it adds a worktree, leaves that locked."""
    try:
        yield
    except BaseException:
        _clear(root, base)
        raise


def _clear(root: Path, base: Path) -> None:
    """Remove all that is in `base`; and what git knows of the worktree there, and of no other one."""
    for path in base.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    git.output_in(root)(("git", "worktree", "remove", "--force", "--force", str(base / "tree")))


def _check_out(root: Path, tree: Path, commit: str) -> None:
    run_git(root, "worktree", "add", "--force", "--detach", str(tree), commit)
    _check_out_submodules(_top(root), tree, commit)


def _check_out_submodules(top: Path, tree: Path, commit: str) -> None:
    """Fill the submodules that are filled in the new tree, from there: nothing is fetched, nor written to a config."""
    listed = git.output_in(top)(("git", "ls-tree", "-r", "-z", "--full-tree", commit)) or b""
    for entry in listed.split(b"\0"):
        if not entry.startswith(_SUBMODULE):
            continue
        head, _, name = entry.partition(b"\t")
        path, wanted = Path(os.fsdecode(name)), head.split()[2].decode()
        if not (top / path / ".git").exists():
            continue  # the new code does without it, too
        if git.output_in(top / path)(("git", "cat-file", "-e", f"{wanted}^{{commit}}")) is None:
            raise NotMeasuredError(
                f"the submodule {path} lacks the commit {wanted}",
                where=str(top / path),
                remedy=f"Fetch it: git -C {path} fetch origin {wanted}",
            )
        index = str(tree.parent / "index")
        (tree / path).mkdir(parents=True, exist_ok=True)
        place = ("--work-tree", str(tree / path))
        run_git(top / path, *place, "read-tree", wanted, GIT_INDEX_FILE=index)
        run_git(top / path, *place, "checkout-index", "--all", "--force", GIT_INDEX_FILE=index)
        _check_out_submodules(top / path, tree / path, wanted)


def _entries(top: Path, tree: Path) -> tuple[Path, ...]:
    """What stands in for folders of the new tree on PYTHONPATH, and comes before them."""
    given = (Path(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry)
    absolute = (path.resolve() for path in given if path.is_absolute())
    return tuple(tree / path.relative_to(top) for path in absolute if path.is_relative_to(top))


def _found(name: str, source: Path, top: Path) -> Path | None:
    """The file of a test: pytest names it from its root, which may lie above the project."""
    folders = (folder for folder in (source, *source.parents) if folder.is_relative_to(top))
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def _beside(found: Iterable[Path], top: Path) -> Iterator[Path]:
    """The files in the folders of tests that those of `found` lie in, but for tests."""
    folders = {folder for path in found if (folder := _of_tests(path, top)) is not None}
    for path in vcs.files(top, git.output_in(top), (vcs.OURS,)) if folders else ():
        whole = top / path
        is_in_one = any(whole.is_relative_to(folder) for folder in folders)
        if is_in_one and not _TEST.match(path.name) and whole.is_file() and not whole.is_symlink():
            yield whole


def _of_tests(path: Path, top: Path) -> Path | None:
    """The outermost folder around a file that is called as folders of tests are."""
    above = [folder for folder in path.parents if folder.is_relative_to(top) and folder != top]
    return next((folder for folder in reversed(above) if folder.name.lower() in _FOLDERS_OF_TESTS), None)


def _configuration(source: Path, top: Path, side: Side) -> dict[Path, bytes]:
    """What `side` needs as a configuration of pytest's, or pytest would find that of the new tree above it."""
    within = (folder for folder in (side.suite.root, *side.suite.root.parents) if folder.is_relative_to(side.tree))
    if any(elsewhere.configures(folder) for folder in within):
        return {}
    above = [folder for folder in (source, *source.parents) if folder.is_relative_to(top)]
    root = next((folder for folder in above if elsewhere.configures(folder)), source)
    return {root.relative_to(top) / _INI: _content(root / _INI) or b"[pytest]\n"}
