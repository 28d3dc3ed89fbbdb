"""Which sources a tier is to cover: what the settings name, else what the project's build or layout say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path

import msgspec

from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.ladder import coverage_py, globs, tiers
from noxtasks.ladder.model import Name, Tier
from noxtasks.suite import declared, sources
from noxtasks.suite.sources import Source, Sources


class Scopes(msgspec.Struct, frozen=True, kw_only=True):
    """What all tiers are to cover together, and each by itself: paths from the root."""

    together: Sources
    of_tiers: dict[Name, frozenset[str]]


def locate(root: Path, paths: Collection[str], asked: Sequence[Tier], settings: coverage_py.Settings) -> Scopes:
    """The sources among `paths`, the project's files. Where none are named, coverage.py's own settings may limit them.

    Raises `ConfigurationError` for a pattern that means no Python file, `NotMeasuredError` where nothing is found.
    """
    code = sorted(path for path in paths if path.endswith(".py"))
    named = {tier.name: _named(tier, code) for tier in asked if tier.scope}
    lost = [error for tier in asked if tier.scope for error in _lost(tier, code)]
    if lost:
        raise ConfigurationError.all_of(lost)
    found = _found(root, paths) if len(named) < len(asked) else None
    if found is not None:
        found = coverage_py.within(found, settings, root)
        if not found.files:
            raise NotMeasuredError(
                "no source to cover was found",
                where=str(root),
                remedy='Name the files, folders or globs: tool.noxtasks.ladder.scope = ["src/shop/**"]',
            )
    usual = frozenset(source.path for source in found.files) if found else frozenset()
    of_tiers = {tier.name: named.get(tier.name, usual) for tier in asked}
    return Scopes(together=_together(found, frozenset[str]().union(*named.values()), root, paths), of_tiers=of_tiers)


def _named(tier: Tier, code: Collection[str]) -> frozenset[str]:
    return frozenset(path for pattern in tier.scope for path in globs.meant(pattern, code))


def _lost(tier: Tier, code: Collection[str]) -> list[ConfigurationError]:
    said = tiers.SETTINGS[tier.name]
    return [
        ConfigurationError(
            f"no Python file is meant by {pattern!r}",
            where=f"tool.noxtasks.ladder.scope, of {said}",
            remedy=_near(pattern, code),
        )
        for pattern in tier.scope
        if not globs.meant(pattern, code)
    ]


def _near(pattern: str, code: Collection[str]) -> str:
    folders = {str(parent) for path in code for parent in Path(path).parents} - {"."}
    near = get_close_matches(pattern, sorted(folders | set(code)), n=1)
    return f"Did you mean {near[0]}?" if near else "Name files, folders or globs from the project's root."


def _found(root: Path, paths: Collection[str]) -> Sources:
    return sources.find(paths, declared.gather(root), sources.declared_within(root, paths))


def _together(found: Sources | None, named: Collection[str], root: Path, paths: Collection[str]) -> Sources:
    """What was found and what was named; imports start where they do for the one and for the other."""
    usual = found or _found(root, paths)
    known = {source.path: source for source in _found(root, paths).files} if named else {}
    strange = sorted(set(named) - set(known))
    also = sources.find(strange, declared.gather(root), named=strange) if strange else None
    known.update((source.path, source) for source in (*(also.files if also else ()), *(found.files if found else ())))
    wanted = {*named, *(source.path for source in (found.files if found else ()))}
    return Sources(
        files=tuple(sorted(known.get(path) or _unknown(path) for path in wanted)),
        entries=tuple(sorted({*usual.entries, *(also.entries if also else ())})),
        folders=usual.folders,
        found_by=usual.found_by if found else "ladder.scope",
    )


def _unknown(path: str) -> Source:
    """A file that would not be taken for a source, as a generated one, and is named for all that."""
    return Source(path=path, module=path.removesuffix(".py").replace("/", "."))
