"""Revisions side by side, by real git: nothing of one leaks into another, and nothing of the user's is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from noxtasks.bench import environment, sides
from noxtasks.bench.environment import Environment
from noxtasks.bench.sides import Side
from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.suite.launch import Suite

pytestmark = pytest.mark.functional

BACKEND = """
import os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return write(wheel_directory, {"shop.py": open("src/shop.py").read()})

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return write(wheel_directory, {"shop.pth": os.path.abspath("src")})

def write(folder, files):
    name = "shop-1-py3-none-any.whl"
    info = "shop-1.dist-info/"
    files[info + "METADATA"] = "Metadata-Version: 2.1\\nName: shop\\nVersion: 1\\n"
    files[info + "WHEEL"] = "Wheel-Version: 1.0\\nGenerator: us\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[info + "RECORD"] = "".join(f"{path},,\\n" for path in (*files, info + "RECORD"))
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "shop"
version = "1"
[dependency-groups]
test = ["pytest", "gone @ file:///nowhere/gone"]
"""
"""What its tests need cannot be had any more, as with an old revision; the environment has it."""


class Light:
    """Stands for the environment where a test is about git alone: making one takes seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[Path] = []
        described = Environment(version=(3, 12), prefix=Path("/nowhere"), packages=(), sees_more=False)
        monkeypatch.setattr(environment, "describe", lambda python: described)
        monkeypatch.setattr(environment, "copied", lambda python, to, **more: self.made.append(to))


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> Light:
    return Light(monkeypatch)


@pytest.fixture
def root(tmp_path: Path, git: Callable[..., str], commit: Callable[..., str]) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "shop.py").write_text("OLD = True\n")
    commit(folder, "old")
    (folder / "shop.py").write_text("OLD = False\n")
    commit(folder, "new")
    return folder


def ready(root: Path, name: str, python: Path = Path("python")) -> AbstractContextManager[Side]:
    suite = Suite(root=root, python=python)
    return sides.make_ready(suite, name, install_setting=(), where="--against")


def places(root: Path) -> list[str]:
    return sorted(path.name for path in (root / sides.FOLDER).iterdir() if path.is_dir())


def test_two_sessions_get_a_tree_each_and_the_next_one_uses_what_is_there(root: Path, light: Light) -> None:
    with ready(root, "HEAD~1") as one, ready(root, "HEAD~1") as other:
        assert one.revision == other.revision
        assert one.tree != other.tree
        assert (one.tree / "shop.py").read_text() == (other.tree / "shop.py").read_text() == "OLD = True\n"
    with ready(root, "HEAD~1") as again:
        assert again.tree in {one.tree, other.tree}
    assert len(light.made) == 2


def test_no_more_than_some_are_kept_and_none_that_is_used_is_taken(
    root: Path, light: Light, commit: Callable[..., str], git: Callable[..., str]
) -> None:
    commits = [commit(root, f"number {number}") for number in range(7)]
    with ready(root, commits[0]) as held:
        for name in commits[1:]:
            with ready(root, name) as side:
                assert git(side.tree, "rev-parse", "HEAD").strip() == name
        assert git(held.tree, "rev-parse", "HEAD").strip() == commits[0]
    assert places(root) == ["1", "2", "3", "4"]
    assert len(git(root, "worktree", "list").splitlines()) == 5


def test_what_a_session_that_was_killed_has_left_is_made_anew(
    root: Path, light: Light, git: Callable[..., str]
) -> None:
    with ready(root, "HEAD~1") as side:
        pass
    (Path(git(side.tree, "rev-parse", "--git-dir").strip()) / "index.lock").touch()
    with ready(root, "HEAD~1") as side:
        assert git(side.tree, "status", "--porcelain") == ""
    (side.tree.parent / "ready").unlink()
    (side.tree / ".git").unlink()
    with ready(root, "HEAD~1"), ready(root, "HEAD~1") as side:
        assert git(side.tree, "status", "--porcelain") == ""
    assert len(light.made) == 4


def test_the_users_own_worktrees_stay_and_git_sees_nothing_new(
    root: Path, tmp_path: Path, light: Light, git: Callable[..., str]
) -> None:
    git(root, "worktree", "add", "--quiet", "--detach", str(tmp_path / "unmounted"))
    shutil.rmtree(tmp_path / "unmounted")
    (root / "shop.py").write_text("DIRTY = True\n")
    before = git(root, "worktree", "list"), git(root, "status", "--porcelain"), git(root, "for-each-ref")
    with sides.bookkeeping(root, "HEAD"):
        pass
    assert (git(root, "worktree", "list"), git(root, "status", "--porcelain"), git(root, "for-each-ref")) == before
    with ready(root, "HEAD"):
        git(root, "add", "--all")
    assert git(root, "diff", "--cached", "--name-only") == "shop.py\n"
    assert str(tmp_path / "unmounted") in git(root, "worktree", "list")


def test_submodules_are_filled_as_the_commit_has_them_without_a_remote(
    root: Path, tmp_path: Path, light: Light, git: Callable[..., str], commit: Callable[..., str]
) -> None:
    part = tmp_path / "part"
    part.mkdir()
    git(part, "init", "--quiet")
    (part / "data").write_text("first")
    commit(part, "first")
    git(root, "submodule", "--quiet", "add", str(part), "vendored/part")
    commit(root, "with the first")
    (part / "data").write_text("second")
    commit(part, "second")
    git(root / "vendored/part", "pull", "--quiet")
    commit(root, "with the second")
    shutil.rmtree(part)
    config = (root / ".git/config").read_text()
    with ready(root, "HEAD~1") as old, ready(root, "HEAD") as new:
        assert (old.tree / "vendored/part/data").read_text() == "first"
        assert (new.tree / "vendored/part/data").read_text() == "second"
    assert (root / ".git/config").read_text() == config
    assert git(root / "vendored/part", "status", "--porcelain") == ""


