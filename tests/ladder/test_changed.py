"""What has changed is read from git as it is, and held against what tests have covered."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import ConfigurationError
from noxtasks.ladder import changed
from noxtasks.ladder.model import Counts, File
from noxtasks.stats import Verdict
from noxtasks.suite import git

GIT = shutil.which("git") or "git"
PLAIN = "a = 1\nb = 2\nc = 3\nd = 4\n"


class Repository:
    """One whose branch went apart from `main`, with the files of the first commit unchanged until now."""

    def __init__(self, root: Path, files: dict[str, str]) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.do("init", "-q", "-b", "main")
        for name, text in files.items():
            self.write(name, text)
        self.commit()
        self.do("checkout", "-q", "-b", "branch")

    def do(self, *arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"]
        subprocess.run([GIT, *identity, *arguments], cwd=self.root, check=True, capture_output=True)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def commit(self) -> None:
        self.do("add", "-A")
        self.do("commit", "-q", "--allow-empty", "-m", "x")

    def changes(self, *, below: str = ".", revision: str = "main") -> dict[str, set[int] | None]:
        root = self.root / below
        found = changed.since(root, revision, [".py"], run=git.output_in(root))
        return {path: None if lines is None else set(lines) for path, lines in found.items()}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project", {"a.py": PLAIN, "sub/b.py": PLAIN, "notes.txt": PLAIN})


functional = pytest.mark.functional


@functional
def test_what_is_committed_staged_and_in_the_tree_has_changed(repository: Repository) -> None:
    repository.write("a.py", PLAIN.replace("b = 2", "b = 3"))
    repository.commit()
    repository.write("sub/b.py", "z = 0\n" + PLAIN + "e = 5\n")
    repository.do("add", "sub/b.py")
    repository.write("new.py", PLAIN)
    repository.write("notes.txt", "other\n")
    assert repository.changes() == {"a.py": {2}, "sub/b.py": {1, 6}, "new.py": None}
    repository.write("a.py", "\n" + PLAIN.replace("b = 2", "b = 3"))
    assert repository.changes()["a.py"] == {1, 3}


@functional
def test_what_others_have_changed_meanwhile_has_not_changed_here(repository: Repository) -> None:
    repository.do("checkout", "-q", "main")
    repository.write("a.py", "x = 1\n" + PLAIN)
    repository.commit()
    repository.do("checkout", "-q", "branch")
    assert repository.changes() == {}


@functional
def test_lines_that_are_gone_are_not_new(repository: Repository) -> None:
    repository.write("a.py", PLAIN.replace("b = 2\n", ""))
    (repository.root / "sub" / "b.py").unlink()
    assert repository.changes() == {}


@functional
def test_a_file_that_was_moved_has_changed_where_it_differs(repository: Repository) -> None:
    repository.do("mv", "a.py", "moved.py")
    repository.write("moved.py", PLAIN + "e = 5\n")
    repository.commit()
    assert repository.changes() == {"moved.py": {5}}


@functional
def test_other_line_endings_are_no_new_code(repository: Repository) -> None:
    repository.write("a.py", PLAIN.replace("\n", "\r\n").replace("c = 3", "c = 4"))
    repository.write("sub/b.py", PLAIN.removesuffix("\n"))
    repository.commit()
    assert repository.changes() == {"a.py": {3}}


@functional
@pytest.mark.parametrize(
    "name", ["with space.py", "ünï.py", 'quote".py', "back\\slash.py", "tab\t.py", "two\nlines.py", "b/b/c.py", "日.py"]
)
@pytest.mark.skipif(os.name == "nt", reason="there are no such names")
def test_any_name_is_read_as_it_is(tmp_path: Path, name: str) -> None:
    repository = Repository(tmp_path / "project", {name: PLAIN})
    repository.write(name, PLAIN.replace("a = 1", "a = 2"))
    assert repository.changes() == {name: {1}}
    repository.do("config", "core.quotepath", "false")
    assert repository.changes() == {name: {1}}


@functional
@pytest.mark.skipif(os.name == "nt", reason="there are no such names")
def test_a_name_that_is_no_text_is_kept(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    repository = Repository(tmp_path / "project", {})
    (repository.root / name).write_text(PLAIN)
    assert repository.changes() == {name: None}
    repository.commit()
    assert repository.changes() == {name: {1, 2, 3, 4}}


@functional
def test_code_that_looks_as_a_header_does_is_code(repository: Repository) -> None:
    lines = "++ b/other.py\n-- a/other.py\n@@ -1 +1 @@\n"
    repository.write("a.py", PLAIN + lines)
    assert repository.changes() == {"a.py": {5, 6, 7}}
    repository.commit()
    repository.do("branch", "-f", "main", "HEAD")
    repository.write("a.py", "y = 0\n" + PLAIN)
    assert repository.changes() == {"a.py": {1}}


@functional
def test_the_settings_of_the_user_change_nothing(repository: Repository) -> None:
    for setting, value in {
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "color.ui": "always",
        "diff.external": "false",
        "diff.context": "9",
        "diff.renames": "false",
        "diff.relative": "false",
    }.items():
        repository.do("config", setting, value)
    repository.write(".gitattributes", "*.py -diff\n")
    repository.write("a.py", PLAIN.replace("d = 4", "d = 5"))
    repository.do("mv", "sub/b.py", "c.py")
    assert repository.changes() == {"a.py": {4}}


@functional
def test_paths_are_from_the_root_of_the_project(repository: Repository) -> None:
    repository.write("a.py", PLAIN + "e = 5\n")
    repository.write("sub/b.py", PLAIN + "e = 5\n")
    repository.write("sub/new.py", PLAIN)
    assert repository.changes(below="sub") == {"b.py": {5}, "new.py": None}


@functional
def test_files_of_other_repositories_and_ignored_ones_are_left_out(repository: Repository, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other", {"in.py": PLAIN})
    repository.do("submodule", "add", "-q", str(other.root), "vendored.py")
    repository.write(".gitignore", "made.py\n")
    repository.write("made.py", PLAIN)
    assert repository.changes() == {}


@functional
def test_the_index_is_left_as_it_is(repository: Repository) -> None:
    index = repository.root / ".git" / "index"
    os.utime(repository.root / "a.py", (1, 1))  # the index does not know whether it has changed
    before = index.read_bytes()
    assert repository.changes() == {}
    assert index.read_bytes() == before


@functional
def test_without_a_base_it_is_said_why(repository: Repository, tmp_path: Path) -> None:
    def refused(root: Path, revision: str) -> str:
        with pytest.raises(ConfigurationError) as caught:
            changed.since(root, revision, [".py"], run=git.output_in(root), where="--against")
        assert caught.value.where == "--against"
        return f"{caught.value.message}: {caught.value.remedy}"

    (tmp_path / "nothing").mkdir()
    assert "is not in a git repository" in refused(tmp_path / "nothing", "main")
    assert refused(repository.root, "mian").startswith("git knows no revision mian: Is it fetched?")
    repository.do("checkout", "-q", "--orphan", "other")
    repository.write("a.py", "")
    repository.commit()
    assert "have no commit in common: Name a revision" in refused(repository.root, "main")
    repository.do("checkout", "-q", "branch")
    repository.commit()
    repository.do("checkout", "-q", "main")
    repository.write("a.py", "")
    repository.commit()
    shallow = tmp_path / "shallow"
    source = repository.root.as_uri()
    repository.do("clone", "-q", "--depth=1", "--no-single-branch", source, str(shallow))
    assert "fetch-depth: 0" in refused(shallow, "origin/branch")


@functional
def test_without_a_revision_it_is_the_branch_that_changes_go_to(repository: Repository, tmp_path: Path) -> None:
    repository.write("a.py", PLAIN + "e = 5\n")

    def asked(root: Path, revision: str | None = None, **environ: str) -> changed.Since:
        return changed.asked(root, revision, ["a.py"], run=git.output_in(root), environ=environ)

    assert asked(repository.root) == changed.Since(revision="main", changes={"a.py": frozenset({5})})
    assert asked(repository.root, GITHUB_BASE_REF="nowhere").revision == "main"
    repository.do("branch", "release")
    here = tmp_path / "clone"
    repository.do("clone", "-q", repository.root.as_uri(), str(here))
    assert asked(here).revision == "origin/branch"  # its HEAD
    assert asked(here, GITHUB_BASE_REF="release").revision == "origin/release"
    assert asked(here, GITHUB_BASE_REF="gone").revision == "origin/branch"
    assert asked(here, "origin/main", GITHUB_BASE_REF="release").revision == "origin/main"
    with pytest.raises(ConfigurationError):
        asked(here, "gone")
    (tmp_path / "plain").mkdir()
    none = asked(tmp_path / "plain")
    assert (none.changes, "--against REV" in none.trouble) == (None, True)
    repository.do("checkout", "-q", "--orphan", "other")
    repository.commit()
    apart = asked(repository.root)
    assert apart.changes is None
    assert "have no commit in common" in apart.trouble


def a_file(path: str, executed: tuple[int, ...], missing: tuple[int, ...]) -> File:
    return File(
        path=path,
        lines=Counts(covered=len(executed), total=len(executed) + len(missing)),
        branches=Counts(),
        missing=missing,
        functions=(),
        executed=executed,
    )


FILES = (a_file("a.py", (1, 2, 3), (5, 6)), a_file("b.py", (1,), (2,)), a_file("c.py", (), (1,)))


def test_new_lines_that_can_be_executed_count_and_no_others() -> None:
    found = changed.judge(
        {"a.py": frozenset({2, 3, 4, 5}), "b.py": None, "test_a.py": None}, FILES, against="main", threshold=0.6
    )
    assert found.lines == Counts(covered=3, total=5)
    assert found.missing == {"a.py": (5,), "b.py": (2,)}
    assert (found.judgement.verdict, found.judgement.figure, found.judgement.sample) == (Verdict.PASS, 0.6, 5)
    assert (found.against, found.judgement.reason) == ("main", "3 of 5 new lines covered")


@pytest.mark.parametrize(
    ("threshold", "least", "verdict"),
    [
        (0.6, 1, Verdict.PASS),
        (0.61, 1, Verdict.FAIL),
        (0.59, 5, Verdict.PASS),
        (0.59, 6, Verdict.UNMEASURED),
        (0.61, 4, Verdict.FAIL),
    ],
)
def test_the_threshold_is_at_least_and_fewer_lines_say_nothing(threshold: float, least: int, verdict: Verdict) -> None:
    changes = {"a.py": frozenset({2, 3, 4, 5}), "b.py": None}
    found = changed.judge(changes, FILES, against="main", threshold=threshold, min_new_lines=least)
    assert found.judgement.verdict is verdict


def test_of_what_nobody_knows_the_coverage_there_is_no_figure() -> None:
    since = changed.Since(revision="main", changes={})
    found = changed.blind(since, "the run died", threshold=0.8)
    assert (found.against, found.judgement.figure, found.judgement.verdict) == ("main", None, Verdict.UNMEASURED)
    assert (found.judgement.reason, found.judgement.threshold) == ("the run died", 0.8)


def test_without_new_lines_there_is_no_figure() -> None:
    found = changed.judge({"a.py": frozenset({4, 99}), "x.py": None}, FILES, against="main", threshold=0.9)
    assert (found.judgement.verdict, found.judgement.figure) == (Verdict.UNMEASURED, None)
    assert found.judgement.reason == "no line that can be executed has changed"


def test_only_the_suffixes_of_what_is_measured_are_asked_for(tmp_path: Path) -> None:
    assert changed.suffixes((*(file.path for file in FILES), "x/d.html")) == {".py", ".html"}


LINES = st.frozensets(st.integers(1, 20))


@given(LINES, LINES, LINES, LINES)
def test_more_changes_never_have_fewer_lines_and_what_is_covered_and_missing_is_all(
    executed: frozenset[int], missing: frozenset[int], lines: frozenset[int], more: frozenset[int]
) -> None:
    file = a_file("a.py", tuple(sorted(executed - missing)), tuple(sorted(missing)))
    some, all_, whole = (
        changed.judge({"a.py": each}, [file], against="x", threshold=0.5) for each in (lines, lines | more, None)
    )
    assert some.lines.total <= all_.lines.total <= whole.lines.total == len(executed | missing)
    assert some.lines.total - some.lines.covered == len(some.missing.get("a.py", ())) == len(lines & missing)
