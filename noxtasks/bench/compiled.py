"""Whether both sides are compiled alike: extension modules on the one side alone look like a change of the code.

The old code is built when it is compared, the new one was built some time before: perhaps with other tools or
variables, or before its sources were last edited. So it is looked at what the first pair of processes has imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path

import msgspec

from noxtasks.bench import environment
from noxtasks.bench.sides import Side
from noxtasks.errors import NotMeasuredError
from noxtasks.evidence import vcs
from noxtasks.suite import git

_NATIVE = frozenset({".pyx", ".c", ".cc", ".cpp", ".cxx", ".rs", ".f", ".f90", ".zig", ".nim"})
_BUILT = frozenset({".so", ".pyd"})
_OF_MYPYC = "__mypyc"  # a module beside those that it compiles, with a hash as its name
_REMEDY = (
    "Build both alike: install the project into the environment again, with the tools and variables of this session,"
    " and have the other code built again, too: rm -r .noxtasks/bench"
)


class Place(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Where the code of one side comes from."""

    which: str  # old or new
    tree: Path  # all of the repository
    prefix: Path  # of its environment, which may lie in the tree, or around it
    installed: frozenset[Path]  # files of what was installed from the tree
    is_working_tree: bool

    def own(self, modules: Mapping[str, str]) -> dict[str, Path]:
        """Of the extension modules that were imported, by name, those of the project."""
        found = {name: Path(path).resolve() for name, path in modules.items() if not name.endswith(_OF_MYPYC)}
        return {name: path for name, path in found.items() if path in self.installed or self._has(path)}

    def _has(self, path: Path) -> bool:
        is_packaged = self.prefix.is_relative_to(self.tree) and path.is_relative_to(self.prefix)
        return path.is_relative_to(self.tree) and not is_packaged

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """What git knows in the tree, or would add."""
        return tuple(vcs.files(self.tree, git.output_in(self.tree), (vcs.OURS,)))

    def sources(self, name: str) -> list[Path]:
        """What the module is compiled from, as far as names tell; of one that nothing is named after, all there is."""
        native = [path for path in self.files if path.suffix in _NATIVE]
        return [path for path in native if path.stem == _stem(name)] or native

    def has_built(self, name: str, path: Path, other: Place) -> bool:
        """Whether the module, which `other` has at `path`, is here too, and was only not imported."""
        beside = self.tree / path.relative_to(other.tree).parent if path.is_relative_to(other.tree) else None
        candidates = [*self.installed, *(beside.glob(f"{_stem(name)}.*") if beside is not None else ())]
        return any(each.suffix in _BUILT and each.name.partition(".")[0] == _stem(name) for each in candidates)


def place(which: str, python: Path, tree: Path, *, is_working_tree: bool) -> Place:
    """The side that `python` runs, with the code of `tree`."""
    described, tree = environment.describe(python), tree.resolve()
    return Place(
        which=which,
        tree=tree,
        prefix=described.prefix.resolve(),
        installed=environment.installed_from(described, tree),
        is_working_tree=is_working_tree,
    )


def of_side(which: str, side: Side) -> Place:
    """A revision."""
    return place(which, side.suite.python, side.tree, is_working_tree=False)


def differences(old: Place, new: Place, in_old: Mapping[str, str], in_new: Mapping[str, str]) -> tuple[str, ...]:
    """What to know of the extension modules that the two sides have imported, by name, with their files.

    Raises `NotMeasuredError` where one side has compiled what the other has as a source alone.
    """
    mine, others = new.own(in_new), old.own(in_old)
    notes = []
    for has, lacks, modules, known in ((old, new, others, mine), (new, old, mine, others)):
        for name in sorted(modules.keys() - known.keys()):
            if lacks.has_built(name, modules[name], has):
                continue
            if source := _not_compiled(name, modules[name], lacks):
                raise NotMeasuredError(
                    f"the {has.which} code has the compiled module {name}, and the {lacks.which} code has not",
                    where=str(lacks.tree / source),
                    remedy=_REMEDY,
                )
            notes.append(f"the {has.which} code has the compiled module {name}, the {lacks.which} code no source of it")
    return (*notes, *stale(new, in_new))


def stale(of: Place, modules: Mapping[str, str]) -> tuple[str, ...]:
    """Which compiled modules of the working tree are older than what they are compiled from."""
    if not of.is_working_tree:
        return ()
    notes = []
    for name, path in sorted(of.own(modules).items()):
        built_s = _written_s(path)
        newer = [source for source in of.sources(name) if _written_s(of.tree / source) > built_s]
        if newer:
            when = datetime.fromtimestamp(built_s).astimezone()
            notes.append(
                f"{name} was compiled {when:%Y-%m-%d %H:%M:%S}, before {_first(newer)} was last written: "
                "compile it again, or it is not that code which is timed"
            )
    return tuple(notes)


def _not_compiled(name: str, path: Path, lacks: Place) -> Path | None:
    """The source in the tree of a side that lacks a module which the other has at `path`."""
    if (path.parent / f"{_stem(name)}.py").is_file():  # by mypyc, or Cython: it is its own source
        return next((each for each in lacks.files if each.name == f"{_stem(name)}.py"), None)
    return next(iter(lacks.sources(name)), None)


def _stem(name: str) -> str:
    return name.rpartition(".")[2]


def _first(paths: Iterable[Path]) -> str:
    return min(path.as_posix() for path in paths)


def _written_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
