"""The page is made anew after each command that has written something, and never decides how that ends."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from noxtasks import cli, gates
from noxtasks.config import Settings
from noxtasks.dashboard import refreshing
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts

from .conftest import Forge

SCORE = {"figure": None, "interval": None, "tried": 0}
AUDIT = {"findings": [], "differing": [], "score": SCORE, "files": 1, "tests": 1, "runs": 2}
NAME = "determinism.audit.json"


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose command `gates` is being run."""
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["noxtasks", "gates"])
    return tmp_path


def test_a_command_that_writes_leaves_a_page(called: Path, monkeypatch: pytest.MonkeyPatch, forge: Forge) -> None:
    def write(root: Path, settings: Settings) -> ExitCode:
        forge(NAME, AUDIT, folder=root / settings.reports)
        return ExitCode.FOUND

    monkeypatch.setattr(gates, "run", write)
    assert cli.main() is ExitCode.FOUND
    assert b"no findings in 1 file" in (called / "reports" / "index.html").read_bytes()


def test_what_was_written_before_an_error_is_on_the_page(
    called: Path, monkeypatch: pytest.MonkeyPatch, forge: Forge
) -> None:
    def fail(root: Path, settings: Settings) -> ExitCode:
        forge(NAME, AUDIT, folder=root / settings.reports)
        raise NotMeasuredError("the suite has died")

    monkeypatch.setattr(gates, "run", fail)
    with pytest.raises(NotMeasuredError, match="the suite has died"):
        cli.main()
    assert (called / "reports" / "index.html").is_file()


def test_a_command_that_writes_nothing_makes_no_page(
    called: Path, monkeypatch: pytest.MonkeyPatch, forge: Forge
) -> None:
    forge(NAME, AUDIT, folder=called / "reports")
    monkeypatch.setattr(gates, "run", lambda root, settings: ExitCode.NOTHING_FOUND)
    assert cli.main() is ExitCode.NOTHING_FOUND
    assert not (called / "reports" / "index.html").exists()


@pytest.mark.parametrize("error", [RuntimeError("two\nlines"), KeyboardInterrupt()])
def test_a_page_that_cannot_be_made_costs_a_line_and_nothing_else(
    called: Path,
    monkeypatch: pytest.MonkeyPatch,
    forge: Forge,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
) -> None:
    def write(root: Path, settings: Settings) -> ExitCode:
        forge(NAME, AUDIT, folder=root / settings.reports)
        return ExitCode.NOTHING_FOUND

    def fail(*_arguments: object, **_told: object) -> bytes:
        raise error

    monkeypatch.setattr(gates, "run", write)
    monkeypatch.setattr(refreshing, "rendered", fail)
    assert cli.main() is ExitCode.NOTHING_FOUND
    assert capsys.readouterr().err in {
        "noxtasks: index.html could not be made anew: two lines\n",
        "noxtasks: index.html could not be made anew: KeyboardInterrupt\n",
    }


def test_a_folder_that_cannot_be_written_costs_a_line(
    called: Path, monkeypatch: pytest.MonkeyPatch, forge: Forge, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(root: Path, settings: Settings) -> ExitCode:
        forge(NAME, AUDIT, folder=root / settings.reports)
        (root / settings.reports / "index.html").mkdir()
        return ExitCode.NOTHING_FOUND

    monkeypatch.setattr(gates, "run", write)
    assert cli.main() is ExitCode.NOTHING_FOUND
    assert "index.html could not be made anew" in capsys.readouterr().err


def test_the_page_is_no_evidence(tmp_path: Path, forge: Forge) -> None:
    forge(NAME, AUDIT)
    before = (tmp_path / "SHA256SUMS").read_bytes()
    refreshing.write(tmp_path, project="shop")
    assert (tmp_path / "SHA256SUMS").read_bytes() == before
    assert [each.name for each in artifacts.verify(tmp_path, is_checked=False)] == []
    refreshing.write(tmp_path, project="shop")
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith("tmp")] == []


def test_the_same_artifacts_make_the_same_page(tmp_path: Path, forge: Forge) -> None:
    forge(NAME, AUDIT)
    assert refreshing.rendered(tmp_path, project="shop") == refreshing.rendered(tmp_path, project="shop")


def test_what_is_written_while_the_page_is_made_is_on_it_in_the_end(
    tmp_path: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = refreshing.rendered
    made: list[bytes] = []

    def slowly(reports: Path, **told: object) -> bytes:
        data = rendered(reports, **told)  # type: ignore[arg-type] # passed on as they came
        if not made:
            forge("marker_audit_report.json", {})
        made.append(data)
        return data

    forge(NAME, AUDIT)
    monkeypatch.setattr(refreshing, "rendered", slowly)
    refreshing.write(tmp_path, project="shop")
    assert len(made) == 2
    assert (tmp_path / "index.html").read_bytes() == made[1]


def test_the_reports_of_an_interpreter_have_a_page_and_so_has_the_folder_above(tmp_path: Path, forge: Forge) -> None:
    forge(NAME, AUDIT, folder=tmp_path / "reports" / "3.12")
    refreshing.refresh(tmp_path, Settings(reports="reports/3.12", python=("3.11", "3.12")))
    assert b"no findings in 1 file" in (tmp_path / "reports" / "3.12" / "index.html").read_bytes()
    assert b"determinism on 3.12" in (tmp_path / "reports" / "index.html").read_bytes()


def test_the_command_makes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forge: Forge) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["noxtasks", "dashboard"])
    with pytest.raises(NotMeasuredError, match="there is nothing to show") as caught:
        cli.main()
    assert caught.value.exit_code is ExitCode.NOT_MEASURED
    assert "noxtasks flake" in caught.value.remedy
    assert not (tmp_path / "reports").exists()
    forge(NAME, AUDIT, folder=tmp_path / "reports")
    assert cli.main() is ExitCode.NOTHING_FOUND
    assert (tmp_path / "reports" / "index.html").is_file()


def test_a_port_without_a_server_is_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["noxtasks", "dashboard", "--port", "80"])
    with pytest.raises(ConfigurationError, match="only a page that is served has a port"):
        cli.main()
