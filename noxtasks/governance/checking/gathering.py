"""What a plan is held against: the repository's files, the artifacts, the events, and the names that there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from pathlib import Path, PurePosixPath

from noxtasks.config import GATES, Settings
from noxtasks.errors import ConfigurationError, EvidenceError
from noxtasks.evidence import artifacts, events, files, schemas, sums
from noxtasks.evidence.artifacts import Trouble
from noxtasks.evidence.events import EventType
from noxtasks.evidence.gating import documents
from noxtasks.governance import noxfile
from noxtasks.governance.checking import patterns, ratio, references
from noxtasks.governance.checking.model import Documents, Known, Listed, Log, Plan

_MOST_BYTES = 32 * 1024 * 1024  # of a file whose digest is taken
_LONGEST_NOXFILE = 256 * 1024  # characters: the parser takes seconds for as many
_OF_NO_OBJECTIVE = {EventType.GOVERNANCE_CHECKED, EventType.EVENT_LOG_MENDED}  # this check's own is no evidence
_HARMLESS = {Trouble.LEFTOVER, Trouble.INTERRUPTED}  # the artifact is whole


def content_in(root: Path) -> Callable[[str], bytes | None]:
    """A function that gives the bytes of a file of the repository; None where there is none, or it lies elsewhere."""

    def content(name: str) -> bytes | None:
        try:
            return None if refusal(root, name) else (root / name).read_bytes()
        except OSError:
            return None

    return content


def refusal(root: Path, name: str) -> str:
    """Why a file of the repository cannot be taken; empty where it can."""
    try:
        return _refusal(root.resolve(), name, (root / name).resolve())
    except OSError as error:
        return f"{name} cannot be read: {error.strerror}"
    except (ValueError, RuntimeError):  # a name with NUL, links in a circle
        return f"{name!r} leads to no file"


def _refusal(root: Path, name: str, path: Path) -> str:
    if PurePosixPath(name).is_absolute() or not path.is_relative_to(root):
        return f"{name} leads out of the repository"
    if path.is_dir():
        return f"{name} is a folder"
    if not path.is_file():
        return f"there is no file {name}" + (", and folders are parted by /" if "\\" in name else "")
    if path.stat().st_size > _MOST_BYTES:
        return f"{name} has more than {_MOST_BYTES // 1024**2} MiB"
    path.open("rb").close()
    return ""


def text_in(root: Path) -> Callable[[str], str | None]:
    """A function that gives the text of a file of the repository, as `content_in` gives its bytes."""
    content = content_in(root)

    def text(name: str) -> str | None:
        data = content(name)
        return None if data is None else data.decode("utf-8-sig", "replace")

    return text


def load(reports: Path, plan: Plan, *, code_version: str) -> Documents:
    """The artifacts that the plan, and the patterns, look into."""
    evidence = (references.parse(said.text) for each in plan.dimensions for said in each.evidence)
    named = (each.target for each in evidence if each.kind is references.Kind.ARTIFACT and not each.wrong)
    watched = (each.calm.artifact for each in plan.risks)
    always = (patterns.LADDER, ratio.TESTS, ratio.MUTATION)
    return documents.load(reports, [*named, *watched, *always], code_version=code_version)


def log(reports: Path) -> Log:
    """The events; where their chain is broken they say nothing of what came first."""
    if not (reports / events.NAME).is_file():
        return Log(refusal=f"there is no {events.NAME}")
    try:
        if found := events.verify(reports):
            return Log(refusal=f"{events.NAME}:{found[0].line}: {found[0].message}")
        told = tuple(each for each in events.read(reports) if each.type not in _OF_NO_OBJECTIVE)
    except EvidenceError as error:
        return Log(refusal=f"{events.NAME}: {error.message}")
    return Log(events=told, refusal="" if told else f"{events.NAME} tells of no objective yet")


def listed(reports: Path) -> Listed:
    """The digests of `SHA256SUMS`, and what its check has found, both by name."""
    if not (reports / sums.NAME).is_file():
        return Listed()
    wrong = {each.name: each.message for each in artifacts.verify(reports) if each.trouble not in _HARMLESS}
    with files.reading(reports):
        found = sums.parse((reports / sums.NAME).read_bytes())
    return Listed(digests={**found.digests, **found.announced}, wrong=wrong)


def known(root: Path, plan: Plan, settings: Settings, sessions: Collection[str], digests: Iterable[str]) -> Known:
    """The names that objectives may refer to: `sessions` are ours, and those of the noxfile are as good."""
    named = {each.artifact.text for each in plan.objectives if each.artifact}
    with_schema = {name for name in named if schemas.is_artifact(name)}
    own = text_in(root)(noxfile.NAME)
    try:
        theirs = noxfile.sessions(own, sessions) if own and len(own) <= _LONGEST_NOXFILE else ()
    except (ConfigurationError, RecursionError):  # nox says that better
        theirs = ()
    return Known(
        sessions=tuple(sorted({*sessions, *theirs})),
        gates=tuple(dict.fromkeys((*GATES, *settings.gates))),
        events=tuple(each.value for each in events.EventType),
        artifacts=tuple(sorted({*with_schema, *digests})),
    )
