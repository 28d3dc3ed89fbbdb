"""The form of an archive: one for the same files, read by every tar, and refused where it could do harm."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noxtasks.bundle import container
from noxtasks.bundle.container import BLOCK, Member
from noxtasks.bundle.opening import DamagedError, Limits, NoArchiveError, Reader, RefusedError

from .conftest import gzipped

TOP = "M1-completion"

PARTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs")), min_size=1, max_size=60)
NAMES = st.lists(PARTS, min_size=1, max_size=3).map("/".join).filter(lambda name: not container.unfit(name))
FILES = st.dictionaries(NAMES, st.binary(max_size=2000), max_size=5).filter(
    lambda files: len({container.folded(name) for name in files}) == len(files)
)


def made(files: dict[str, bytes], *, time: int = 0) -> bytes:
    out = io.BytesIO()
    container.write(out, TOP, [Member.of(name, data) for name, data in files.items()], time=time)
    return out.getvalue()


def read(data: bytes, limits: Limits | None = None) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    reader = Reader(io.BytesIO(data), limits)
    found = {entry.name: b"".join(pieces) for entry, pieces in reader.entries()}
    return found, reader.oddities


def is_flat(files: dict[str, bytes]) -> bool:
    folders = {
        container.folded(name).rsplit("/", count)[0] for name in files for count in range(1, name.count("/") + 1)
    }
    return not folders & {container.folded(name) for name in files}


@given(FILES.filter(is_flat), st.integers(0, 2**33 - 1))
def test_what_was_written_is_read_as_it_was(files: dict[str, bytes], time: int) -> None:
    found, oddities = read(made(files, time=time))
    assert found == files
    assert oddities == []


@given(FILES.filter(is_flat))
@settings(max_examples=30)
def test_python_reads_the_same(files: dict[str, bytes]) -> None:
    with tarfile.open(fileobj=io.BytesIO(made(files))) as tar:
        members = tar.getmembers()
        found = {each.name: tar.extractfile(each).read() for each in members}  # type: ignore[union-attr]
    assert found == {f"{TOP}/{name}": data for name, data in files.items()}
    assert all((each.mode, each.uid, each.gid, each.uname, each.mtime) == (0o644, 0, 0, "", 0) for each in members)


def test_tar_unpacks_names_that_are_long_or_foreign(tmp_path: Path) -> None:
    tar = shutil.which("tar")
    if tar is None:
        pytest.skip("there is no tar on this system")
    files = {"ä/日本語.json": b"1", f"{'x' * 90}/{'y' * 90}.json": b"2", "plain": b"", "z" * 86: b"3", "z" * 87: b"4"}
    (tmp_path / "a.tar.gz").write_bytes(made(files))
    subprocess.run([tar, "-xzf", "a.tar.gz"], cwd=tmp_path, check=True)
    assert {name: (tmp_path / TOP / name).read_bytes() for name in files} == files


def test_the_form_is_the_same_everywhere() -> None:
    files = {"b.json": b"{}\n" * 100, "a.json": b"[]", "ä.txt": b"x" * 600}
    tar = gzip.decompress(made(files, time=1741064767))
    assert hashlib.sha256(tar).hexdigest() == "179b5b75c1c4897b57b96408af3a1e49b311326a40e9d1744c7f80da9f8ef6b5"
    assert made(dict(reversed(files.items()))) == made(files)
    assert made(files)[:10].hex() == "1f8b08000000000000ff"


def entry(name: str, *, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def tarred(*entries: tuple[tarfile.TarInfo, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return gzipped(out.getvalue())


def sparse() -> bytes:
    return tarred(entry(f"{TOP}/a", type=tarfile.GNUTYPE_SPARSE))


def renamed() -> bytes:
    return tarred(entry(f"{TOP}/a", pax_headers={"path": f"{TOP}/../../etc/passwd"}), form=tarfile.PAX_FORMAT)


def other_name() -> bytes:
    """A pax header that a reader who does not know pax does not follow: it sees another name."""
    tar = bytearray(gzip.decompress(made({"ä": b"1"})))
    header = bytearray(tar[1024:1536])
    header[:100] = f"{TOP}/b".encode().ljust(100, b"\0")
    return gzipped(bytes(tar[:1024]) + checked(header) + bytes(tar[1536:]))


def checked(header: bytearray) -> bytes:
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def changed(offset: int, value: bytes, *, data: bytes | None = None) -> bytes:
    """An archive of one file `a` with other bytes in its header, whose checksum is right."""
    tar = bytearray(gzip.decompress(made({"a": b"1"}) if data is None else data))
    tar[offset : offset + len(value)] = value
    return gzipped(checked(tar[:512]) + bytes(tar[512:]))


def hidden() -> bytes:
    tar = bytearray(gzip.decompress(made({"a": b"1"})))
    tar[600:605] = b"hello"
    return gzipped(bytes(tar))


SOUND = made({"a": b"1"})

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a path upwards": (lambda: tarred(entry(f"{TOP}/../../.bashrc")), "leads out of the folder"),
    "an absolute path": (lambda: tarred(entry("/etc/passwd")), "leads to the root"),
    "a backslash": (lambda: tarred(entry(f"{TOP}/..\\..\\a")), "has a backslash"),
    "a drive": (lambda: tarred(entry("C:/a")), "has a colon"),
    "a stream of NTFS": (lambda: tarred(entry(f"{TOP}/a:b")), "has a colon"),
    "a full stop": (lambda: tarred(entry(f"{TOP}/./a")), "full stop"),
    "an empty part": (lambda: tarred(entry(f"{TOP}//a")), "empty part"),
    "a name that Windows cuts": (lambda: tarred(entry(f"{TOP}/a. ")), "ends a part"),
    "a control character": (lambda: tarred(entry(f"{TOP}/a\x1b[2J")), "control character"),
    "a name that reads backwards": (
        lambda: tarred(entry(f"{TOP}/a\u202egnp.exe"), form=tarfile.PAX_FORMAT),
        "control character",
    ),
    "a name that is not UTF-8": (lambda: changed(len(TOP) + 1, b"\xff"), "not UTF-8"),
    "no folder": (lambda: tarred(entry("a")), "in no folder"),
    "two folders": (lambda: tarred(entry(f"{TOP}/a"), entry("other/b")), "another folder"),
    "a symbolic link": (
        lambda: tarred(entry(f"{TOP}/a", type=tarfile.SYMTYPE, linkname="/etc/passwd")),
        "symbolic link",
    ),
    "a hard link": (lambda: tarred(entry(f"{TOP}/a", type=tarfile.LNKTYPE, linkname="/etc/passwd")), "hard link"),
    "a character device": (lambda: tarred(entry(f"{TOP}/a", type=tarfile.CHRTYPE)), "character device"),
    "a block device": (lambda: tarred(entry(f"{TOP}/a", type=tarfile.BLKTYPE)), "block device"),
    "a pipe": (lambda: tarred(entry(f"{TOP}/a", type=tarfile.FIFOTYPE)), "a pipe"),
    "a folder": (lambda: tarred(entry(f"{TOP}/a", type=tarfile.DIRTYPE)), "a folder of its own"),
    "a sparse file": (sparse, "sparse"),
    "an unknown kind": (lambda: changed(156, b"Q"), "unknown kind"),
    "a file of the old form": (lambda: changed(156, b"\0"), "before POSIX"),
    "a long name of GNU tar": (lambda: tarred(entry(f"{TOP}/{'x' * 120}"), form=tarfile.GNU_FORMAT), "GNU tar"),
    "a pax header that leads out": (renamed, "renames"),
    "a pax header with more than a path": (
        lambda: tarred(entry(f"{TOP}/a", pax_headers={"path": f"{TOP}/b", "mtime": "3.5"}), form=tarfile.PAX_FORMAT),
        "something else than one path",
    ),
    "a pax header with another path": (other_name, "renames"),
    "a pax header for all": (
        lambda: gzipped(_global()),
        "for all files",
    ),
    "a name in two parts": (lambda: tarred(entry(f"{'d' * 90}/{'x' * 90}")), "two parts"),
    "a size in base 256": (lambda: changed(124, b"\x80" + bytes(11)), "a number is"),
    "a negative size": (lambda: changed(124, b"-0000000001"), "a number is"),
    "the same name twice": (lambda: tarred(entry(f"{TOP}/a"), entry(f"{TOP}/a")), "two files of this name"),
    "a name that differs by case": (lambda: tarred(entry(f"{TOP}/A"), entry(f"{TOP}/a")), "tell them apart"),
    "a name that differs by form": (
        lambda: tarred(entry(f"{TOP}/e\u0301"), entry(f"{TOP}/\xe9"), form=tarfile.PAX_FORMAT),
        "tell them apart",
    ),
    "a file that is a folder": (lambda: tarred(entry(f"{TOP}/a"), entry(f"{TOP}/a/b")), "a file and a folder"),
    "a folder that is a file": (lambda: tarred(entry(f"{TOP}/a/b"), entry(f"{TOP}/a")), "a file and a folder"),
    "bytes behind the content": (hidden, "hidden"),
    "something behind the end": (lambda: gzipped(gzip.decompress(SOUND) + b"x"), "end of the archive"),
    "a second archive": (lambda: gzipped(gzip.decompress(SOUND) * 2), "end of the archive"),
    "something behind the compressed data": (lambda: SOUND + b"x", "follows the compressed data"),
    "a second gzip member": (lambda: SOUND + SOUND, "second gzip member"),
    "a gzip header with a name": (lambda: SOUND[:3] + b"\x08" + SOUND[4:10] + b"name\0" + SOUND[10:], "gzip header"),
    "many files": (lambda: made({str(number): b"" for number in range(12)}), "more than 10 files"),
    "a large file": (
        lambda: made({"a": b"".join(hashlib.sha256(bytes([n])).digest() for n in range(256)) * 20}),
        "MiB",
    ),
    "a bomb": (lambda: made({"a": bytes(90_000)}), "a bomb"),
}


def _global() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"path": f"{TOP}/b"}) as tar:
        tar.addfile(entry(f"{TOP}/a")[0])
    return out.getvalue()


SMALL = Limits(size=100_000, files=10, ratio=100, small=50_000)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_harm_is_refused(name: str) -> None:
    build, message = HOSTILE[name]
    with pytest.raises(RefusedError, match=message):
        read(build(), SMALL)


ODD = {
    "an owner": (100 + 8, b"0001750\0", "owner"),
    "a mode": (100, b"0000777\0", "mode"),
    "the name of an owner": (265, b"mallory", "owner's name"),
    "a device": (329, b"0000007\0", "device"),
    "text in the padding": (500, b"hello", "padding"),
    "another form": (257, b"ustar  \0", "format"),
    "text behind the name": (50, b"hello", "name"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_only_not_as_it_is_written_is_told(name: str) -> None:
    offset, value, field = ODD[name]
    found, oddities = read(changed(offset, value))
    assert found == {"a": b"1"}
    assert [told for _, told in oddities if told.startswith(f"its {field} is")]


@given(st.data())
def test_no_byte_of_a_header_is_free(data: st.DataObject) -> None:
    tar = bytearray(gzip.decompress(made({"a": b"1", "ä": b"2"})))
    begin = data.draw(st.sampled_from([0, 1024, 2048]))  # of the plain header, of that of the pax record, of its file's
    place, value = begin + data.draw(st.integers(0, BLOCK - 1)), data.draw(st.integers(0, 255))
    tar[place] = value
    if not begin + 148 <= place < begin + 156:
        tar[begin : begin + BLOCK] = checked(tar[begin : begin + BLOCK])
    with suppress(DamagedError, RefusedError):
        found, oddities = read(gzipped(bytes(tar)))
        assert oddities or gzip.decompress(made(found)) == bytes(tar)  # it is the one form of what is in it


def test_an_entry_for_the_folder_of_all_is_told_and_no_other() -> None:
    top = entry(TOP, type=tarfile.DIRTYPE)
    found, oddities = read(tarred(top, entry(f"{TOP}/a")))
    assert found == {"a": b""}
    assert ("", "it has an entry for its folder, which is never written: it was packed again") in oddities
    for others in ((entry("..", type=tarfile.DIRTYPE),), (top, entry("other", type=tarfile.DIRTYPE))):
        with pytest.raises(RefusedError):
            read(tarred(*others, entry(f"{TOP}/a")))


def test_files_out_of_order_and_an_archive_that_was_packed_again_are_told() -> None:
    _, oddities = read(tarred(entry(f"{TOP}/b"), entry(f"{TOP}/a")))
    assert ("a", "it is not in its place: files are sorted by name") in oddities
    later = bytearray(gzip.decompress(made({"a": b"", "b": b""})))
    later[512 + 146 : 512 + 147] = b"7"
    _, oddities = read(gzipped(bytes(later[:512]) + checked(later[512:1024]) + bytes(later[1024:])))
    assert oddities == [("b", "it has another time than the first file: all have one")]
    _, oddities = read(gzip.compress(gzip.decompress(SOUND), mtime=7))
    assert any("packed again" in told for _, told in oddities)
    _, oddities = read(gzipped(gzip.decompress(SOUND) + bytes(10240)))
    assert oddities == [("", "it ends +10240 bytes from where it should")]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a zip file", b"just text"])
def test_what_is_no_archive_is_told_at_once(data: bytes) -> None:
    with pytest.raises(NoArchiveError):
        read(data)


def test_wherever_an_archive_is_cut_that_is_told() -> None:
    whole = made({"a": b"some text " * 40, "b": b"more"})
    for length in range(2, len(whole)):
        with pytest.raises(DamagedError):
            read(whole[:length])


@given(st.data())
@settings(max_examples=300)
def test_no_flipped_bit_goes_unnoticed(data: st.DataObject) -> None:
    files = {"a": b"some text " * 40, "b": bytes(range(256)) * 3}
    raw = bytearray(made(files))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    reader = Reader(io.BytesIO(bytes(raw)))
    with suppress(DamagedError, RefusedError, NoArchiveError):
        found = {entry.name: b"".join(pieces) for entry, pieces in reader.entries()}
        is_unused = found == files and reader.tar_sha256 == hashlib.sha256(gzip.decompress(made(files))).hexdigest()
        assert reader.oddities or is_unused  # a byte of the compressed data may have bits that mean nothing


@given(st.binary(max_size=3000))
def test_no_bytes_whatever_end_otherwise_than_in_a_refusal(data: bytes) -> None:
    for each in (data, b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + data, gzipped(data)):
        with pytest.raises((DamagedError, RefusedError, NoArchiveError)):
            read(each)


def test_a_large_file_passes_in_pieces() -> None:
    with tempfile.TemporaryFile() as file:
        piece = bytes(range(256)) * 4096

        def pieces() -> object:
            return (piece for _ in range(40))

        member = Member(name="a", size=40 * len(piece), pieces=pieces)  # type: ignore[arg-type]
        container.write(file, TOP, [member], time=0)
        file.seek(0)
        for _, parts in Reader(file).entries():
            assert max(map(len, parts)) <= container.PIECE


def test_a_member_that_has_changed_meanwhile_is_not_written() -> None:
    member = Member(name="a", size=3, pieces=lambda: iter((b"xx",)))
    with pytest.raises(ValueError, match="has changed while it was read"):
        container.write(io.BytesIO(), TOP, [member], time=0)
