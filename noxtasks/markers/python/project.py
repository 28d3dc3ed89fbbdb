"""The project's modules: parsed when somebody asks for one, and found by the names that imports give them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath

from noxtasks.markers.python.source import decoded, parsed
from noxtasks.markers.python.syntax import Module


class Project:
    """Every Python file, parsed at most once."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.unread: set[str] = set()
        self._modules: dict[str, Module | None] = {}
        self._with_word: dict[str, list[str]] = {}
        self._by_last: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        for path in files:
            parts = _dotted(path)
            self._by_last[parts[-1] if parts else ""].append((parts, path))

    def module(self, path: str) -> Module | None:
        """The file's syntax; None, and `unread` says so, where it cannot be parsed."""
        if path not in self._modules:
            text = decoded(self.files[path])
            tree = parsed(text)
            if tree is None:
                self.unread.add(path)
            self._modules[path] = None if tree is None else Module(path, tree, text)
        return self._modules[path]

    def paths_with(self, word: str) -> list[str]:
        """The files in whose text the word stands, however many."""
        if word not in self._with_word:
            needle = word.encode()
            self._with_word[word] = [path for path, data in self.files.items() if needle in data]
        return self._with_word[word]

    def modules_with(self, word: str) -> list[Module]:
        """The modules in whose text the word stands."""
        return [module for path in self.paths_with(word) if (module := self.module(path)) is not None]

    def resolve(self, name: str, *, importer: str, level: int = 0) -> list[str]:
        """The files that an import may mean: nobody knows what is on the path, so the end of a file's path will do."""
        asked = tuple(part for part in name.split(".") if part)
        if level:
            package = PurePosixPath(importer).parts[:-1]
            package = package[: len(package) - (level - 1)] if level > 1 else package
            exact = [path for parts, path in self._named((*package, *asked)) if parts == (*package, *asked)]
            if exact or not asked:
                return exact
        if not asked:
            return []
        candidates = self._named(asked)
        whole = [path for parts, path in candidates if parts[-len(asked) :] == asked]
        return whole or [path for parts, path in candidates if parts and asked[-len(parts) :] == parts]

    def imported(self, module: Module, statement: ast.AST, alias: ast.alias) -> tuple[list[str], list[str]]:
        """What an import names: files that it is, and files of which it takes the name."""
        if isinstance(statement, ast.ImportFrom):
            base = statement.module or ""
            dotted = f"{base}.{alias.name}" if base else alias.name
            as_module = self.resolve(dotted, importer=module.path, level=statement.level)
            return as_module, self.resolve(base, importer=module.path, level=statement.level)
        name = alias.name if alias.asname else alias.name.partition(".")[0]
        return self.resolve(name, importer=module.path), []

    def _named(self, parts: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
        return self._by_last.get(parts[-1] if parts else "", [])


def _dotted(path: str) -> tuple[str, ...]:
    pure = PurePosixPath(path)
    parts = (*pure.parts[:-1], pure.stem)
    return parts[:-1] if parts[-1] == "__init__" else parts
