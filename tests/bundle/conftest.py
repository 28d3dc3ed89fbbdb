"""What tests of bundles share: a folder of evidence, archives of it, and keys."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noxtasks.bundle import archive, contents, signing, statements
from noxtasks.bundle.archive import Written
from noxtasks.bundle.container import Member
from noxtasks.bundle.container import write as write_container
from noxtasks.bundle.model import Milestone
from noxtasks.bundle.signing import Key
from noxtasks.evidence import artifacts, events, sums
from noxtasks.evidence.events import EventType
from noxtasks.evidence.gating.model import Gate, Level, Operator
from noxtasks.evidence.provenance import Provenance
from noxtasks.evidence.sums import Digest, Sums

HEALTH = "collection.health.json"
FLAKES = "flake.report.json"
PAGE = "markers.html"
TOP = "M1-completion"

Files = dict[str, bytes]


def gate(name: str, pointer: str, operator: str, threshold: float, **more: Any) -> Gate:
    parts = {"artifact": HEALTH, "level": Level.BLOCKING, "command": "noxtasks flake", **more}
    return Gate(name=name, title=name, pointer=pointer, operator=Operator(operator), threshold=threshold, **parts)


MILESTONE = Milestone(
    name="M1",
    title="Foundation",
    objectives=("O1",),
    gates=(
        gate("collected tests", "/result/tests/collected", ">=", 2),
        gate("error rate", "/result/error_rate", "==", 0),
        gate("broken modules", "/result/modules", ">=", 5, level=Level.ADVISORY),
        gate("score", "/result/score", ">=", 0.6, artifact="mutation.initial.report.json"),
    ),
)


def health(**parts: Any) -> dict[str, Any]:
    return {
        "modules": 1,
        "broken_modules": [],
        "error_rate": 0,
        "skipped_modules": 0,
        "tests": {"collected": 2, "unrunnable": 0, "deselected": 0},
        "complete": True,
        "causes": [],
        **parts,
    }


def tell(
    reports: Path, provenance: Provenance, *digests: Digest, event: EventType = EventType.MUTATION_SCAN_COMPLETE
) -> None:
    events.append(
        reports,
        event=event,
        project="shop",
        subject="test",
        at=provenance.created,
        provenance=provenance,
        artifacts=digests,
    )


def measured(reports: Path, provenance: Provenance, **parts: Any) -> Digest:
    """Evidence as two sessions leave it; the digest of the artifact."""
    digest = artifacts.write(reports, HEALTH, result=health(**parts), timing={}, provenance=provenance)
    page = artifacts.attach(reports, PAGE, b"<p>a page</p>\n")
    tell(reports, provenance, digest, event=EventType.MUTATION_SCAN_START)
    tell(reports, later(provenance), digest, page)
    return digest


def later(provenance: Provenance, seconds: int = 60) -> Provenance:
    return msgspec.structs.replace(provenance, created=datetime(2025, 3, 4, tzinfo=UTC) + timedelta(seconds=seconds))


@pytest.fixture
def reports(tmp_path: Path, provenance: Provenance) -> Path:
    """A folder of evidence."""
    folder = tmp_path / "reports"
    measured(folder, provenance)
    return folder


def bundle(
    reports: Path, *, key: Key | None = None, milestone: Milestone = MILESTONE, time: int | None = None
) -> Written:
    """Make the archive of `milestone`."""
    policy = contents.policy(milestone, {}, ["M1", "M2"])
    return archive.write(reports, policy, key=key, time=time)


@pytest.fixture(scope="session")
def make_key(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """Makes a pair of keys with openssl: the private one's file, and the public one's."""

    def make(*kind: str) -> tuple[Path, Path]:
        folder = tmp_path_factory.mktemp("keys")
        private, public = folder / "key.pem", folder / "key.pub"
        kind = kind or ("-algorithm", "ed25519")
        openssl = "openssl"
        subprocess.run([openssl, "genpkey", *kind, "-out", str(private)], check=True, capture_output=True)
        subprocess.run([openssl, "pkey", "-in", str(private), "-pubout", "-out", str(public)], check=True)
        private.chmod(0o600)
        return private, public

    return make


@pytest.fixture(scope="session")
def key_files(make_key: Callable[..., tuple[Path, Path]]) -> tuple[Path, Path]:
    """The project's keys."""
    return make_key()


@pytest.fixture(scope="session")
def key(key_files: tuple[Path, Path]) -> Key:
    """The project's key to sign with."""
    return signing.load(key_files[0])


def unpacked(path: Path) -> Files:
    """The files of an archive by Python's own reader."""
    with tarfile.open(path) as tar:
        return {
            each.name.partition("/")[2]: taken.read() for each in tar.getmembers() if (taken := tar.extractfile(each))
        }


def packed(path: Path, files: Files, *, top: str = TOP, time: int = 0) -> Path:
    """An archive of these files, in the form that ours have."""
    with path.open("wb") as file:
        write_container(file, top, [Member.of(name, data) for name, data in files.items()], time=time)
    return path


def summed(files: Files) -> Files:
    """With a list of digests that is right."""
    rest = {name: data for name, data in files.items() if name != sums.NAME}
    digests = {name: Digest.of(name, data).sha256 for name, data in rest.items()}
    return {**rest, sums.NAME: sums.render(Sums(digests=digests))}


def tar_bytes(path: Path) -> bytes:
    """The tar file within."""
    return gzip.decompress(path.read_bytes())


def gzipped(data: bytes) -> bytes:
    """Compressed, with a header as the writer leaves it."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", filename="", mtime=0, compresslevel=6) as file:
        file.write(data)
    raw = bytearray(out.getvalue())
    raw[8:10] = b"\x00\xff"
    return bytes(raw)


STATEMENTS = tuple(statements.ENVELOPES)
