"""What cannot be taken of the repository says why, and is never read."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.config import Settings
from noxtasks.governance.checking import gathering
from noxtasks.governance.checking.model import Plan


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "docs").mkdir(parents=True)
    (tmp_path / "outside.md").write_text("secret")
    (root / "a.md").write_bytes(b"\xef\xbb\xbf# a\r\n")
    return root


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.md", ""),
        ("docs/../a.md", ""),
        ("b.md", "there is no file b.md"),
        ("docs", "docs is a folder"),
        ("", " is a folder"),
        ("../outside.md", "../outside.md leads out of the repository"),
        ("/etc/passwd", "/etc/passwd leads out of the repository"),
        ("docs\\a.md", "there is no file docs\\a.md, and folders are parted by /"),
        ("a\0b", "'a\\x00b' leads to no file"),
        ("x" * 300, f"{'x' * 300} cannot be read: File name too long"),
    ],
)
def test_a_file_is_taken_or_refused_with_a_reason(repository: Path, name: str, reason: str) -> None:
    assert gathering.refusal(repository, name) == reason
    assert (gathering.content_in(repository)(name) is None) is bool(reason)


def test_links_that_lead_out_or_in_a_circle_are_refused(repository: Path) -> None:
    (repository / "out.md").symlink_to("../outside.md")
    (repository / "round.md").symlink_to("round.md")
    (repository / "in.md").symlink_to("a.md")
    assert gathering.refusal(repository, "out.md") == "out.md leads out of the repository"
    assert gathering.refusal(repository, "round.md")
    assert gathering.text_in(repository)("in.md") == "# a\r\n"


def test_a_file_too_large_to_take_is_not_read(repository: Path) -> None:
    with (repository / "huge.bin").open("wb") as file:
        file.truncate(40 * 1024**2)
    assert gathering.refusal(repository, "huge.bin") == "huge.bin has more than 32 MiB"


@pytest.mark.parametrize("code", ["(" * 100_000, f"x = {'-' * 200_000}1", f"x = {'-' * 500}1", "def (", "x = 1\0"])
def test_a_noxfile_that_cannot_be_parsed_has_no_sessions(repository: Path, code: str) -> None:
    (repository / "noxfile.py").write_text(code)
    assert gathering.known(repository, Plan(), Settings(), ["flake"], []).sessions == ("flake",)