def test_of_a_shallow_clone_it_is_said_how_to_get_the_rest(
    root: Path, tmp_path: Path, light: Light, git: Callable[..., str]
) -> None:
    old = git(root, "rev-parse", "HEAD~1").strip()
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{root}", "shallow")
    with pytest.raises(ConfigurationError) as caught, ready(tmp_path / "shallow", old):
        pass
    assert "fetch-depth: 0" in caught.value.remedy
    with pytest.raises(ConfigurationError) as caught, ready(root, "no-such"):
        pass
    assert "fetch-depth" not in caught.value.remedy


def test_a_project_in_a_folder_of_its_repository_has_to_be_there_at_the_commit(
    root: Path, light: Light, commit: Callable[..., str]
) -> None:
    (root / "libs/shop").mkdir(parents=True)
    (root / "libs/shop/test_it.py").write_text("def test_it(): pass\n")
    commit(root, "more")
    with ready(root / "libs/shop", "HEAD") as side:
        assert side.suite.root == side.tree / "libs/shop"
    with pytest.raises(NotMeasuredError, match="no folder libs/shop"), ready(root / "libs/shop", "HEAD~1"):
        pass


def test_benchmarks_are_brought_and_gone_when_the_tree_is_used_again(root: Path, light: Light) -> None:
    (root / "tests").mkdir()
    (root / "tests/test_new.py").write_text("new")
    (root / "tests/conftest.py").write_text("more")
    for _ in range(2):
        with ready(root, "HEAD~1") as side:
            assert not (side.tree / "tests/conftest.py").exists()
            brought = sides.bring(["tests/test_new.py::test_it", "gone.py::test_it"], root, side.top, side)
            assert brought == ["tests/conftest.py", "tests/test_new.py"]
            assert (side.tree / "tests/test_new.py").read_text() == "new"
            assert sides.bring(["tests/test_new.py::test_it"], root, side.top, side) == []
    assert len(light.made) == 1


def test_pytest_does_not_find_the_configuration_of_the_tree_around(
    root: Path, light: Light, commit: Callable[..., str]
) -> None:
    (root / "tox.ini").write_text("[pytest]\n")
    (root / "test_it.py").write_text("def test_it(): pass\n")
    with ready(root, "HEAD") as side:
        sides.bring(["test_it.py::test_it"], root, side.top, side)
        assert (side.tree / "pytest.ini").read_text() == "[pytest]\n"
    (root / "pytest.ini").write_text("[pytest]\naddopts = -q\n")
    with ready(root, "HEAD") as side:
        sides.bring(["test_it.py::test_it"], root, side.top, side)
        assert (side.tree / "pytest.ini").read_text() == "[pytest]\naddopts = -q\n"
    (root / "pytest.ini").unlink()
    commit(root, "configured")
    with ready(root, "HEAD") as side:
        sides.bring(["test_it.py::test_it"], root, side.top, side)
        assert not (side.tree / "pytest.ini").exists()


def test_folders_of_the_new_tree_on_the_path_have_one_of_the_old_before_them(
    root: Path, light: Light, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root / "src"), "relative", "/elsewhere"]))
    with ready(root, "HEAD") as side:
        assert side.suite.entries == (side.tree / "src",)


@pytest.fixture
def installed(root: Path, tmp_path: Path, small: Path, commit: Callable[..., str]) -> tuple[Path, Path]:
    """A project with a package in `src`, below the top of its repository, and an environment without it."""
    project = root / "libs/shop"
    (project / "src").mkdir(parents=True)
    for name, content in (("backend.py", BACKEND), ("pyproject.toml", PROJECT), ("src/shop.py", "NEW = False\n")):
        (project / name).write_text(content)
    commit(root, "package")
    (project / "src/shop.py").write_text("NEW = True\n")
    venv = Path(shutil.copytree(small.parent.parent, tmp_path / "venv", symlinks=True))
    return project, venv / "bin" / "python"


@pytest.mark.parametrize("how", [["-e"], []])
def test_the_old_side_runs_the_old_code_however_the_new_is_installed(
    installed: tuple[Path, Path], how: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    project, python = installed
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", *how, str(project)]
    subprocess.run(pip, check=True)
    ask = "import shop, sys; print(shop.NEW, shop.__file__, *sys.path, sep='\\n')"
    said = subprocess.run([python, "-c", ask], cwd="/", check=True, capture_output=True, text=True).stdout
    assert said.startswith("True")
    with ready(project, "HEAD", python) as side:
        argv = [str(side.suite.python), "-c", ask]
        found = subprocess.run(argv, cwd="/", check=True, capture_output=True, text=True).stdout.splitlines()
    (project / "src/test_it.py").write_text("def test_it(): pass\n")
    (side.suite.root / "src/test_it.py").write_text("def test_it(): pass\n")
    argv = [str(python), "-m", "pytest", "--collect-only", "-qq", "-o", "norecursedirs=nothing"]
    collected = subprocess.run(argv, cwd=project, check=True, capture_output=True, text=True).stdout
    assert collected.split() == ["src/test_it.py:", "1"]
    assert found[0] == "False"
    assert Path(found[1]).is_relative_to(side.suite.root / "src" if how else side.suite.python.parent.parent)
    assert [
        path for path in found[2:] if Path(path).is_relative_to(project) and side.tree.parent not in Path(path).parents
    ] == []
