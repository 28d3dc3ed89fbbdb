"""A change is planned in all files at once, carried out, and real pytest sees the same markers on the same tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.markers.migration import expressions, plan, proof, transaction
from noxtasks.markers.migration.model import Change
from noxtasks.markers.model import Reference, Selector, Use

GIT = shutil.which("git")
FILES = {
    "pyproject.toml": """\
[project]
name = "shop"

[tool.pytest.ini_options]
addopts = ["--strict-markers", "-m", "not manual"]
markers = [
    "slow: takes long",
    "slow_test: takes minutes",  # the old name
    "manual: by hand",
    # never came
    "gpu: needs one",

    "db",
]
""",
    "conftest.py": """\
import pytest

def pytest_configure(config):
    config.addinivalue_line("markers", "net: talks")
    config.addinivalue_line("markers", "fax: sends")

def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("net") or "db" in item.keywords:
            item.add_marker("slow_test")
""",
    "tests/test_shop.py": """\
import pytest
from pytest import mark as m

pytestmark = [m.db]

@m.slow
@m.slow_test
def test_one(): pass

@pytest.mark.parametrize("x", [1, pytest.param(2, marks=m.net)])
def test_two(x): pass

class TestThree:
    @pytest.mark.manual
    def test_it(self): pass
""",
    "tests/test_bare.py": "def test_bare(): pass\n",
    ".github/workflows/ci.yml": """\
jobs:
  test:
    strategy: {matrix: {marker: [net, db]}}
    steps:
      - run: pytest -m "slow or slow_test" --no-header
      - run: pytest -m "${{ matrix.marker }}"
""",
    "noxfile.py": """\
import nox

@nox.session
def net(session):
    session.run("pytest", "-m", "net and not db", *session.posargs)
""",
}
CHANGE = Change(
    removed=frozenset({"gpu", "fax"}),
    renamed={"slow_test": "slow", "net": "network", "manual": "by_hand"},
    added={"extra": "what else there is"},
    described={"db": "needs a database"},
)
SELECTORS = [
    Selector(
        path=".github/workflows/ci.yml",
        line=5,
        option="-m",
        expression="slow or slow_test",
        names=("slow", "slow_test"),
    ),
    Selector(path="noxfile.py", line=5, option="-m", expression="net and not db", names=("net", "db")),
    Selector(path="pyproject.toml", line=5, option="-m", expression="not manual", names=("manual",)),
]
REFERENCES = [
    Reference(marker="net", path=".github/workflows/ci.yml", line=3, use=Use.SELECTED, how="matrix"),
    Reference(marker="db", path=".github/workflows/ci.yml", line=3, use=Use.SELECTED, how="matrix"),
    Reference(marker="slow_test", path="tests/test_shop.py", line=7, use=Use.APPLIED, how="decorator"),
]
WANTED = {
    "pyproject.toml": FILES["pyproject.toml"]
    .replace('    "slow_test: takes minutes",  # the old name\n', "")
    .replace('    "gpu: needs one",\n', "")
    .replace("manual", "by_hand")
    .replace('"db",\n', '"db: needs a database",\n    "extra: what else there is",\n'),
    "conftest.py": FILES["conftest.py"]
    .replace("net", "network")
    .replace("slow_test", "slow")
    .replace('    config.addinivalue_line("markers", "fax: sends")\n', ""),
    "tests/test_shop.py": FILES["tests/test_shop.py"]
    .replace("@m.slow_test\n", "")
    .replace("m.net", "m.network")
    .replace("manual", "by_hand"),
    ".github/workflows/ci.yml": FILES[".github/workflows/ci.yml"]
    .replace("[net,", "[network,")
    .replace("slow or slow_test", "slow"),
    "noxfile.py": FILES["noxfile.py"].replace("net and", "network and"),
}


def contents() -> dict[str, bytes]:
    return {path: text.encode() for path, text in FILES.items()}


def test_a_change_is_planned_in_all_files_at_once() -> None:
    planned = plan.edits_of(contents(), CHANGE, SELECTORS, REFERENCES)
    assert planned.unchanged == ()
    assert {edit.path: edit.after.decode() for edit in planned.edits} == WANTED
    assert all(edit.before == contents()[edit.path] for edit in planned.edits)


def test_nothing_is_planned_twice() -> None:
    after = {**FILES, **WANTED}
    again = plan.edits_of({path: text.encode() for path, text in after.items()}, CHANGE, [], [])
    assert again.edits == ()


def test_what_is_missing_is_registered_in_a_file_of_its_own_where_there_is_none() -> None:
    planned = plan.edits_of({}, Change(added={"a": "b"}), [], [])
    assert [(edit.path, edit.before, edit.after) for edit in planned.edits] == [
        ("pytest.ini", b"", b"[pytest]\nmarkers =\n    a: b\n")
    ]


def test_all_configuration_files_that_are_to_be_edited_by_hand_are_told_at_once() -> None:
    files = {"pytest.ini": b"\xffgpu", "sub/pyproject.toml": b"gpu [", "other/pyproject.toml": b"none ["}
    with pytest.raises(ConfigurationError) as caught:
        plan.edits_of(files, CHANGE, [], [])
    assert [problem.where for problem in caught.value.problems] == ["pytest.ini", "sub/pyproject.toml"]


def test_places_that_cannot_be_edited_are_told() -> None:
    places = [
        Selector(path="gone.yml", line=1, option="-m", expression="net", names=("net",)),
        Selector(path="noxfile.py", line=5, option="-k", expression="manual", names=("manual",)),
    ]
    told = plan.edits_of(contents(), CHANGE, places, []).unchanged
    assert [(each.marker, each.path, each.line) for each in told] == [
        ("manual", "noxfile.py", 5),
        ("net", "gone.yml", 1),
    ]


PLUGIN = """\
import json, os, pytest
from _pytest.mark import deselect_by_mark

