from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from noxtasks.evidence import vcs
from noxtasks.evidence.vcs import Code, Vcs

GIT = shutil.which("git")
pytestmark = [
    pytest.mark.functional,
    pytest.mark.skipif(GIT is None, reason="no git here"),
    pytest.mark.skipif(
        os.name != "posix", reason="the names and kinds of files that are tried here exist on POSIX only"
    ),
]

NASTY = ["new\nline.py", 'quo"te.py', "back\\slash.py", "ünï.py", " space .py", "-dash.py", "tab\t.py", ":(top)x.py"]


def _environment(home: Path) -> dict[str, str]:
    names = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, **dict.fromkeys(names, "t@example.org"), "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


class Git:
    """Runs real git for a test, and counts as `run` for the code under test."""

    def __init__(self, home: Path) -> None:
        self.environment = _environment(home)

    def __call__(self, argv: Sequence[str]) -> bytes | None:
        done = subprocess.run([GIT or "", *argv[1:]], env=self.environment, capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None

    def do(self, folder: Path, *arguments: str) -> None:
        command = [GIT or "", "-c", "protocol.file.allow=always", "-C", str(folder), *arguments]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)

    def make(self, folder: Path, *, commit: bool = True) -> Path:
        folder.mkdir(parents=True)
        self.do(folder, "init", "-q", "-b", "main")
        (folder / "code.py").write_text("x = 1\n")
        if commit:
            self.commit(folder)
        return folder

    def commit(self, folder: Path) -> None:
        self.do(folder, "add", "-A")
        self.do(folder, "commit", "-q", "--allow-empty", "-m", "c")

    def head(self, folder: Path) -> str:
        return (self(["git", "-C", str(folder), "rev-parse", "HEAD"]) or b"").decode().strip()


@pytest.fixture
def git(tmp_path: Path) -> Git:
    (tmp_path / "home").mkdir()
    return Git(tmp_path / "home")


@pytest.fixture
def repository(tmp_path: Path, git: Git) -> Path:
    return git.make(tmp_path / "repository")


def _no_git(_argv: Sequence[str]) -> None:
    return None


def test_a_clean_tree_is_its_commit(repository: Path, git: Git) -> None:
    head = git.head(repository)
    assert vcs.code(repository, run=git) == Code(vcs=Vcs(revision=head, dirty=False), code_version=head)


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda folder: (folder / "code.py").write_text("x = 2\n"),
    "deleted": lambda folder: (folder / "code.py").unlink(),
    "untracked": lambda folder: (folder / "new.py").write_text("x = 1\n"),
    "untracked in a folder": lambda folder: _lay(folder, ["sub/new.py"]),
    "renamed": lambda folder: (folder / "code.py").rename(folder / "moved.py"),
    "executable": lambda folder: (folder / "code.py").chmod(0o755),
    "link": lambda folder: (folder / "link.py").symlink_to("code.py"),
    "dangling link": lambda folder: (folder / "link.py").symlink_to("nowhere"),
    "pipe": lambda folder: os.mkfifo(folder / "pipe"),
    "binary": lambda folder: (folder / "data.bin").write_bytes(bytes(range(256))),
    **{f"nasty {name!r}": lambda folder, name=name: (folder / name).write_text("x") for name in NASTY},  # type: ignore[misc]  # mypy cannot infer a lambda with a default
}


@pytest.mark.parametrize("change", [change for change in CHANGES if change != "pipe"])
def test_every_change_makes_the_tree_dirty_and_gives_a_code_version_of_its_own(
    repository: Path, git: Git, change: str
) -> None:
    CHANGES[change](repository)
    code = vcs.code(repository, run=git)
    assert code.vcs == Vcs(revision=git.head(repository), dirty=True)
    assert re.fullmatch(r"[0-9a-f]{40}\+dirty\.[0-9a-f]{64}", code.code_version)
    (repository / "another.py").write_text("")
    assert vcs.code(repository, run=git).code_version != code.code_version


