"""The command line from records to the baseline: this interpreter's real run, and what a Windows run has left."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from noxtasks.errors import ExitCode
from noxtasks.evidence import artifacts, events
from noxtasks.matrix import emit, names

pytestmark = pytest.mark.functional

HERE = names.cell(
    system=platform.system(),
    machine=platform.machine(),
    implementation=platform.python_implementation(),
    python=f"{sys.version_info[0]}.{sys.version_info[1]}",
).name
SUITE = {
    "tests/test_paths.py": """
import os, sys, pytest

def test_joined():
    assert os.path.join("a", "b") == "a/b"

@pytest.mark.parametrize("path", ["a/b", "c"])
def test_path(path):
    pass

@pytest.mark.skipif(sys.platform == "win32", reason="not here")
def test_signals():
    pass

@pytest.mark.xfail(reason="bug 7")
def test_known():
    assert False

@pytest.mark.skip(reason="no database")
def test_stored():
    pass
""",
    "tests/test_whole.py": """
import sys, pytest
if sys.platform == "linux":
    pytest.skip("Windows only", allow_module_level=True)

def test_it():
    pass
""",
    "tests/test_dies.py": """
import os

def test_dies():
    os._exit(3)

def test_goes_on():
    pass
""",
    "tests/test_broken.py": "import there_is_no_such_module\n",
    "tests/test_lacking.py": "def test_lacks(no_such_fixture):\n    pass\n",
}
JUNIT = r"""<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="3" tests="11" time="0.201"
 timestamp="2026-01-02T03:04:05.678901+00:00" hostname="fv-az1695-992">
<testcase classname="" name="tests.test_broken" time="0.000"><error message="collection failure">ImportError while
 importing test module 'D:\a\shop\shop\tests\test_broken.py'.
E   ModuleNotFoundError: No module named 'there_is_no_such_module'</error></testcase>
<testcase classname="tests.test_paths" name="test_joined" time="0.002"><failure message="AssertionError: assert 'a\\b' == 'a/b'&#10;  &#10;  - a/b&#10;  ?  ^&#10;  + a\b&#10;  ?  ^">def test_joined():
&gt;       assert os.path.join("a", "b") == "a/b"
E       AssertionError: assert 'a\\b' == 'a/b'

tests\test_paths.py:5: AssertionError</failure></testcase>
<testcase classname="tests.test_paths" name="test_path[a/b]" time="0.001" />
<testcase classname="tests.test_paths" name="test_path[c]" time="0.001" />
<testcase classname="tests.test_paths" name="test_signals" time="0.000"><skipped type="pytest.skip"
 message="not here">D:\a\shop\shop\tests\test_paths.py:11: not here</skipped></testcase>
<testcase classname="tests.test_paths" name="test_known" time="0.001"><skipped type="pytest.xfail" message="bug 7" /></testcase>
<testcase classname="tests.test_paths" name="test_stored" time="0.000"><skipped type="pytest.skip"
 message="no database">D:\a\shop\shop\tests\test_paths.py:19: no database</skipped></testcase>
<testcase classname="tests.test_whole" name="test_it" time="0.001" />
<testcase classname="tests.test_dies" name="test_dies" time="0.001" />
<testcase classname="tests.test_dies" name="test_goes_on" time="0.001" />
<testcase classname="tests.test_lacking" name="test_lacks" time="0.000"><error
 message="failed on setup with &quot;file D:\a\shop\shop\tests\test_lacking.py, line 1&#10;E       fixture 'no_such_fixture' not found&quot;">E       fixture 'no_such_fixture' not found</error></testcase>
</testsuite></testsuites>
"""  # noqa: E501 - a file that pytest has written


def noxtasks(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
    command = [sys.executable, "-m", "noxtasks", *arguments]
    return subprocess.run(command, cwd=cwd, env={**outer, **env}, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose suite has been recorded here, by a run, and on Windows, by JUnit XML."""
    root = tmp_path_factory.mktemp("shop")
    (root / "tests").mkdir()
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\ntestpaths = ['tests']\n", "utf-8")
    for name, text in SUITE.items():
        (root / name).write_text(text, "utf-8")
    (root.parent / "windows.xml").write_text(JUNIT, "utf-8")
    recorded = noxtasks("matrix", "record", "--python", sys.executable, "-p", "no:cacheprovider", cwd=root)
    assert recorded.returncode == ExitCode.NOTHING_FOUND, recorded.stdout + recorded.stderr
    assert f"{HERE}: " in recorded.stdout
    if sys.platform == "linux":
        assert "5 passed, 1 error, 1 skipped, 1 xfailed, 1 crashed" in recorded.stdout
    assert "not collected: tests/test_broken.py" in recorded.stdout
    windows = ("--junit", str(root.parent / "windows.xml"), "--system", "windows", "--python", "3.10")
    assert noxtasks("matrix", "record", *windows, cwd=root).returncode == ExitCode.NOTHING_FOUND
    return root


