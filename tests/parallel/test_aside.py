"""What tests tell elsewhere than in their reports comes from workers, too: state of plugins, and what they print."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from .test_runner import outcomes, plain, run

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform != "linux", reason="workers are forked")]


@pytest.fixture
def root(project: Callable[[str], Path]) -> Path:
    return project("distributed")


def properties(report: Path) -> Counter[tuple[str, ...]]:
    found = ET.parse(report)  # noqa: S314 - as pytest wrote it
    named = Counter(("property", *sorted(each.attrib.values())) for each in found.iter("property"))
    return named + Counter(("assertions", case.get("assertions", "")) for case in found.iter("testcase"))


def said(output: str) -> Counter[str]:
    return Counter(re.findall(r"<.+>", output))


def test_what_is_noted_aside_is_as_in_plain_pytest(root: Path) -> None:
    expected = plain(root, "--junitxml=plain.xml", "test_aside.py")
    found = run(root, "--junitxml=ours.xml", "test_aside.py")
    assert found.returncode == expected.returncode == 0, found.stdout
    assert outcomes(root / "ours.xml") == outcomes(root / "plain.xml")
    assert properties(root / "ours.xml") == properties(root / "plain.xml")
    for line in ("Odd: this and that", "Local: local", "at import", "at the end"):
        assert line in found.stdout
    (summary, expectation) = (re.findall(r"= 9 passed, (.+) in ", each.stdout) for each in (found, expected))
    assert summary == expectation
    assert said(found.stdout) == said(expected.stdout)
    assert said(found.stderr) == said(expected.stderr)


def test_without_capture_all_is_printed_that_plain_pytest_prints(root: Path) -> None:
    expected, found = plain(root, "-s", "test_aside.py"), run(root, "-s", "test_aside.py")
    assert said(found.stdout) == said(expected.stdout)
    assert "<said at the end>" in found.stdout
    assert said(found.stderr) == said(expected.stderr)


def test_what_a_test_printed_past_the_capture_before_its_worker_died_is_there(root: Path) -> None:
    (root / "test_dies.py").write_text(
        "import os\n"
        "def test_lives(): pass\n"
        "def test_dies(capsys):\n"
        "    with capsys.disabled(): print('<the last words>', flush=True)\n"
        "    os._exit(3)\n"
    )
    assert "<the last words>" in run(root, "test_dies.py").stdout


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="subtests are part of pytest since then")
def test_a_test_fails_with_its_subtests(root: Path) -> None:
    plain(root, "--junitxml=plain.xml", "test_subtests.py")
    run(root, "--junitxml=ours.xml", "test_subtests.py")
    assert outcomes(root / "ours.xml") == outcomes(root / "plain.xml")


GATHERS = """
import pytest

SEEN = []

def pytest_runtest_call(item):
    SEEN.append(item.name)

def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["seen"] = SEEN

@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    SEEN.extend(node.workeroutput["seen"])

def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"<seen {len(SEEN)}: {len(set(SEEN))}>")
"""
ENDS = """
def pytest_sessionfinish(session):
    print(f"<ended with {session.testscollected}>")
"""


def test_a_plugin_that_knows_workers_sums_up_in_each_and_for_others_the_session_ends_once(root: Path) -> None:
    (root / "conftest.py").write_text(ENDS)
    (root / "gathering").mkdir()
    (root / "gathering" / "conftest.py").write_text(GATHERS)
    (root / "gathering" / "test_many.py").write_text(
        "import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test_one(n): pass\n"
    )
    found = run(root, "-s", "gathering")
    assert said(found.stdout) == Counter({"<seen 9: 9>": 1, "<ended with 9>": 1})


WITHOUT_FILES = """
import os
import sys
import types
import pytest

def refuse(*_):
    raise OSError("there are no files")

@pytest.fixture(scope="session", autouse=True)
def no_files():
    fake = types.ModuleType("os")  # in each module that is not pytest's, as pyfakefs does it
    vars(fake).update(vars(os), **dict.fromkeys(("fstat", "pread", "ftruncate", "lseek", "write"), refuse))
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("noxtasks_probe.") and hasattr(module, "os"):
                patch.setattr(module, "os", fake)
        yield

@pytest.mark.parametrize("number", range(4))
def test_one(capsys, number):
    print("captured")
    with capsys.disabled():
        print(f"<said {number}>", flush=True)
"""


def test_a_session_that_replaces_the_file_system_is_none_of_a_workers_business(root: Path) -> None:
    (root / "test_without.py").write_text(WITHOUT_FILES)
    found = run(root, "test_without.py")
    assert "4 passed" in found.stdout
    assert said(found.stdout) == Counter(f"<said {number}>" for number in range(4))
