"""Carries the consolidation out: edits, a collection that proves that they break nothing, or all as it was."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from noxtasks.errors import NotMeasuredError
from noxtasks.markers import python
from noxtasks.markers.assembly import Said
from noxtasks.markers.migration import expressions, plan, proof, transaction
from noxtasks.markers.migration.model import Change, Unchanged
from noxtasks.markers.model import Consolidation, Marker, Merge, Registration, Removal, Target
from noxtasks.markers.texts import registrations
from noxtasks.markers.tree import decoded
from noxtasks.suite import marking
from noxtasks.suite.edits import Edit
from noxtasks.suite.launch import Suite
from noxtasks.suite.marking import Marking

_PYTHON = (".py", ".pyi")
_TOLD = 20  # differences


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What was done: the plan as it was carried out, the files, and the renamings that had to be given up."""

    plan: Consolidation
    edits: tuple[Edit, ...]
    given_up: tuple[Unchanged, ...]


def carry_out(
    root: Path,
    *,
    suites: Sequence[Suite],
    content: Mapping[str, bytes],
    said: Said,
    markers: Sequence[Marker],
    consolidation: Consolidation,
    before: Sequence[Marking],
    reports: Path,
    timeout_s: float,
) -> Applied:
    """Edit the files, and let every suite collect again.

    `content` holds the project's files, and `before` what each of `suites` saw in them. Raises `NotMeasuredError`
    where that was not all, so that nothing could be proven, and with all that has come out otherwise; and as
    `transaction.carried_out` does. The files are as they were then.
    """
    incomplete = [each.reason for each in before if not each.is_complete]
    if not before or incomplete:
        raise NotMeasuredError(
            f"that an edit breaks nothing cannot be proven: {'; '.join(incomplete) or 'pytest has not collected'}",
            where="noxtasks markers --apply",
            remedy="Let pytest collect all tests first: without --static, and within markers.collect_timeout.",
        )
    edits, change, given_up = _edits(content, said, markers, consolidation)
    stays = {each.marker for each in given_up}
    done = msgspec.structs.replace(
        consolidation,
        target=tuple(_targets(consolidation, change, [marker for marker in markers if marker.name in stays])),
        merges=tuple(_merge_as_done(merge, change) for merge in consolidation.merges),
        removals=tuple(_removal_as_done(removal, change) for removal in consolidation.removals),
        added=change.added,
    )
    if edits:
        with transaction.carried_out(root, edits, reports=reports):
            _prove(suites, change, before, timeout_s)
    return Applied(plan=done, edits=tuple(edits), given_up=given_up)


def _edits(
    content: Mapping[str, bytes], said: Said, markers: Sequence[Marker], consolidation: Consolidation
) -> tuple[Sequence[Edit], Change, tuple[Unchanged, ...]]:
    """The edits, without what has a place that nobody can be certain of."""
    change = Change(
        removed=consolidation.removed,
        renamed=consolidation.renamed,
        added=consolidation.added,
        described=consolidation.described,
    )
    given_up: list[Unchanged] = []
    while True:
        planned = plan.edits_of(content, change, said.selectors, said.references)
        unchanged = [each for each in planned.unchanged if each.marker in change.renamed]
        unchanged += _remaining(content, planned.edits, said, markers, change.removed)
        if not unchanged:
            return planned.edits, change, tuple(given_up)
        given_up += unchanged
        blocked = {each.marker for each in unchanged}
        change = msgspec.structs.replace(
            change,
            renamed={old: new for old, new in change.renamed.items() if old not in blocked},
            removed=change.removed - blocked,
            added={name: text for name, text in change.added.items() if name not in _only_for(blocked, change)},
        )


def _only_for(blocked: Collection[str], change: Change) -> set[str]:
    """The new names that no marker gets but those of `blocked`."""
    others = {new for old, new in change.renamed.items() if old not in blocked}
    return {new for old, new in change.renamed.items() if old in blocked} - others


def _remaining(
    content: Mapping[str, bytes],
    edits: Sequence[Edit],
    said: Said,
    markers: Sequence[Marker],
    removed: Collection[str],
) -> list[Unchanged]:
    """The registrations of `removed` markers that the edits leave: code computes their names."""
    before = {(each.marker, each.path) for each in said.registrations}
    after = {(each.marker, each.path) for each in _registered({**content, **{edit.path: edit.after for edit in edits}})}
    return [
        Unchanged(
            marker=marker.name, path=each.path, line=each.line, why="the code that registers it computes its name"
        )
        for marker in markers
        if marker.name in removed
        for each in marker.registrations
        if (marker.name, each.path) in after or (marker.name, each.path) not in before
    ]


def _registered(content: Mapping[str, bytes]) -> list[Registration]:
    texts = {path: decoded(text) for path, text in content.items() if not path.endswith(_PYTHON)}
    code = python.read({path: text for path, text in content.items() if path.endswith(_PYTHON)})
    return [*registrations.read(texts).found, *code.registrations]


def _targets(consolidation: Consolidation, change: Change, staying: Sequence[Marker]) -> Iterator[Target]:
    """The set that is reached: without the new names that were given up, and with what stays for that."""
    gone = consolidation.added.keys() - change.added.keys()
    yield from (each for each in consolidation.target if each.name not in gone)
    for marker in staying:
        yield Target(name=marker.name, term=marker.term, description=marker.description, is_new=False)


def _removal_as_done(removal: Removal, change: Change) -> Removal:
    if removal.is_decided and removal.marker not in change.removed:
        return msgspec.structs.replace(removal, is_decided=False, reason="the code that registers it computes its name")
    return removal


def _merge_as_done(merge: Merge, change: Change) -> Merge:
    if merge.is_decided and merge.old not in change.renamed:
        return msgspec.structs.replace(merge, is_decided=False, reason="a use of it cannot be renamed with certainty")
    return merge


def _prove(suites: Sequence[Suite], change: Change, before: Sequence[Marking], timeout_s: float) -> None:
    found: list[str] = []
    for suite, was in zip(suites, before, strict=True):
        asked = [(option, expressions.renamed(text, change)) for option, text in was.selections if option == "-m"]
        with tempfile.TemporaryDirectory(prefix="nx", ignore_cleanup_errors=True) as scratch:
            now = marking.observe_everywhere(suite, Path(scratch), expressions=asked, timeout_s=timeout_s)
        if not now.is_complete:
            found.append(f"pytest does not collect any more: {now.reason}")
            continue
        differences = proof.differences(
            change,
            before=_markers(was),
            after=_markers(now),
            selected_before=_selected(was),
            selected_after=_selected(now),
        )
        found += map(str, differences)
    if found:
        more = [f"and {len(found) - _TOLD} more"] if len(found) > _TOLD else []
        raise NotMeasuredError(
            "\n  ".join(("something would be otherwise; every file is as it was", *found[:_TOLD], *more)),
            where="noxtasks markers --apply",
            remedy="Take what stands in the way out of markers.rename, or mend it by hand.",
        )


def _markers(seen: Marking) -> dict[str, frozenset[str]]:
    return {test.test: test.after for test in seen.tests}


def _selected(seen: Marking) -> dict[str, frozenset[str]]:
    """What each expression of `-m` selects; without those that pytest cannot read, as they have parts filled in."""
    return {
        text: frozenset(seen.tests[index].test for index in selection.tests)
        for (option, text), selection in seen.selections.items()
        if option == "-m" and not selection.error
    }
