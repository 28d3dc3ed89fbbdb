"""The artifacts that gates look into: read, checked against their digests, and refused where they are of no use.

What is altered, cut short by an interruption, or about other code than that of now, does not count. A file of the
project's own, which says nothing of where it comes from, counts; that it could not be checked is said. Two files are no
artifacts themselves and tell of all: `SHA256SUMS` and `events.jsonl` stand for what their checks have found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts, canonical, events, files, schemas, sums
from noxtasks.evidence.artifacts import Artifact, Trouble
from noxtasks.evidence.gating.model import Document
from noxtasks.evidence.sums import Digest

_COMMIT_SHOWN = 10
_HARMLESS = {Trouble.LEFTOVER, Trouble.INTERRUPTED}  # the artifact is whole; the next write tidies up


def load(reports: Path, names: Iterable[str], *, code_version: str, written: Sequence[str] = ()) -> dict[str, Document]:
    """The documents of these names, in the folder `reports`.

    `written` are files that are about to be replaced: what has become of them does not matter.
    """
    return {name: _document(reports, name, code_version, written) for name in dict.fromkeys(names)}


def _document(reports: Path, name: str, code_version: str, written: Sequence[str]) -> Document:
    try:
        if name == sums.NAME:
            return _of_sums(reports, written)
        if name == events.NAME:
            return _of_events(reports)
        if not (reports / name).is_file():
            return Document(name=name, refusal=f"there is no {name}")
        return _ours(reports, name, code_version) if schemas.is_artifact(name) else _foreign(reports, name)
    except EvidenceError as error:
        return Document(name=name, refusal=f"{name}: {error.message}")
    except OSError as error:
        return Document(name=name, refusal=f"{name} cannot be read: {error.strerror}")


def _ours(reports: Path, name: str, code_version: str) -> Document:
    return of_artifact(name, artifacts.read(reports, name), code_version=code_version)


def of_artifact(name: str, found: Artifact, *, code_version: str) -> Document:
    """The document that an artifact of ours is, or why it does not count."""
    then = found.provenance.code_version
    if not found.provenance.complete:
        return Document(name=name, refusal=f"{name} is of a session that was interrupted", digest=found.digest)
    if then != code_version:
        refusal = f"{name} is about other code ({short(then)}, now {short(code_version)})"
        return Document(name=name, refusal=refusal, digest=found.digest)
    content = {**msgspec.to_builtins(found.provenance), "schema": found.schema}
    return Document(name=name, content={**content, "result": found.result, "timing": found.timing}, digest=found.digest)


def _foreign(reports: Path, name: str) -> Document:
    with files.reading(reports):
        data = (reports / name).read_bytes()
        listing = reports / sums.NAME
        listed = sums.parse(listing.read_bytes()) if listing.is_file() else sums.Sums()
    digest = Digest.of(name, data)
    known = {listed.digests.get(name), listed.announced.get(name)} - {None}
    if known and digest.sha256 not in known:
        refusal = f"{name}: its content is not what {sums.NAME} says"
        return Document(name=name, refusal=refusal, is_ours=False)
    try:
        content = parsed(name, data)
    except ValueError as error:
        return Document(name=name, refusal=f"{name} cannot be parsed: {error}", is_ours=False)
    note = (
        ""
        if known
        else f"{sums.NAME} does not list it: whether it was altered, and which code it is about, is not known"
    )
    return Document(name=name, content=content, digest=digest, note=note, is_ours=False)


def parsed(name: str, data: bytes) -> Any:
    """What a file of the project's own says, JSON or YAML. Raises `ValueError`."""
    if not name.endswith((".yaml", ".yml")):
        return canonical.loads(data)
    import yaml  # noqa: PLC0415 - 20 ms that only a YAML file should cost

    try:
        return canonical.plain(yaml.safe_load(data.decode()), where=name)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _of_sums(reports: Path, written: Sequence[str]) -> Document:
    if not (reports / sums.NAME).is_file():
        return Document(name=sums.NAME, refusal="there are no artifacts, or no list of their digests")
    if not sums.parse((reports / sums.NAME).read_bytes()).digests.keys() - {*written}:
        return Document(name=sums.NAME, refusal="there are no artifacts")
    found = [each for each in artifacts.verify(reports) if each.name not in written and each.trouble not in _HARMLESS]
    wrong = [{"name": each.name, "trouble": each.trouble.value, "message": each.message} for each in found]
    return Document(name=sums.NAME, content={"artifacts": wrong, "events": _broken(reports)})


def _of_events(reports: Path) -> Document:
    if not (reports / events.NAME).is_file():
        return Document(name=events.NAME, refusal=f"there is no {events.NAME}")
    return Document(name=events.NAME, content={"findings": _broken(reports)})


def _broken(reports: Path) -> list[dict[str, Any]]:
    return [
        {"name": f"{events.NAME}:{each.line}", "trouble": "changed", "message": each.message}
        for each in events.verify(reports)
    ]


def short(code_version: str) -> str:
    """The state of the code as people compare it."""
    commit, plus, dirty = code_version.partition("+dirty.")
    return commit[: _COMMIT_SHOWN + len("tree.") * commit.startswith("tree.")] + (
        f"+{dirty[:_COMMIT_SHOWN]}" if plus else ""
    )