def result(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = artifacts.read(root / "reports", emit.BASELINE).result
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="the record of Linux is held against one of Windows")
def test_a_run_and_junit_xml_are_held_against_each_other(root: Path) -> None:
    merged = noxtasks("matrix", "merge", cwd=root)
    assert merged.returncode == ExitCode.FOUND, merged.stdout + merged.stderr
    assert all(len(line) <= 80 or line.lstrip()[:2] in {"->", "$ "} for line in merged.stdout.splitlines()[:4])
    found = result(root)
    assert {each["name"] for each in found["cells"]} == {HERE, "windows-3.10"}
    differing = {each["test"]: each for each in found["differing"]}
    assert set(differing) == {"tests/test_paths.py::test_joined", "tests/test_dies.py::test_dies"}
    joined = differing["tests/test_paths.py::test_joined"]
    assert (joined["cause"], joined["only"], joined["where"]) == ("path separator", "system", ["windows"])
    assert (joined["path"], joined["line"]) == ("tests/test_paths.py", 5)
    assert differing["tests/test_dies.py::test_dies"]["cause"] == "crash"
    # compared: joined, two of path, known, dies, goes_on, lacks; not signals (a platform's), stored (nowhere), it
    assert (found["consistency"]["sample"], found["consistency"]["figure"]) == (7, 5 / 7)
    assert found["hidden"] == [
        {"system": None, "tests": ["tests/test_paths.py::test_stored"], "reason": "no database"},
    ]
    assert not artifacts.verify(root / "reports")
    told = json.loads((root / "reports" / events.NAME).read_text("utf-8").splitlines()[-1])
    assert told["type"] == events.EventType.OS_MATRIX_BASELINE_RECORDED.type
    assert told["data"]["metrics"]["matrix.differing"] == 2


def test_the_record_of_a_run_has_what_was_seen(root: Path) -> None:
    found = artifacts.read(root / "reports" / "matrix", f"{HERE}.json").result
    tests = {each["test"]: each for each in found["tests"]}
    assert tests["tests/test_paths.py::test_known"]["reason"] == "bug 7"
    assert tests["tests/test_paths.py::test_stored"] == {
        "test": "tests/test_paths.py::test_stored",
        "outcome": "skipped",
        "reason": "no database",
    }
    assert tests["tests/test_dies.py::test_dies"]["outcome"] == "crashed"
    assert tests["tests/test_dies.py::test_goes_on"]["outcome"] == "passed"
    assert tests["tests/test_lacking.py::test_lacks"]["message"] == "fixture 'no_such_fixture' not found"
    assert {each["path"]: each["is_error"] for each in found["uncollected"]} == {
        "tests/test_broken.py": True,
        **({"tests/test_whole.py": False} if sys.platform == "linux" else {}),
    }