@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    tests = {item.nodeid: sorted({mark.name for mark in item.iter_markers()}) for item in session.items}
    selected = {}
    for expression in json.loads(os.environ["EXPRESSIONS"]):
        session.config.option.markexpr = expression
        items = list(session.items)
        deselect_by_mark(items, session.config)
        selected[expression] = [item.nodeid for item in items]
    with open(os.environ["SEEN"], "w") as file:
        json.dump([tests, selected], file)
"""


def collected(
    root: Path, python: Path, expressions: Iterable[str]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The markers of each test, and the tests that each expression selects, in one process of pytest."""
    beside, seen = root.parent / "plugin", root.parent / "seen.json"
    beside.mkdir(exist_ok=True)
    (beside / "seeing_markers.py").write_text(PLUGIN)
    env = {
        **os.environ,
        "PYTHONPATH": str(beside),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "EXPRESSIONS": json.dumps(list(expressions)),
        "SEEN": str(seen),
    }
    options = ("-p", "no:cacheprovider", "-p", "seeing_markers", "--collect-only", "-q", "-m", "")
    done = subprocess.run(
        [python, "-m", "pytest", *options], cwd=root, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tests, selected = json.loads(seen.read_text())
    return tests, selected


@pytest.mark.functional
@pytest.mark.skipif(GIT is None, reason="no git here")
def test_real_pytest_sees_the_same_markers_on_the_same_tests(tmp_path: Path, python: Path) -> None:
    root = tmp_path / "shop"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "all")):
        subprocess.run([GIT or "", *identity, "-C", str(root), *arguments], check=True, capture_output=True)
    written = ["slow or slow_test", "net and not db", "not manual", "net", "db"]

    before, selected_before = collected(root, python, written)
    planned = plan.edits_of(contents(), CHANGE, SELECTORS, REFERENCES)
    with transaction.carried_out(root, planned.edits) as done:
        after, selected_after = collected(root, python, [expressions.renamed(each, CHANGE) for each in written])
        done.roll_back()
    found = proof.differences(
        CHANGE, before=before, after=after, selected_before=selected_before, selected_after=selected_after
    )
    assert found == ()
    assert before != after
    assert all(selected_before[each] for each in ("slow or slow_test", "not manual", "net", "db"))
    assert {path: (root / path).read_bytes() for path in FILES} == contents()