def test_no_two_changes_have_the_same_code_version(tmp_path: Path, git: Git) -> None:
    versions = []
    for number, change in enumerate(CHANGES.values()):
        folder = git.make(tmp_path / str(number))
        change(folder)
        versions.append(vcs.code(folder, run=git).code_version.partition("+")[2])
    versions = [version for version in versions if version]
    assert len(set(versions)) == len(versions) >= len(CHANGES) - 1  # git does not see a pipe


def test_the_same_change_has_the_same_code_version_staged_or_not(repository: Path, git: Git) -> None:
    (repository / "code.py").write_text("x = 2\n")
    (repository / "new.py").write_text("y = 1\n")
    unstaged = vcs.code(repository, run=git)
    git.do(repository, "add", "-A")
    assert vcs.code(repository, run=git) == unstaged


def test_what_was_changed_back_is_clean_again(repository: Path, git: Git) -> None:
    (repository / "code.py").write_text("x = 2\n")
    (repository / "code.py").write_text("x = 1\n")
    os.utime(repository / "code.py", (1, 1))
    assert vcs.code(repository, run=git).vcs == Vcs(revision=git.head(repository), dirty=False)


def test_the_users_configuration_of_git_does_not_change_the_code_version(repository: Path, git: Git) -> None:
    (repository / "code.py").rename(repository / "moved.py")
    plain = vcs.code(repository, run=git)
    for setting in ("diff.renames=copies", "diff.noprefix=true", "diff.autoRefreshIndex=false", "core.quotePath=false"):
        git.do(repository, "config", *setting.split("="))
    git.do(repository, "config", "diff.external", "false")
    assert vcs.code(repository, run=git) == plain


OUTPUT = [
    "reports/flake.report.json",
    "reports/sub/x.html",
    ".noxtasks/history.db",
    "pkg/__pycache__/x.pyc",
    "x.pyc",
    ".coverage",
    ".coverage.host.1",
    "quarantine.toml",
    "governance.yaml",
    ".hypothesis/examples/x",
    ".nox/flake/bin/python",
    ".venv/bin/python",
    "shop.egg-info/PKG-INFO",
    "build/lib/x.py",
    "dist/x.whl",
]


