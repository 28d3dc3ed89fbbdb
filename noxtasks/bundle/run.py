"""The story of `bundle`: see which milestones have their archive, make the next one, prove it, tell, and write."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text

from noxtasks.bundle import aar, archive, contents, emit, judging, on_github, sealing, signing, terminal, verifying
from noxtasks.bundle.archive import Written
from noxtasks.bundle.container import GZIP
from noxtasks.bundle.contents import Contents
from noxtasks.bundle.emit import Report
from noxtasks.bundle.milestones import MILESTONES
from noxtasks.bundle.model import Milestone
from noxtasks.bundle.proof import Proof
from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode
from noxtasks.evidence import events, files, provenance, sums, vcs
from noxtasks.evidence.display.console import open_console, print_notes
from noxtasks.evidence.gating.model import Document
from noxtasks.history import StoredSession, is_new, open_history
from noxtasks.stats import Verdict
from noxtasks.suite import git

_ENDINGS = (".tar.gz", ".tgz", ".tar")


def run(
    root: Path,
    settings: Settings,
    *,
    names: Sequence[str] = (),
    key: Path | None = None,
    environment: Mapping[str, str],
) -> ExitCode:
    """Bundle the evidence of the project in `root` for the milestones `names`, or for the one that is next.

    Gives `NOTHING_FOUND` where the archives were made: whether a milestone holds is told by figures. Raises
    `ConfigurationError`, `NotMeasuredError` where there is nothing to bundle, and `EvidenceError` where something is
    not as it was written, or cannot be written.
    """
    root, now = root.resolve(), datetime.now(UTC)
    reports = root / settings.reports
    chosen, time = _named(names), archive.time_of(environment)
    signed_by = signing.load(key) if key else None
    code = vcs.code(root, run=git.output_in(root), reports=Path(settings.reports))
    print_notes((*code.notes, *(signed_by.notes if signed_by else ())))
    proofs, notes = present(reports)
    written: list[Written] = []
    for milestone in chosen or (_next(proofs),):
        policy = contents.policy(milestone, _before(milestone, proofs), [each.name for each in MILESTONES])
        written.append(archive.write(reports, policy, key=signed_by, time=time))
        proofs[milestone.name] = written[-1].proof
    prepared = _prepared(written[-1].contents, proofs)
    bundled = [each.judged.milestone.name for each in written]
    if (about := written[-1].proof.code_version) != code.code_version:
        notes.append(f"the evidence is about other code than that of now: {about}, now {code.code_version}")
    report = Report(
        judged=judging.judge(MILESTONES, prepared, today=written[-1].contents.chain.day),
        archives=tuple(proofs[each.name] for each in MILESTONES if each.name in proofs),
        made=tuple(each.proof for each in written),
        missing=judging.missing([each for each in MILESTONES if each.name in bundled], prepared),
        notes=tuple(notes),
    )
    told = provenance.gather(
        session_id=provenance.new_session_id(now, secrets.token_bytes(provenance.ENTROPY_BYTES)),
        created=now,
        code=code,
        settings=settings,
        tools={},
    )
    project = settings.project_name(root)
    emit.tell(reports, project, report, artifact=emit.write(reports, report, provenance=told), provenance=told)
    after = aar.made(report.judged, prepared, list(events.read(reports)), recorded=_recorded(root, settings, project))
    emit.tell_after(reports, project, aar.write(reports, after, provenance=told), provenance=told)
    terminal.print_report(report, folder=settings.reports)
    on_github.tell(report)
    return ExitCode.NOTHING_FOUND


def _recorded(root: Path, settings: Settings, project: str) -> list[StoredSession] | None:
    """The sessions of the history; None where there is none yet, which is not made for this."""
    url = settings.history_url(root)
    if is_new(url):
        return None
    with open_history(url) as history:
        return history.sessions(project)


def verify(path: Path, *, key: Path | None = None) -> ExitCode:
    """Tell whether an archive is what it was when it was made, or a document what it was when it was sealed.

    Gives `FOUND` where it is not. Raises `ConfigurationError` where there is no such file or the key is none, and
    `NotMeasuredError` where it can be neither.
    """
    if not path.is_file():
        raise ConfigurationError("it is no file" if path.exists() else "there is no such file", where=str(path))
    if not _is_archive(path):
        if key is not None:
            raise ConfigurationError("a sealed document has no signature", where="--key")
        seal = sealing.verify(path)
        console = open_console()
        for line in sealing.told(path, seal):
            console.print(Text(line), soft_wrap=True)
        return seal.exit_code
    proof = verifying.verify(path, key=signing.load_public(key) if key else None)
    terminal.print_proof(proof)
    on_github.tell_proof(proof)
    return ExitCode.NOTHING_FOUND if proof.is_sound else ExitCode.FOUND


def _is_archive(path: Path) -> bool:
    if path.name.endswith(_ENDINGS):
        return True
    with files.explained(path), path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


def _named(names: Sequence[str]) -> tuple[Milestone, ...]:
    """The milestones of these names, in the plan's order: each rests on those before it."""
    known = {each.name: each for each in MILESTONES}
    if unknown := [name for name in names if name.upper() not in known]:
        raise ConfigurationError(
            f"there is no milestone {', '.join(map(repr, unknown))}",
            where="noxtasks bundle",
            remedy=f"The milestones are {', '.join(known)}.",
        )
    asked = {name.upper() for name in names}
    return tuple(each for name, each in known.items() if name in asked)


def _next(proofs: Mapping[str, Proof]) -> Milestone:
    """The first milestone without an archive that says it holds; the last where all have one."""
    open_ones = [
        each for each in MILESTONES if each.name not in proofs or proofs[each.name].verdict is not Verdict.PASS
    ]
    return open_ones[0] if open_ones else MILESTONES[-1]


def _before(milestone: Milestone, proofs: Mapping[str, Proof]) -> dict[str, str]:
    """The archives of the milestones before: were later ones in it, too, none of two could be made the same again."""
    earlier = MILESTONES[: MILESTONES.index(milestone)]
    return {each.archive: proofs[each.name].sha256 for each in earlier if each.name in proofs}


def present(reports: Path) -> tuple[dict[str, Proof], list[str]]:
    """The archives of the folder that verify, by their milestone, and what to say of those that do not."""
    found: dict[str, Proof] = {}
    notes: list[str] = []
    listed = sums.parse((reports / sums.NAME).read_bytes()).digests if (reports / sums.NAME).is_file() else {}
    for milestone in MILESTONES:
        path = reports / milestone.archive
        if not path.is_file():
            continue
        proof = verifying.verify(path)
        if proof.is_sound and proof.sha256 == listed.get(path.name):
            found[milestone.name] = proof
        else:
            why = f"{len(proof.findings)} findings" if proof.findings else f"{sums.NAME} has another digest of it"
            notes.append(f"{path.name} does not count, and was there before: {why}")
    return found, notes


def _prepared(found: Contents, proofs: Mapping[str, Proof]) -> dict[str, Document]:
    """What the gates of all milestones look into, with the report that is about to be written."""
    names = [gate.artifact for each in MILESTONES for gate in each.gates]
    documents = contents.documents(names, contents.read_from(found), found.chain)
    documents[aar.NAME] = aar.announced()
    archives = {proof.name: proof.sha256 for proof in proofs.values()}
    return judging.prepare(documents, events=found.chain.events, archives=archives, milestones=MILESTONES)
