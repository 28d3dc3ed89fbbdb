"""What the audit says on a terminal of 80 columns, on GitHub, and as a page."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from noxtasks.cli import build_parser
from noxtasks.markers import page, terminal
from noxtasks.markers.model import Audit, Class, Consolidation, Marker


def said(audit: Audit, plan: Consolidation, capsys: pytest.CaptureFixture[str]) -> str:
    terminal.print_audit(audit, plan, page=Path("/project/reports/markers.html"))
    return capsys.readouterr().out


def test_every_class_that_asks_for_a_decision_is_named(
    audit: Audit, plan: Consolidation, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(audit, plan, capsys)
    for name in ("slow", "cof_ethical", "zebra", "gpu", "unit", "wip", "perhaps", "slow_test -> slow"):
        assert name in text
    assert "registered" in text
    assert "FAIL" in text
    assert "\x1b" not in text
    assert "[bold]" in text


def test_it_fits_into_80_columns(audit: Audit, plan: Consolidation, capsys: pytest.CaptureFixture[str]) -> None:
    assert max(map(len, said(audit, plan, capsys).splitlines())) <= 80


def test_the_commands_that_it_prints_are_commands_of_ours(
    audit: Audit, plan: Consolidation, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = [line.partition(": ")[2] for line in said(audit, plan, capsys).splitlines() if ": noxtasks " in line]
    assert len(commands) == 2
    for command in commands:
        build_parser().parse_args(shlex.split(command)[1:])


def test_github_gets_a_summary_and_the_place_of_what_fails(
    audit: Audit,
    plan: Consolidation,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert "::error file=tests/test_a.py,line=3,title=markers::the marker wip" in said(audit, plan, capsys)
    assert "| `wip` | unregistered but used | 2 |" in (tmp_path / "summary.md").read_text("utf-8")


class Tags(HTMLParser):
    """The tags that are open, to see whether each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in {"meta", "tr", "th"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"tr", "th"}:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_is_sound_and_escapes_what_projects_write(audit: Audit, plan: Consolidation) -> None:
    text = page.render(audit, plan, project="<script>").decode()
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert "says <b>so</b>" in "".join(tags.texts)
    assert "<b>so" not in text
    assert "\x1b" not in text


def test_heat_puts_deep_folders_together_until_there_is_room(a_marker: Callable[..., Marker]) -> None:
    folders = {f"tests/part{number % 5}/deep{number}": number + 1 for number in range(40)}
    found = page.heat([a_marker("slow", Class.APPLIED, folders=folders), a_marker("gpu", Class.SELECTED)])
    assert found.folders == tuple(f"tests/part{number}" for number in range(5))
    ((name, cells),) = found.rows
    assert name == "slow"
    assert sum(count for count, _ in cells) == sum(folders.values())
    assert all(0 < warmth <= 1 for _, warmth in cells)
