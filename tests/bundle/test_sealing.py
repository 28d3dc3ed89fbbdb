"""The hash of a document in the document: what is hashed, what is filled in, and what a check says."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noxtasks.bundle import sealing
from noxtasks.bundle.sealing import PLACEHOLDER, Standing
from noxtasks.errors import ConfigurationError, EvidenceError, ExitCode

LINE = PLACEHOLDER.encode()
PLAN = b"# Plan\n\nStatus: open\n" + LINE + b"\nPhase: 2\n\nThe end.\n"

texts = st.binary(max_size=60).filter(lambda data: b"File Integrity" not in data and b"```" not in data)
ends = st.sampled_from([b"\n", b"\r\n"])


def sealed(data: bytes) -> bytes:
    return sealing.sealed(data, where="plan.md")


def standing(data: bytes) -> Standing:
    return sealing.check(data).standing


def test_the_plans_own_placeholder_is_filled_with_the_hash_of_the_text_without_its_line() -> None:
    digest = hashlib.sha256(b"# Plan\n\nStatus: open\nPhase: 2\n\nThe end.\n").hexdigest()
    assert sealed(PLAN) == PLAN.replace(LINE, f"File Integrity Hash (SHA-256): {digest}".encode())
    assert standing(PLAN) is Standing.NOT_SEALED
    assert standing(sealed(PLAN)) is Standing.UNCHANGED
    assert sealing.check(sealed(PLAN)).computed == digest


@given(texts, ends, texts, st.booleans())
def test_sealing_touches_that_line_alone_and_only_once(before: bytes, end: bytes, after: bytes, has_end: bool) -> None:
    head = before + b"\n" if before else b""
    data = head + LINE + (end + after if has_end else b"")
    once = sealed(data)
    assert once.startswith(head)
    assert once.endswith(end + after if has_end else b"")
    assert sealed(once) == once
    assert standing(once) is Standing.UNCHANGED


@given(texts, texts, st.data())
def test_any_change_of_one_byte_outside_of_the_line_is_found(before: bytes, after: bytes, data: st.DataObject) -> None:
    document = sealed(before + b"\n" + LINE + b"\n" + after)
    start = document.index(b"File Integrity")
    end = document.index(b"\n", start) + 1
    places = [*range(start), *range(end, len(document))]
    at = data.draw(st.sampled_from(places))
    byte = bytes([data.draw(st.integers(0, 255).filter(lambda value: value != document[at]))])
    changed = {
        "replaced": document[:at] + byte + document[at + 1 :],
        "removed": document[:at] + document[at + 1 :],
        "added": document[:at] + byte + document[at:],
    }
    for how, altered in changed.items():
        assert standing(altered) is not Standing.UNCHANGED, how


@given(st.integers(0, 63), st.sampled_from(b"0123456789abcdefgZ \n"))
def test_an_altered_digest_is_a_change(at: int, byte: int) -> None:
    document = bytearray(sealed(PLAN))
    at += document.index(b"(SHA-256): ") + len(b"(SHA-256): ")
    if document[at] == byte:
        return
    document[at] = byte
    assert standing(bytes(document)) is Standing.CHANGED


@pytest.mark.parametrize(
    ("data", "where", "said"),
    [
        (b"", "plan.md", "there is no line for the hash"),
        (b"# Plan\n", "plan.md", "there is no line for the hash"),
        (PLAN + LINE, "plan.md", "2 lines are for the hash: 4, 8"),
        (PLAN + sealed(PLAN), "plan.md", "2 lines are for the hash: 4, 11"),
        (b"a\n" + LINE + b" x\n", "plan.md:2", "this one holds neither the placeholder nor a digest"),
        (b"a\nFile Integrity Hash: abc\n", "plan.md:2", "this one holds neither the placeholder nor a digest"),
        (b"```\n" + LINE + b"\n```\n", "plan.md:2", "this one holds a placeholder in a code block"),
        (b"> " + LINE, "plan.md", "there is no line for the hash"),
        (b"    " + LINE, "plan.md", "there is no line for the hash"),
        (b"\xef\xbb\xbf" + LINE, "plan.md:1", "a byte-order mark stands before it"),
        (PLAN.decode().encode("utf-16"), "plan.md", "it is written in UTF-16"),
    ],
)
def test_what_has_not_exactly_one_line_is_not_sealed(data: bytes, where: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        sealed(data)
    assert said in raised.value.message
    assert raised.value.where == where
    assert raised.value.remedy
    assert standing(data) is not Standing.UNCHANGED


def test_the_error_says_which_line_to_add() -> None:
    with pytest.raises(ConfigurationError, match=r"(?s)there is no line.*\(placeholder\): __TO_BE_COMPUTED__"):
        sealed(b"# Plan\n")


@pytest.mark.parametrize(
    "example",
    [
        b"```\n" + LINE + b"\n```\n",
        b"~~~~ text\n```\n~~~\n" + LINE + b"\n~~~~~\n",
        b"> " + LINE + b"\n",
        b"The line `" + LINE + b"` is filled in.\n",
        b"   ```python\n" + LINE + b"\n   ```  \n",
    ],
)
def test_an_example_elsewhere_stays_as_it_is(example: bytes) -> None:
    document = sealed(example + PLAN)
    assert document.startswith(example)
    assert standing(document) is Standing.UNCHANGED


def test_a_code_span_of_three_backticks_begins_no_block() -> None:
    assert standing(sealed(b"```not a fence```\n" + PLAN)) is Standing.UNCHANGED


@pytest.mark.parametrize(
    "data",
    [
        PLAN.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + PLAN,
        PLAN.rstrip(b"\n"),
        "Prüfung\n".encode("latin-1") + PLAN,
        b"zero \0 byte\n" + PLAN,
        PLAN.replace(LINE, LINE + b"  "),
        PLAN.replace(LINE + b"\n", b"") + LINE,
    ],
    ids=["crlf", "bom", "no last newline", "latin-1", "zero byte", "trailing spaces", "the last line"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="the command is for GNU sed")
def test_the_command_of_the_documentation_gives_the_same_digest(data: bytes, tmp_path: Path) -> None:
    document = tmp_path / "plan.md"
    document.write_bytes(data)
    sealing.seal(document)
    command = sealing.COMMAND.replace("FILE", "plan.md")
    page = (Path(__file__).parents[2] / "docs" / "bundle.md").read_text("utf-8")
    assert command in (sealing.__doc__ or "").replace("FILE", "plan.md")
    assert command in page
    shell = shutil.which("sh")
    assert shell
    said = subprocess.run([shell, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    found = sealing.verify(document)
    assert found.standing is Standing.UNCHANGED
    assert said.split()[0] == found.computed == found.noted


@given(texts)
@example(b"")
def test_a_document_that_was_changed_is_sealed_anew(more: bytes) -> None:
    document = sealed(PLAN) + b"more\n" + more
    assert standing(document) is Standing.CHANGED
    assert standing(sealed(document)) is Standing.UNCHANGED


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    target, link = tmp_path / "plan.md", tmp_path / "link.md"
    target.write_bytes(PLAN)
    target.chmod(0o640)
    try:
        link.symlink_to(target)
    except OSError:
        pytest.skip("no symbolic links here")
    assert sealing.seal(link).standing is Standing.NOT_SEALED
    assert link.is_symlink()
    assert sealing.verify(target).standing is Standing.UNCHANGED
    assert sealing.seal(target).standing is Standing.UNCHANGED
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.md", "plan.md"]
    if os.name == "posix":
        assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_what_is_right_already_is_not_written_again(tmp_path: Path) -> None:
    document = tmp_path / "plan.md"
    document.write_bytes(PLAN)
    sealing.seal(document)
    before = document.stat()
    sealing.seal(document)
    after = document.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "plan.md"
    document.write_bytes(PLAN)
    document.chmod(0o444)
    with pytest.raises(ConfigurationError, match="it is read-only"):
        sealing.seal(document)
    assert document.read_bytes() == PLAN
    document.chmod(0o644)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "it is no file"), (tmp_path / "none.md", "there is no such file")):
        for do in (sealing.seal, sealing.verify):
            with pytest.raises(ConfigurationError, match=said):
                do(path)


def test_a_write_that_fails_leaves_the_document_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = tmp_path / "plan.md"
    document.write_bytes(PLAN)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EvidenceError, match="No space left"):
        sealing.seal(document)
    assert document.read_bytes() == PLAN
    assert list(tmp_path.iterdir()) == [document]


def test_a_check_says_what_it_found(tmp_path: Path) -> None:
    document = tmp_path / "plan.md"
    document.write_bytes(PLAN)
    found = sealing.verify(document)
    assert found.exit_code is ExitCode.NOT_MEASURED
    assert sealing.told(document, found) == [f"{document}: not sealed: its hash has not been filled in"]
    sealing.seal(document)
    found = sealing.verify(document)
    assert found.exit_code is ExitCode.NOTHING_FOUND
    assert sealing.told(document, found) == [
        f"{document}: sealed and unchanged",
        f"SHA-256 of its text: {found.computed}",
    ]
    document.write_bytes(document.read_bytes() + b"more\n")
    found = sealing.verify(document)
    assert found.exit_code is ExitCode.FOUND
    assert sealing.told(document, found)[0] == f"{document}: changed: {found.reason}"


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "plan.md"
    document.write_bytes(PLAN)
    assert sealing.run(document) is ExitCode.NOTHING_FOUND
    digest = sealing.verify(document).computed
    said = capsys.readouterr().out
    assert "is sealed\n" in said
    assert digest in said
    sealing.run(document)
    assert "is sealed already, and unchanged" in capsys.readouterr().out
    document.write_bytes(document.read_bytes() + b"more\n")
    sealing.run(document)
    assert f"is sealed anew; it had {digest}" in capsys.readouterr().out
