"""When it is recommended to go back, to where, and how."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from noxtasks.cli import build_parser
from noxtasks.evidence import vcs
from noxtasks.evidence.gating.model import Document
from noxtasks.gates import rollback, table, wording
from noxtasks.gates.model import Commit, Rollback
from noxtasks.suite import git

from .conftest import committed
from .samples import comparison, document, tier

GOOD, HEAD = "a" * 40, "b" * 40
SEVERE = tier("mean", 0.4, "fail", consequence="rollback")
ONE = Commit(id=HEAD, subject="Sort by hand", is_merge=False)


def compared(*tiers: dict[str, Any], **parts: Any) -> Document:
    return document(table.COMPARISON, comparison(*tiers, **parts))


def recommended(of: Document, *commits: Commit) -> Rollback:
    found = rollback.recommend(of, commits=commits, head=HEAD)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "of",
    [
        compared(tier("mean", 0.24, "fail")),
        compared(tier("mean", 0.4, "unmeasured", consequence="rollback")),
        compared(tier("p50", 0.9, "fail")),
        compared(SEVERE, is_stored=True),
        compared(),
        Document(name=table.COMPARISON, refusal="it was altered"),
    ],
    ids=["under a quarter", "not sure", "an alert only", "a stored baseline", "nothing", "altered"],
)
def test_nothing_less_than_a_sure_loss_of_over_a_quarter_recommends_it(of: Document) -> None:
    assert rollback.recommend(of, commits=[ONE], head=HEAD) is None


def test_the_worst_benchmark_is_told_and_one_commit_is_reverted_by_its_name() -> None:
    worse = tier("p95", 0.6, "fail", consequence="rollback", test="test_shop.py::test_c")
    found = recommended(compared(SEVERE, worse, tier("mean", 0.0, "pass")), ONE)
    assert (found.good, found.bad, found.worst) == (GOOD, HEAD, 0.6)
    assert found.tests == ("test_shop.py::test_c", "test_shop.py::test_b")
    assert found.commands == (f"git revert --no-edit {HEAD}",)
    assert wording.rollback(found) == [
        "going back is recommended: test_shop.py::test_c takes +60%, surely more than a quarter longer",
        "aaaaaaaaaa..bbbbbbbbbb, 1 commit:",
        "  bbbbbbbbbb Sort by hand",
        f"  $ git revert --no-edit {HEAD}",
    ]


def test_of_several_commits_the_one_is_looked_for_and_a_merge_is_told_its_side() -> None:
    merge = Commit(id="c" * 40, subject="Merge", is_merge=True)
    assert recommended(compared(SEVERE, revision=HEAD), ONE, merge).commands == (
        f"noxtasks bench bisect {GOOD} {HEAD}",
        f"git revert --no-edit {HEAD}",
        f"git revert --no-edit -m 1 {'c' * 40}",
    )


def test_many_commits_are_reverted_as_a_range() -> None:
    many = [Commit(id=f"{number:040}", subject="x", is_merge=False) for number in range(9)]
    for commits in ((), many):
        assert recommended(compared(SEVERE), *commits).commands[-1] == f"git revert --no-edit {GOOD}..{HEAD}"


def test_what_is_not_committed_is_put_aside() -> None:
    for of, commands in (
        (compared(SEVERE, against=HEAD), ("git stash",)),
        (compared(SEVERE), ("git stash", f"git revert --no-edit {HEAD}")),
        (compared(SEVERE, revision=HEAD), (f"git revert --no-edit {HEAD}",)),
    ):
        found = rollback.recommend(of, commits=[ONE], head=HEAD, is_dirty=True)
        assert found is not None
        assert found.commands == commands


def test_a_commit_that_a_bisection_has_found_is_reverted_alone() -> None:
    bisect = {"left": [{"id": "c" * 40, "subject": "Sort by hand", "date": "2026-01-01"}]}
    found = recommended(compared(SEVERE, bisect=bisect), ONE)
    assert (found.is_found, found.commands) == (True, (f"git revert --no-edit {'c' * 40}",))
    assert "a bisection has found the commit:" in wording.rollback(found)


def test_every_command_of_ours_is_one_that_the_parser_knows() -> None:
    merge = Commit(id="c" * 40, subject="Merge", is_merge=True)
    (ours,) = [one for one in recommended(compared(SEVERE), ONE, merge).commands if one.startswith("noxtasks ")]
    assert build_parser().parse_args(shlex.split(ours)[1:]).command.name == "bench bisect"


@pytest.mark.functional
def test_the_commands_go_back_past_a_merge(root: Path) -> None:
    """In a repository where the slow commit came by a branch: what is recommended gives the old tree."""
    old = committed(root, "old") or (git.output_in(root)(("git", "rev-parse", "HEAD")) or b"").decode().strip()
    ask = git.output_in(root)
    who = ("-c", "user.name=a", "-c", "user.email=a@b.invalid")
    ask(("git", "checkout", "-q", "-b", "slow"))
    (root / "shop.py").write_text("import time\n")
    committed(root, "Take a\ttab")
    ask(("git", "checkout", "-q", "-"))
    ask(("git", *who, "merge", "-q", "--no-ff", "-m", "Merge slow", "slow"))
    (root / "other.py").write_text("")
    head = committed(root, "another")
    of = compared(SEVERE, against=old)
    commits = rollback.since(of, root=root, run=ask, head=head)
    assert [(each.subject, each.is_merge) for each in commits] == [("another", False), ("Merge slow", True)]
    found = rollback.recommend(of, commits=commits, head=head)
    assert found is not None
    for command in found.commands[1:]:
        words = shlex.split(command)
        subprocess.run([words[0], *who, *words[1:]], cwd=root, check=True, env=git.environment(), capture_output=True)
    assert ask(("git", "diff", "--stat", old, "HEAD")) == b""
    assert vcs.code(root, run=ask).vcs
    assert rollback.since(compared(), root=root, run=ask, head=head) == []
