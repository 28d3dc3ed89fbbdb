"""Reads every file of the project, and puts together what all kinds of them say of its markers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from noxtasks.markers import assembly, origins, plugins, python
from noxtasks.markers.assembly import Said, Seen
from noxtasks.markers.model import Reference, Selector
from noxtasks.markers.python import PythonReading
from noxtasks.markers.rules import Corpus
from noxtasks.markers.texts import commands, papers, registrations
from noxtasks.markers.texts.commands import CommandReading
from noxtasks.markers.texts.registrations import Registrations
from noxtasks.markers.tree import Run, Tree, read_tree


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """The files, and what was read in them. `texts` was read for the markers `names`."""

    tree: Tree
    configured: Registrations
    code: PythonReading
    texts: CommandReading
    names: frozenset[str]

    def known(self, seen: Seen | None) -> frozenset[str]:
        """The markers of the project, by the files and by what pytest saw."""
        return assembly.names((*self.configured.found, *self.code.registrations), self.code.references, seen)

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """All expressions of `-m` and `-k`."""
        return (*self.code.selectors, *self.texts.selectors)

    @property
    def unread(self) -> tuple[str, ...]:
        """The files that could not be read as what they are."""
        return (*self.configured.unread, *self.code.unread, *self.tree.left_out)

    def said(self, names: Collection[str], more: Sequence[Reference] = ()) -> Said:
        """All that the files say of the markers `names`, and `more` that is known of them."""
        tree, code = self.tree, self.code
        texts = self.texts if self.names.issuperset(names) else commands.read(tree.texts, names)
        return Said(
            registrations=(*self.configured.found, *plugins.by_code(code.registrations, tree.texts, tree.python)),
            references=(*code.references, *texts.references, *papers.read(tree.texts, names), *more),
            selectors=(*code.selectors, *texts.selectors),
            sites=(*code.sites, *texts.sites),
            of_plugins=plugins.registered(tree.texts, tree.python),
        )

    def corpus(self, names: Collection[str], said: Said) -> Corpus:
        """Where names stand that computed ones may come from."""
        return origins.gather(
            names,
            said.sites,
            python=self.tree.python,
            texts=self.tree.texts,
            folders=self.tree.folders,
            strings=self.code.strings,
            data=self.texts.strings,
            registrations=said.registrations,
        )


def read(root: Path, run: Run, *, reports: str, exclude: Sequence[str]) -> Files:
    """Read the project in `root`, as `read_tree` finds its files."""
    tree = read_tree(root, run, reports=reports, exclude=exclude)
    configured = registrations.read(tree.texts)
    code = python.read(tree.python, folders=tree.folders)
    names = assembly.names((*configured.found, *code.registrations), code.references, None)
    return Files(tree=tree, configured=configured, code=code, texts=commands.read(tree.texts, names), names=names)
