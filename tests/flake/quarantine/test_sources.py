"""The files that have marks are found."""

from __future__ import annotations

from pathlib import Path

from noxtasks.flake.quarantine import sources


def test_the_files_with_marks_are_found_but_for_environments_and_reports(tmp_path: Path) -> None:
    for name in ("tests/test_b.py", "test_a.py", ".venv/x.py", "env/lib/x.py", "out/x.py", "a.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("@pytest.mark.flaky_quarantine")
    (tmp_path / "env" / "pyvenv.cfg").touch()
    (tmp_path / "test_c.py").write_text("nothing")
    assert list(sources.marked_files(tmp_path, "out")) == ["test_a.py", "tests/test_b.py"]
