"""The records of cells as files: written one by one, found again wherever a job has put them, and read with care.

A record that was altered, is none, or says of itself what its name does not, is told by name, and keeps no other out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from noxtasks.errors import ConfigurationError, EvidenceError
from noxtasks.evidence import artifacts, sums
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest
from noxtasks.matrix import names
from noxtasks.matrix.model import Cell, Entry, Record, Source, Uncollected
from noxtasks.matrix.recording import Cast

FOLDER = "matrix"
"""Within the reports folder."""

_LARGEST = 256 << 20  # bytes of a record
_SUFFIX = ".json"
_TOLD = 200  # characters of an error


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is named as a record, and is left out."""

    path: str
    why: str
    cell: str  # of which there is no record, for this; "" where nothing says that the file has ever been one


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What there is: at most one record of a cell."""

    records: tuple[Record, ...]
    broken: tuple[Broken, ...]
    notes: tuple[str, ...]


def write(
    reports: Path, cell: Cell, cast: Cast, *, source: Source, origin: str, duration_s: float, provenance: Provenance
) -> Digest:
    """Write the record of a cell; its digest. `origin` is what it was read from, "" for a run."""
    return artifacts.write(
        reports / FOLDER,
        cell.name + _SUFFIX,
        result={
            "cell": {"name": cell.name, **msgspec.to_builtins(cell)},
            "source": source.value,
            "origin": origin,
            "tests": [{"test": test, **msgspec.to_builtins(cast.tests[test])} for test in sorted(cast.tests)],
            "uncollected": msgspec.to_builtins(cast.uncollected),
            "deselected": sorted(cast.deselected),
        },
        timing={"duration_s": duration_s, "tests_s": cast.durations_s},
        provenance=provenance,
    )


def gather(folders: Sequence[Path]) -> Found:
    """Every record in and below `folders`. Raises `ConfigurationError` where they are of different code."""
    records: list[Record] = []
    broken: list[Broken] = []
    for path in _paths(folders):
        try:
            records.append(read(path))
        except EvidenceError as error:
            cell = path.name.removesuffix(_SUFFIX) if _is_listed(path) else ""
            broken.append(Broken(path=str(path), why=" ".join(error.message.split())[:_TOLD], cell=cell))
    records.sort(key=lambda each: (each.created, each.path))
    _refuse_other_code(records)
    latest = {record.cell.name: record for record in records}
    notes = tuple(
        f"{record.cell.name}: of two records the later one counts, {latest[record.cell.name].path}, not {record.path}"
        for record in records
        if latest[record.cell.name] is not record and record.digest != latest[record.cell.name].digest
    )
    return Found(records=tuple(sorted(latest.values(), key=lambda each: each.cell)), broken=tuple(broken), notes=notes)


def read(path: Path) -> Record:
    """The record at `path`. Raises `EvidenceError` unless it is one, as it was written, and whole."""
    where = str(path)
    try:
        if path.stat().st_size > _LARGEST:
            raise EvidenceError(f"it is larger than {_LARGEST >> 20} MiB", where=where)
    except OSError as error:
        raise EvidenceError(f"it cannot be read: {error.strerror}", where=where) from error
    artifact = artifacts.read(path.parent, path.name)
    if not artifact.provenance.complete:
        raise EvidenceError("its run was interrupted", where=where, remedy="Record the cell again.")
    result: dict[str, Any] = artifact.result
    cell = msgspec.convert({key: result["cell"][key] for key in Cell.__struct_fields__}, Cell)
    if cell.name + _SUFFIX != path.name or cell.name != result["cell"]["name"]:
        raise EvidenceError(f"it is the record of {cell.name}", where=where, remedy="Give it its name back.")
    return Record(
        cell=cell,
        source=Source(result["source"]),
        created=artifact.provenance.created,
        code_version=artifact.provenance.code_version,
        vcs=artifact.provenance.vcs,
        tests={each["test"]: msgspec.convert(_without_name(each), Entry) for each in result["tests"]},
        uncollected=tuple(msgspec.convert(each, Uncollected) for each in result["uncollected"]),
        deselected=tuple(result["deselected"]),
        path=where,
        digest=artifact.digest.sha256,
    )


def _is_listed(path: Path) -> bool:
    try:
        return path.name in sums.parse((path.parent / sums.NAME).read_bytes()).digests
    except OSError:
        return False


def _without_name(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "test"}


def _paths(folders: Iterable[Path]) -> Iterator[Path]:
    """The files below that are named as a record is, each once; links to folders are not followed."""
    found = {
        path.resolve(): path
        for folder in folders
        for path in sorted(folder.rglob(f"*{_SUFFIX}"))
        if names.parts(path.name.removesuffix(_SUFFIX)) is not None and path.is_file()
    }
    yield from found.values()


def _refuse_other_code(records: Sequence[Record]) -> None:
    by_version = {record.code_version: record for record in records}
    if len(by_version) <= 1:
        return
    told = "; ".join(f"{record.path} is of {version[:60]}" for version, record in sorted(by_version.items()))
    raise ConfigurationError(
        f"the records are of different code: {told}",
        where="records",
        remedy="Record each cell at one commit, and remove the others.",
    )
