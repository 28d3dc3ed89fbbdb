"""GitHub's own forms: what a project calls things is neither markup nor a command, and no summary is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from noxtasks.evidence.display import github


@pytest.mark.parametrize(
    "text",
    ["[a](https://a.invalid)", "![a](b)", "<img src=x>", "**a**", "_a_", "`a`", "~~a~~", "&lt;", "a\\*b*", "cross-OS"],
)
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    (inline,) = [each for each in MarkdownIt().parse(f"- a: {github.plain(text)}") if each.type == "inline"]
    assert "".join(each.content for each in inline.children or () if each.type.startswith("text")) == f"a: {text}"
    assert {each.type for each in inline.children or ()} <= {"text", "text_special"}


@given(st.text())
def test_no_text_is_markup(text: str) -> None:
    (inline,) = [each for each in MarkdownIt().parse(f"- a{github.plain(text)}a") if each.type == "inline"]
    assert {each.type for each in inline.children or ()} <= {"text", "text_special"}


def test_a_summary_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    github.summarise("# a\n")
    assert "the summary of the job cannot be written" in capsys.readouterr().out


def test_a_summary_takes_every_character(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    github.summarise("a\udc80")
    assert (tmp_path / "summary.md").read_text("utf-8") == "a\\udc80"
