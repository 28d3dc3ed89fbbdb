"""Names in a tree that differ in upper and lower case alone, and imports that are spelt otherwise than the file is."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from noxtasks.matrix.lint.model import Candidate, Kind
from noxtasks.suite.source import Source


def clashes(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Paths, each with the one before it that differs in case alone; of folders, the folders themselves."""
    seen: dict[str, str] = {}
    told: set[str] = set()
    for path in sorted(paths):
        for part in (*reversed(PurePosixPath(path).parents), PurePosixPath(path)):
            name = str(part)
            first = seen.setdefault(name.casefold(), name)
            if first != name and name not in told:
                told.add(name)
                if not any(str(above) in told for above in part.parents):
                    yield name, first


class Modules:
    """The modules of a project by their names without case."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._exact: set[str] = set()
        self._folded: dict[str, set[str]] = defaultdict(set)
        for path in paths:
            if path.endswith(".py"):
                parts = PurePosixPath(path.removesuffix(".py")).parts
                parts = parts[:-1] if parts and parts[-1] == "__init__" else parts
                for start in range(len(parts)):
                    dotted = ".".join(parts[start:])
                    self._exact.add(dotted)
                    self._folded[dotted.casefold()].add(dotted)

    def candidates(self, source: Source) -> Iterator[Candidate]:
        """Imports whose module is there in another case alone."""
        for node in source.nodes:
            match node:
                case ast.Import(names=names):
                    modules = [each.name for each in names]
                case ast.ImportFrom(module=str(module), level=0):
                    modules = [module]
                case _:
                    continue
            for module in modules:
                if "." in module and module not in self._exact and (near := self._folded.get(module.casefold())):
                    yield Candidate(kind=Kind.LETTER_CASE, node=node, what=f"{module}, which is {min(near)}")
