"""`markers` from end to end: a project with every trap, audited, cleaned, and proven to be as it was otherwise."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noxtasks import config, markers
from noxtasks.config import Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, events, sums
from noxtasks.markers import emit, page

from ..told import untold

GIT = shutil.which("git") or ""
pytestmark = [pytest.mark.functional, pytest.mark.skipif(not GIT, reason="needs git")]

Project = tuple[Path, dict[str, str]]
OLD = {"GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z"}


@pytest.fixture
def marked(project: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Project:
    """The sample project under git, and the class of each of its markers."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    root = project("marked")
    truth = root / "truth.json"
    known = json.loads(truth.read_text("utf-8"))["markers"]
    truth.unlink()
    (root / ".gitignore").write_text("reports/\n__pycache__/\n.pytest_cache/\n")
    commit(root, "init", "-q")
    return root, {name: each["class"] for name, each in known.items()}


def commit(root: Path, *first: str) -> None:
    for arguments in (first, ("add", "-A"), ("commit", "-qm", "x")):
        if arguments:
            user = ("-c", "user.name=a", "-c", "user.email=a@example.org")
            subprocess.run([GIT, *user, *arguments], cwd=root, check=True, env={**os.environ, **OLD})


def audited(root: Path, python: Path | None, settings: Settings | None = None, *, apply: bool = False) -> ExitCode:
    settings = settings or config.load(root)
    return markers.run(root, settings, pythons=(python,) if python else (), apply=apply)


def result(root: Path, name: str = emit.AUDIT) -> Any:
    return artifacts.read(root / "reports", name).result


def classes(root: Path) -> dict[str, str]:
    return {each["name"]: each["class"] for each in result(root)["markers"]}


@pytest.mark.parametrize("collects", [True, False])
def test_every_marker_gets_the_class_that_it_is_of(marked: Project, python: Path, collects: bool) -> None:
    """No marker in use is proposed for removal, and those that nothing uses are all found."""
    root, truth = marked
    assert audited(root, python if collects else None) is ExitCode.FOUND
    assert classes(root) == truth
    assert artifacts.verify(root / "reports") == []
    assert [event.type.value for event in events.read(root / "reports")] == [
        "marker_consolidation_start",
        "marker_consolidation_complete",
    ]
    assert untold(root / "reports") == set()
    assert page.NAME in sums.parse((root / "reports" / sums.NAME).read_bytes()).digests


def test_what_is_applied_breaks_nothing_and_leaves_nothing_to_remove(marked: Project, python: Path) -> None:
    root, truth = marked
    before = contents(root)
    assert audited(root, python, apply=True) is ExitCode.NOTHING_FOUND
    plan = result(root, emit.CONSOLIDATED)
    removed = {each["marker"] for each in plan["removals"] if each["is_decided"]}
    left = {name for name, kind in truth.items() if kind == "removable"} - removed
    computed = {name for name in truth if name.startswith(("sprint_", "wave_"))}  # in loops over numbers and letters
    assert left == {"ucl_evidence_chain"} | computed
    assert {each["marker"] for each in plan["archive"]} == removed

    commit(root)
    assert audited(root, python) is ExitCode.NOTHING_FOUND
    kept = {name: kind for name, kind in truth.items() if name not in removed}
    assert classes(root) == kept | {"undeclared": "applied", "also_undeclared": "applied"}
    subprocess.run([GIT, "checkout", "-q", "HEAD~1", "--", "."], cwd=root, check=True)
    assert contents(root) == before


