"""What the user's own tree would offer to import."""

from __future__ import annotations

from pathlib import Path

from noxtasks.suite.local_names import local_names


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")


def test_packages_modules_and_folders_are_told_with_their_places(tmp_path: Path) -> None:
    write(tmp_path, "src/shop/__init__.py", "src/shop/till.py", "tests/wares.py", "tests/unit/wares.py", "setup.py")

    names = local_names(tmp_path)

    assert names["shop"] == ("src/shop/__init__.py",)
    assert names["wares"] == ("tests/wares.py", "tests/unit/wares.py")
    assert names["tests"] == ("tests/",)
    assert names["setup"] == ("setup.py",)
    assert "src" not in names


def test_what_is_no_source_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, ".nox/x.py", "node_modules/y.py", "build/lib/z.py", "env-3/pyvenv.cfg", "env-3/lib/w.py")

    assert local_names(tmp_path) == {}