def test_skips_in_junit_xml_are_the_platforms_where_the_file_says_so(root: Path) -> None:
    found = artifacts.read(root / "reports" / "matrix", "windows-3.10.json").result
    tests = {each["test"]: each for each in found["tests"]}
    assert tests["tests/test_paths.py::test_signals"]["by_platform"]
    assert "by_platform" not in tests["tests/test_paths.py::test_stored"]
    assert found["uncollected"] == [
        {
            "path": "tests/test_broken.py",
            "is_error": True,
            "exception": "ModuleNotFoundError",
            "reason": "No module named 'there_is_no_such_module'",
        }
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="the record of another system is held against one of Windows")
def test_github_gets_annotations_and_a_summary(root: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    merged = noxtasks("matrix", "merge", cwd=root, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert "file=tests/test_paths.py,line=5,title=matrix%3A path separator::" in merged.stdout
    text = summary.read_text("utf-8")
    assert text.startswith("### consistency")
    assert "| windows-3.10 |" in text


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("matrix", "merge", "nowhere"), ExitCode.WRONG_CONFIGURATION, "there is no folder nowhere"),
        (("matrix", "merge"), ExitCode.WRONG_CONFIGURATION, "noxtasks matrix record"),
        (("matrix", "merge", "-S", "matrix.cells=['linux']"), ExitCode.WRONG_CONFIGURATION, "matrix.cells: expected"),
        (("matrix", "record", "--junit", "no.xml"), ExitCode.WRONG_CONFIGURATION, "--system"),
        (
            ("matrix", "record", "--junit", "no.xml", "--system", "windows", "--python", "3.12"),
            ExitCode.NOT_MEASURED,
            "no.xml: it cannot be read",
        ),
        (("matrix", "record", "--python", sys.executable), ExitCode.NOT_MEASURED, "no test can be run"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arguments: tuple[str, ...], code: ExitCode, said: str) -> None:
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    done = noxtasks(*arguments, cwd=tmp_path)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_a_case_without_a_name_is_the_reports_fault(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "j.xml").write_text("<testsuite><testcase name='' classname=''/></testsuite>")
    told = ("--junit", "j.xml", "--system", "linux", "--python", "3.12")
    ran = noxtasks("matrix", "record", *told, cwd=tmp_path)
    assert "a test case has no name" in ran.stderr
    assert "defect of noxtasks" not in ran.stderr


def test_a_rerun_that_passed_hides_no_failure_of_the_same_name_and_is_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    flaky = "<testcase name='{}' classname='t'><flakyFailure message='m' type='T'/></testcase>"
    failed = "<testcase name='test_a' classname='t'><failure message='m'/></testcase>"
    suites = [flaky.format("test_a"), failed, flaky.format("test_b")]
    (tmp_path / "j.xml").write_text(
        f"<testsuites><testsuite>{'</testsuite><testsuite>'.join(suites)}</testsuite></testsuites>"
    )
    ran = noxtasks("matrix", "record", "--junit", "j.xml", "--system", "linux", "--python", "3.12", cwd=tmp_path)
    assert "1 failed, 1 rerun" in ran.stdout
    assert "failed: t.py::test_a" in ran.stdout
    assert "rerun: t.py" not in ran.stdout


def test_a_cell_whose_record_was_cut_short_keeps_the_gates_from_passing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "j.xml").write_text("<testsuite><testcase name='test_a' classname='t'/></testsuite>")
    for system in ("linux", "windows", "macos"):
        noxtasks("matrix", "record", "--junit", "j.xml", "--system", system, "--python", "3.12", cwd=tmp_path)
    path = tmp_path / "reports" / "matrix" / "macos-3.12.json"
    path.write_bytes(path.read_bytes()[:-9])
    ran = noxtasks("matrix", "merge", cwd=tmp_path)
    assert "missing: macos-3.12" in ran.stdout
    assert ran.returncode == ExitCode.NOT_MEASURED


def test_a_cell_in_which_no_module_can_be_imported_is_recorded_as_one_that_fails(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    (tmp_path / "test_a.py").write_text("import there_is_no_such_module\n", "utf-8")
    recorded = noxtasks("matrix", "record", "--python", sys.executable, cwd=tmp_path)
    assert recorded.returncode == ExitCode.NOT_MEASURED
    assert "no test can be run" in recorded.stderr
    assert noxtasks("matrix", "merge", cwd=tmp_path).returncode == ExitCode.FOUND
    (told,) = result(tmp_path)["cells"]
    assert (told["failed"], told["uncollected"], told["pass_rate"]) == (1, 1, 0)


def test_one_system_alone_ends_unmeasured_and_a_missing_cell_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.noxtasks.matrix]\ncells = ['linux-3.12', 'macos-3.13']\n", "utf-8")
    (tmp_path / "j.xml").write_text(
        '<testsuite name="pytest"><testcase classname="tests.test_a" name="test_a" time="0.1"/></testsuite>', "utf-8"
    )
    for system in ("linux", "windows"):
        recorded = noxtasks(
            "matrix", "record", "--junit", "j.xml", "--system", system, "--python", "3.12", cwd=tmp_path
        )
        assert recorded.returncode == ExitCode.NOTHING_FOUND, recorded.stderr
        merged = noxtasks("matrix", "merge", cwd=tmp_path)
        assert merged.returncode == ExitCode.NOT_MEASURED
        assert "missing: macos-3.13" in merged.stdout
    assert json.loads((tmp_path / "reports" / emit.BASELINE).read_bytes())["result"]["missing"] == ["macos-3.13"]
    merged = noxtasks("matrix", "merge", "-S", "matrix.cells=['linux-3.12', 'windows-3.12']", cwd=tmp_path)
    assert merged.returncode == ExitCode.NOTHING_FOUND, merged.stdout
