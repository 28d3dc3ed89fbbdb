from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from noxtasks.evidence import sums
from noxtasks.evidence.sums import Digest, Sums

SHA256SUM = shutil.which("sha256sum")
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=40).filter(
    lambda name: name not in {".", "..", "-", sums.NAME}  # sha256sum takes - for its standard input
)
NASTY_NAMES = st.one_of(NAMES, st.text("\\\nr n*#\r", min_size=1, max_size=8))
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(st.dictionaries(NASTY_NAMES, DIGESTS), st.dictionaries(NASTY_NAMES, DIGESTS))
def test_names_and_digests_come_back_as_they_were_written(digests: dict[str, str], announced: dict[str, str]) -> None:
    listed = Sums(digests=digests, announced=announced)
    assert sums.parse(sums.render(listed)) == listed


@given(st.binary())
def test_any_bytes_can_be_read_and_what_was_read_is_kept(data: bytes) -> None:
    once = sums.parse(data)
    assert sums.parse(sums.render(once)) == once


@pytest.mark.skipif(SHA256SUM is None, reason="no GNU coreutils here")
@pytest.mark.functional
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.sets(NASTY_NAMES, min_size=1, max_size=8), pending=NASTY_NAMES)
def test_plain_sha256sum_verifies_the_folder_whatever_the_names(tmp_path: Path, names: set[str], pending: str) -> None:
    folder = tmp_path / hashlib.sha256(repr((sorted(names), pending)).encode()).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(os.fsencode(name))
    digests = {name: hashlib.sha256(os.fsencode(name)).hexdigest() for name in names}
    (folder / sums.NAME).write_bytes(sums.render(Sums(digests=digests, announced={pending: "0" * 64})))
    assert _checks(folder)
    (folder / min(names)).write_bytes(b"another content, \n")
    assert not _checks(folder)


def _checks(folder: Path) -> bool:
    assert SHA256SUM is not None
    command = [SHA256SUM, "--check", "--strict", "--quiet", sums.NAME]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(SHA256SUM is None, reason="no GNU coreutils here")
@pytest.mark.functional
def test_what_sha256sum_writes_is_understood(tmp_path: Path) -> None:
    names = ["plain", "with space", "back\\slash", "new\nline", "*star", "#hash", "ünï"]
    for name in names:
        (tmp_path / name).write_text(name)
    assert SHA256SUM is not None
    for mode in ("--text", "--binary"):
        written = subprocess.run([SHA256SUM, mode, "--", *names], cwd=tmp_path, capture_output=True, check=True).stdout
        expected = {name: hashlib.sha256(name.encode()).hexdigest() for name in names}
        assert sums.parse(written) == Sums(digests=expected)


def test_a_file_that_windows_line_ends_were_put_into_is_understood() -> None:
    assert sums.parse(b"a" * 64 + b"  name\r\n") == Sums(digests={"name": "a" * 64})


@pytest.mark.parametrize("line", [b"nonsense", b"a" * 63 + b"  x", b"a" * 64 + b" x", b"\\" + b"a" * 64 + b"  a\\x"])
def test_a_line_that_is_no_digest_is_kept_and_told(line: bytes) -> None:
    listed = sums.parse(b"# a comment\n" + line + b"\n")
    assert listed.malformed == (line,)
    assert sums.render(listed) == b"# a comment\n" + line + b"\n"


def test_the_digest_is_the_one_of_the_standard() -> None:
    # FIPS 180-4, example "abc"
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert Digest.of("x", b"abc") == Digest(name="x", sha256=expected)