def _lay(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def test_what_tools_write_never_makes_the_tree_dirty(repository: Path, git: Git) -> None:
    _lay(repository, [*OUTPUT, "my env/pyvenv.cfg", "my env/lib/x.py"])
    assert vcs.code(repository, run=git).vcs == Vcs(revision=git.head(repository), dirty=False)


@pytest.mark.parametrize("name", ["3.12", "3.13t", "pypy3.10"])
def test_nor_does_what_another_interpreter_has_among_the_reports(repository: Path, git: Git, name: str) -> None:
    _lay(repository, ["out/3.11/flake.report.json", f"out/{name}/flake.report.json", "out/index.html"])
    assert vcs.code(repository, run=git, reports=Path("out", name)).code_version == git.head(repository)
    assert vcs.code(repository, run=git, reports=Path("out/sub")).vcs == Vcs(revision=git.head(repository), dirty=True)
    assert vcs.code(repository, run=git, reports=Path(name)).vcs == Vcs(revision=git.head(repository), dirty=True)


def test_a_committed_report_that_was_written_again_does_not_either(repository: Path, git: Git) -> None:
    _lay(repository, ["reports/README.md", ".noxtasks/kept", "out/x.json"])
    git.commit(repository)
    _lay(repository, ["reports/README.md"])
    (repository / "reports" / "README.md").write_text("changed")
    (repository / ".noxtasks" / "kept").unlink()
    (repository / "out" / "x.json").write_text("changed")
    assert vcs.code(repository, run=git, reports=Path("out")).vcs == Vcs(revision=git.head(repository), dirty=True)
    git.do(repository, "checkout", "--", "reports")
    assert vcs.code(repository, run=git, reports=Path("out")).vcs == Vcs(revision=git.head(repository), dirty=False)


@pytest.mark.parametrize("name", ["quarantine.toml", "governance.yaml"])
def test_a_quarantine_or_a_plan_that_changes_leaves_the_code_as_it_is(repository: Path, git: Git, name: str) -> None:
    _lay(repository, [name, f"tests/{name}"])
    git.commit(repository)
    (repository / name).write_text("changed")
    assert vcs.code(repository, run=git).vcs == Vcs(revision=git.head(repository), dirty=False)
    (repository / "tests" / name).write_text("changed")
    assert vcs.code(repository, run=git).vcs == Vcs(revision=git.head(repository), dirty=True)


def test_a_package_that_is_called_build_or_reports_counts(repository: Path, git: Git) -> None:
    _lay(repository, ["src/shop/reports/x.py"])
    first = vcs.code(repository, run=git)
    assert first.vcs == Vcs(revision=git.head(repository), dirty=True)
    _lay(repository, ["build/__init__.py"])
    assert vcs.code(repository, run=git).code_version != first.code_version


def test_ignored_files_do_not_count(repository: Path, git: Git) -> None:
    (repository / ".gitignore").write_text("*.log\n")
    git.commit(repository)
    (repository / "x.log").write_text("x")
    assert vcs.code(repository, run=git).vcs == Vcs(revision=git.head(repository), dirty=False)


def test_a_repository_without_commits_is_known_by_its_files(tmp_path: Path, git: Git) -> None:
    folder = git.make(tmp_path / "new", commit=False)
    code = vcs.code(folder, run=git)
    assert code.vcs == Vcs(revision=None, dirty=True)
    git.do(folder, "add", "-A")
    assert vcs.code(folder, run=git) == code
    (folder / "code.py").write_text("x = 2\n")
    assert vcs.code(folder, run=git).code_version != code.code_version
    assert re.fullmatch(r"tree\.[0-9a-f]{64}", code.code_version)


def test_in_a_larger_repository_only_changes_in_the_folder_count(repository: Path, git: Git) -> None:
    _lay(repository, ["shop/code.py", "other/code.py"])
    git.commit(repository)
    shop = repository / "shop"
    (repository / "other" / "code.py").write_text("changed")
    (repository / "new.py").write_text("new")
    assert vcs.code(shop, run=git) == Code(
        vcs=Vcs(revision=git.head(repository), dirty=False), code_version=git.head(repository)
    )
    (shop / "code.py").write_text("changed")
    changed = vcs.code(shop, run=git)
    assert changed.vcs == Vcs(revision=git.head(repository), dirty=True)
    (repository / "other" / "code.py").write_text("changed again")
    assert vcs.code(shop, run=git) == changed


def test_a_folder_that_a_larger_repository_ignores_is_not_part_of_it(repository: Path, git: Git) -> None:
    (repository / ".gitignore").write_text("unpacked/\n")
    git.commit(repository)
    _lay(repository, ["unpacked/code.py"])
    code = vcs.code(repository / "unpacked", run=git)
    assert (code.vcs, code.notes) == (None, ())
    _lay(repository, ["unpacked/more.py"])
    assert vcs.code(repository / "unpacked", run=git).code_version != code.code_version
    git.do(repository, "add", "-f", "unpacked")
    git.do(repository, "commit", "-qm", "kept after all")
    assert vcs.code(repository / "unpacked", run=git).code_version == git.head(repository)


def test_a_worktree_has_a_state_of_its_own(tmp_path: Path, repository: Path, git: Git) -> None:
    git.do(repository, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "side" / "code.py").write_text("x = 3\n")
    git.commit(tmp_path / "side")
    assert vcs.code(tmp_path / "side", run=git).code_version == git.head(tmp_path / "side") != git.head(repository)
    assert vcs.code(repository, run=git).code_version == git.head(repository)


def test_changes_inside_a_submodule_count(tmp_path: Path, repository: Path, git: Git) -> None:
    library = git.make(tmp_path / "library")
    git.do(repository, "submodule", "add", "-q", str(library), "vendored")
    git.commit(repository)
    assert vcs.code(repository, run=git).vcs == Vcs(revision=git.head(repository), dirty=False)
    inside = repository / "vendored"
    versions = set()
    for text in ("x = 2\n", "x = 3\n"):
        (inside / "code.py").write_text(text)
        versions.add(vcs.code(repository, run=git).code_version)
    git.commit(inside)
    versions.add(vcs.code(repository, run=git).code_version)
    (inside / "new.py").write_text("")
    versions.add(vcs.code(repository, run=git).code_version)
    assert len(versions - {git.head(repository)}) == 4


def test_a_repository_inside_that_is_no_submodule_counts(repository: Path, git: Git) -> None:
    inside = git.make(repository / "inside")
    code = vcs.code(repository, run=git)
    assert code.vcs == Vcs(revision=git.head(repository), dirty=True)
    (inside / "code.py").write_text("changed")
    assert vcs.code(repository, run=git).code_version != code.code_version


def test_asking_does_not_write_into_the_repository(repository: Path, git: Git) -> None:
    os.utime(repository / "code.py", (1, 1))
    before = (repository / ".git" / "index").read_bytes()
    vcs.code(repository, run=git)
    assert (repository / ".git" / "index").read_bytes() == before


def test_a_refusal_of_git_is_told_with_the_way_out(repository: Path, git: Git) -> None:
    git.environment["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    code = vcs.code(repository, run=git)
    assert code.vcs is None
    assert code.code_version.startswith("tree.")
    assert code.notes[0].endswith(f"git config --global --add safe.directory {repository}")


def test_a_repository_that_is_damaged_is_told(repository: Path, git: Git) -> None:
    (repository / ".git" / "index").write_bytes(b"nonsense")
    code = vcs.code(repository, run=git)
    assert (code.vcs, len(code.notes)) == (None, 1)
    assert "what has changed" in code.notes[0]


def test_a_repository_without_git_is_told(repository: Path) -> None:
    code = vcs.code(repository, run=_no_git)
    assert code.vcs is None
    assert "no git" in code.notes[0]


@pytest.mark.parametrize("run", [None, _no_git], ids=["git", "no git"])
def test_a_folder_without_repository_is_known_by_its_files(
    tmp_path: Path, git: Git, run: Callable[[Sequence[str]], None] | None
) -> None:
    root = tmp_path / "project"
    _lay(root, ["code.py", "sub/more.py"])
    code = vcs.code(root, run=run or git)
    assert (code.vcs, code.notes) == (None, ())
    assert re.fullmatch(r"tree\.[0-9a-f]{64}", code.code_version)
    _lay(root, [*OUTPUT, "env/pyvenv.cfg", "env/lib/x.py"])
    assert vcs.code(root, run=run or git) == code
    seen = {code.code_version}
    for change in CHANGES.values():
        shutil.rmtree(root)
        _lay(root, ["code.py", "sub/more.py"])
        change(root)
        seen.add(vcs.code(root, run=run or git).code_version)
    assert len(seen) == len(CHANGES) + 1


def test_content_cannot_be_moved_from_a_name_into_a_file(tmp_path: Path) -> None:
    versions = set()
    for number, (name, text) in enumerate([("ab", "c"), ("a", "bc"), ("a", "b"), ("abc", "")]):
        _lay(tmp_path, [f"{number}/{name}"])
        (tmp_path / str(number) / name).write_text(text)
        versions.add(vcs.code(tmp_path / str(number), run=_no_git).code_version)
    assert len(versions) == 4


def test_what_stands_beside_a_link_cannot_be_moved_into_its_target(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "a").symlink_to("t")
    os.mkfifo(tmp_path / "one" / "b")
    (tmp_path / "other" / "a").symlink_to("tbspecial")
    one, other = (vcs.code(tmp_path / name, run=_no_git) for name in ("one", "other"))
    assert one.code_version != other.code_version


def test_an_unreadable_file_does_not_stop_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _lay(tmp_path, ["a.py"])

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(vcs, "_file_digest", refuse)  # root may read everything
    assert vcs.code(tmp_path, run=_no_git).code_version.startswith("tree.")
