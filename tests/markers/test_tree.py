from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from noxtasks.markers import tree
from noxtasks.markers.tree import Tree, read_tree
from noxtasks.suite import git

GIT = shutil.which("git") or ""
needs_git = pytest.mark.skipif(not GIT, reason="needs git")


def read(root: Path) -> Tree:
    return read_tree(root, git.output_in(root), reports="reports")


def write(root: Path, *paths: str, content: str = "x\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)


def init(root: Path) -> None:
    root.mkdir(exist_ok=True)
    subprocess.run([GIT, "init", "-q"], cwd=root, check=True)


def test_python_and_other_texts_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.pyi", "c.md", "Makefile", "py.typed")
    write(tmp_path, "run", content="#!/usr/bin/env python3\n")
    write(tmp_path, "go", content="#!/bin/sh\n")
    found = read(tmp_path)
    assert set(found.python) == {"a.py", "b.pyi", "run"}
    assert set(found.texts) == {"c.md", "Makefile", "py.typed", "go"}


def test_what_is_no_text_is_not_read_and_what_is_too_long_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"mark.slow\0")
    (tmp_path / "picture.png").write_bytes(b"mark.slow")
    (tmp_path / "long.json").write_bytes(b" " * (tree.TEXT_LIMIT_BYTES + 1))
    (tmp_path / "long.py").write_bytes(b" " * (tree.TEXT_LIMIT_BYTES + 1))
    found = read(tmp_path)
    assert found.texts == {}
    assert found.left_out == ("long.json: larger than 2 MiB",)
    assert len(found.python["long.py"]) == tree.TEXT_LIMIT_BYTES + 1


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a\r\nb\rc", "a\nb\nc"),
        (b"\xef\xbb\xbfx", "x"),
        ("ü\n".encode("utf-16"), "ü\n"),
        (b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_texts_are_decoded_whatever_wrote_them(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "x.txt").write_bytes(content)
    assert read(tmp_path).texts == {"x.txt": text}


def test_without_git_by_products_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", ".venv/b.txt", "env/pyvenv.cfg", "env/c.txt", "build/d.txt", "reports/e.txt")
    write(tmp_path, "docs/build/f.txt")
    assert set(read(tmp_path).texts) == {"a.txt", "docs/build/f.txt"}


@needs_git
def test_with_git_tracked_and_new_files_count_and_ignored_ones_do_not(tmp_path: Path) -> None:
    init(tmp_path)
    write(tmp_path, "build/tracked.txt", "new.txt", "ignored.txt", "reports/x.txt", "node_modules/x.txt", "gone.txt")
    write(tmp_path, ".gitignore", content="ignored.txt\n")
    subprocess.run([GIT, "add", "build", "gone.txt"], cwd=tmp_path, check=True)
    (tmp_path / "gone.txt").unlink()
    assert set(read(tmp_path).texts) == {".gitignore", "build/tracked.txt", "new.txt"}


@needs_git
def test_a_folder_of_a_repository_is_read_from_that_folder_on(tmp_path: Path) -> None:
    init(tmp_path)
    write(tmp_path, "outside.txt", "package/inside.txt")
    assert set(read(tmp_path / "package").texts) == {"inside.txt"}


@needs_git
def test_repositories_inside_are_read_too_but_a_missing_submodule_is_not_the_repository_around_it(
    tmp_path: Path,
) -> None:
    init(tmp_path)
    write(tmp_path, "a.txt")
    init(tmp_path / "inner")
    write(tmp_path, "inner/b.txt")
    gitlink = [GIT, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},absent"]
    subprocess.run(gitlink, cwd=tmp_path, check=True)
    (tmp_path / "absent").mkdir()
    assert set(read(tmp_path).texts) == {"a.txt", "inner/b.txt"}


@pytest.mark.skipif(os.name != "posix", reason="links and names that are not UTF-8 are POSIX's")
def test_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "real/a.txt")
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    (tmp_path / "b.txt").symlink_to("real/a.txt")
    (tmp_path / "circle").symlink_to(".", target_is_directory=True)
    assert set(read(tmp_path).texts) == {"real/a.txt"}


@needs_git
@pytest.mark.skipif(os.name != "posix", reason="links and names that are not UTF-8 are POSIX's")
@pytest.mark.parametrize("with_git", [True, False])
@pytest.mark.parametrize("name", [b"caf\xe9.txt", b"new\nline.txt", "ü.txt".encode(), b"tab\t.txt"])
def test_any_name_survives(tmp_path: Path, with_git: bool, name: bytes) -> None:
    if with_git:
        init(tmp_path)
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("x")
    except OSError:
        pytest.skip("this file system takes no such name")
    assert [os.fsencode(path) for path in read(tmp_path).texts] == [name]


def test_names_of_folders_and_files_are_given_as_words(tmp_path: Path) -> None:
    write(tmp_path, "tests/unit-fast/test_db_slow.py")
    assert {"tests", "unit-fast", "unit_fast", "unit", "fast", "test_db_slow", "db", "slow"} <= read(tmp_path).folders


@needs_git
def test_what_may_start_the_tests_from_above_is_read_too(tmp_path: Path) -> None:
    top = tmp_path / "repository"
    init(top)
    write(top, ".github/workflows/ci.yml", "Makefile", "README.md", "noxfile.py", "other/Makefile", "parts/a/tox.ini")
    subprocess.run([GIT, "add", "-A"], cwd=top, check=True)
    found = read(top / "parts" / "a")
    assert set(found.texts) == {"tox.ini", "../../.github/workflows/ci.yml", "../../Makefile"}


@pytest.mark.parametrize("has_git", [pytest.param(True, marks=needs_git), False])
def test_what_is_excluded_is_not_read(tmp_path: Path, has_git: bool) -> None:
    if has_git:
        init(tmp_path)
    write(tmp_path, "a.md", "vendored/b.py", "vendored.md", "parts/vendored/c.md")
    found = read_tree(tmp_path, git.output_in(tmp_path), reports="reports", exclude=["vendored"])
    assert set(found.paths) == {"a.md", "vendored.md", "parts/vendored/c.md"}