def contents(root: Path) -> dict[str, bytes]:
    listed = subprocess.run([GIT, "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout
    return {name: (root / name).read_bytes() for name in listed.decode().split("\0") if name}


SUITE = """\
import pytest

@pytest.mark.slow
def test_a(): ...

@pytest.mark.slowtest
def test_b(): ...

@pytest.mark.fast
def test_c(request):
    assert request.node.get_closest_marker("fast")
"""
INI = """\
[pytest]
markers =
    slow: takes long
    slowtest: takes long
    fast: does not
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    root = tmp_path / "small"
    root.mkdir()
    (root / "test_a.py").write_text(SUITE)
    (root / "pytest.ini").write_text(INI)
    (root / "run.sh").write_text("pytest -m 'not fast'\n")
    (root / ".gitignore").write_text("reports/\n__pycache__/\n.pytest_cache/\n")
    commit(root, "init", "-q")
    return root


def renaming(**renames: str) -> Settings:
    return Settings(markers=config.MarkersSettings(rename=renames))


def test_a_renaming_reaches_every_use(small: Path, python: Path) -> None:
    audited(small, python, renaming(fast="quick"), apply=True)
    assert "quick: does not" in (small / "pytest.ini").read_text()
    assert "@pytest.mark.quick" in (small / "test_a.py").read_text()
    assert 'get_closest_marker("quick")' in (small / "test_a.py").read_text()
    assert (small / "run.sh").read_text() == "pytest -m 'not quick'\n"


def test_a_renaming_that_is_given_up_registers_nothing(small: Path, python: Path) -> None:
    with (small / "test_a.py").open("a") as file:
        file.write("\n@pytest.fixture\ndef told(request):\n    print('no mark.fast here')\n")
    commit(small)
    audited(small, python, renaming(fast="quick", slow="long"), apply=True)
    registered = (small / "pytest.ini").read_text()
    assert "long: takes long" in registered
    assert "fast: does not" in registered
    assert "quick" not in registered


def test_two_spellings_that_no_selection_parts_become_one(small: Path, python: Path) -> None:
    audited(small, python, apply=True)
    assert (small / "test_a.py").read_text() == SUITE.replace("slowtest", "slow")
    assert (small / "pytest.ini").read_text() == INI.replace("    slowtest: takes long\n", "")


def test_a_merge_that_changes_what_a_selection_selects_is_rolled_back(small: Path, python: Path) -> None:
    before = contents(small)
    with pytest.raises(NotMeasuredError, match="not fast: an expression selects other tests"):
        audited(small, python, renaming(slow="fast"), apply=True)
    assert contents(small) == before


def test_a_changed_tree_is_refused(small: Path, python: Path) -> None:
    (small / "run.sh").write_text("pytest\n")
    before = contents(small)
    with pytest.raises(ConfigurationError, match=r"run\.sh"):
        audited(small, python, renaming(fast="quick"), apply=True)
    assert contents(small) == before


def test_nothing_is_applied_without_a_proof(small: Path) -> None:
    before = contents(small)
    with pytest.raises(NotMeasuredError, match="cannot be proven"):
        audited(small, None, apply=True)
    assert contents(small) == before


def test_a_collection_that_takes_too_long_is_told_and_the_files_are_read(small: Path, python: Path) -> None:
    (small / "conftest.py").write_text("import threading\nthreading.Event().wait()\n")
    settings = Settings(markers=config.MarkersSettings(collect_timeout_s=1.0))
    assert audited(small, python, settings) is ExitCode.NOTHING_FOUND
    (seen,) = result(small)["observations"]
    assert not seen["is_complete"]
    assert "timed out" in seen["reason"]
    assert classes(small)["slow"] == "applied"
    assert result(small)["gates"][0]["grade"] == "UNMEASURED"


def test_a_rename_to_a_mark_of_pytests_own_is_refused_before_anything_is_edited(
    tmp_path: Path,
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    slow: s\n")
    (tmp_path / "test_a.py").write_text("import pytest\n@pytest.mark.slow\ndef test_a(): pass\n")
    (tmp_path / "pyproject.toml").write_text('[tool.noxtasks.markers.rename]\nslow = "skip"\n')
    with pytest.raises(ConfigurationError, match="pytest's own") as refused:
        audited(tmp_path, None, apply=True)
    assert "tool.noxtasks.markers.rename.slow" in str(refused.value)


def test_files_that_cannot_be_collected_are_named(
    small: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (small / "test_b.py").write_text("import no_such_module\n")
    audited(small, python)
    assert "1 file cannot be collected, and what they hold is read alone: test_b.py" in capsys.readouterr().out
    assert result(small)["observations"][0]["broken"] == ["test_b.py"]
