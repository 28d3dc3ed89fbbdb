"""The watch over a collection, in real pytest: it sees every problem in one pass, and changes nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noxtasks.suite import process
from noxtasks.suite.causes import Kind
from noxtasks.suite.health import diagnose
from noxtasks.suite.launch import PROBE_FOLDER
from noxtasks.suite.local_names import local_names

pytestmark = pytest.mark.functional

WATCHING = """
import json, os, sys

import pytest
from noxtasks_probe.collecting import CollectionWatch


class Teller:
    def __init__(self):
        self.told = open(os.environ["TOLD"], "w")
        self.importing = []
        self.watch = CollectionWatch(self.start)

    def start(self, path):
        self.importing.append(path)
        self.tell()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self):
        outcome = yield
        if outcome.excinfo is not None:
            self.tell()

    def pytest_runtestloop(self, session):
        unrunnable = self.watch.finish(session)
        self.tell(unrunnable=sorted(unrunnable), items=[item.nodeid for item in session.items],
                  maxfail=session.config.option.maxfail)
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_internalerror(self):
        self.tell()

    def tell(self, **more):
        self.told.seek(0)
        self.told.truncate()
        json.dump({"problems": self.watch.problems, "facts": self.watch.facts, "importing": self.importing, **more},
                  self.told)
        self.told.flush()


def pytest_addoption(pluginmanager):
    teller = Teller()
    pluginmanager.register(teller.watch)
    pluginmanager.register(teller)
"""

OTHER_PLUGINS = ("pytest_mock", "randomly", "asyncio", "rerunfailures", "xdist", "cacheprovider")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    exit_code: int
    output: str
    problems: list[dict[str, Any]] = []
    facts: dict[str, Any] = {}
    importing: list[str] = []
    unrunnable: list[str] = []
    items: list[str] = []
    maxfail: int | None = None

    def about(self, where: str) -> list[dict[str, Any]]:
        return [problem for problem in self.problems if problem["where"] == where]


Collect = Callable[..., Told]


@pytest.fixture
def collect(tmp_path: Path, python: Path) -> Collect:
    """Collects the suite in `root` under the watch, with real pytest and none of the plugins that we test with."""
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "watching.py").write_text(WATCHING)

    def run(root: Path, *args: str, before: str = "") -> Told:
        (plugin / "watching.py").write_text(before + WATCHING)
        told = tmp_path / "told.json"
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        env |= {
            "PYTHONPATH": os.pathsep.join([str(PROBE_FOLDER), str(plugin)]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TOLD": str(told),
        }
        off = [word for name in OTHER_PLUGINS for word in ("-p", f"no:{name}")]
        done = process.run(
            [str(python), "-m", "pytest", "-p", "watching", *off, *args], cwd=root, env=env, timeout_s=60
        )
        known = json.loads(told.read_text() or "{}") if told.exists() else {}
        return msgspec.convert({**known, "exit_code": done.returncode, "output": done.stdout + done.stderr}, Told)

    return run


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., Path]:
    """Writes a suite: path to content."""

    def write(**files: str) -> Path:
        root = tmp_path / "suite"
        files = {"pytest.ini": "[pytest]\n", **files}
        for path, content in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        return root

    return write


SOUND = "def test_sound():\n    pass\n"


def test_of_42_modules_all_15_broken_ones_are_told_with_their_kind_and_no_other(
    project: Callable[[str], Path], collect: Collect
) -> None:
    root = project("broken_collection")
    truth = json.loads((root / "truth.json").read_text())

    told = collect(root)
    health = diagnose(
        told.problems,
        told.facts,
        exit_code=told.exit_code,
        output=told.output,
        installed=told.facts["distributions"],
        local=local_names(root),
    )

    found = {module: cause.kind.value for cause in health.causes if cause.blocking for module in cause.modules}
    assert found == truth["broken"]
    assert list(health.broken) == sorted(truth["broken"])
    assert health.modules == truth["modules"]
    assert health.error_rate == 15 / 42
    assert health.complete
    assert all(cause.remedy for cause in health.causes)


def test_sound_tests_in_a_broken_module_stay_runnable(project: Callable[[str], Path], collect: Collect) -> None:
    told = collect(project("broken_collection"))

    assert told.unrunnable == [
        "tests/test_fixture_of_plugin.py::test_is_mocked",
        "tests/test_fixture_unknown.py::test_mistyped",
        "tests/test_usefixtures_unknown.py::TestShelves::test_one",
        "tests/test_usefixtures_unknown.py::TestShelves::test_two",
    ]
    assert "tests/test_fixture_unknown.py::test_sound_in_a_broken_module" in told.items


def test_maxfail_is_lifted_only_while_collecting(project: Callable[[str], Path], collect: Collect) -> None:
    assert collect(project("broken_collection")).maxfail == 2


def test_modules_that_skip_themselves_are_no_problem(project: Callable[[str], Path], collect: Collect) -> None:
    told = collect(project("broken_collection"), "tests/odd")

    assert told.problems == []
    assert told.facts["skipped"] == ["tests/odd/test_optional_import.py", "tests/odd/test_skips_itself.py"]
    assert set(told.facts["skip_reasons"]) == set(told.facts["skipped"])
    assert told.facts["skip_reasons"]["tests/odd/test_optional_import.py"].startswith("could not import")


def test_a_fixture_that_a_fixture_lacks_is_laid_at_the_door_of_the_one_that_asks(
    suite: Callable[..., Path], collect: Collect
) -> None:
    told = collect(
        suite(
            **{
                "conftest.py": "import pytest\n\n@pytest.fixture\ndef asks(absent):\n    pass\n",
                "test_a.py": "def test_one(asks):\n    pass\n\ndef test_sound():\n    pass\n",
                "test_b.py": "def test_two(asks):\n    pass\n",
            }
        )
    )

    (problem,) = told.about("fixture")
    assert problem["fixture"]["name"] == "absent"
    assert (problem["fixture"]["from"], problem["fixture"]["by"]) == ("fixture", "asks")
    assert (problem["path"], problem["line"]) == ("conftest.py", 3)
    assert problem["modules"] == ["test_a.py", "test_b.py"]
    assert told.unrunnable == ["test_a.py::test_one", "test_b.py::test_two"]


def test_a_fixture_that_overrides_none_is_missing_and_one_that_overrides_one_is_not(
    suite: Callable[..., Path], collect: Collect
) -> None:
    overriding = "import pytest\n\n@pytest.fixture\ndef {0}({0}):\n    return {0}\n"
    told = collect(
        suite(
            **{
                "conftest.py": overriding.format("tmp_path") + overriding.format("nowhere"),
                "test_a.py": "def test_one(tmp_path):\n    pass\n\ndef test_two(nowhere):\n    pass\n",
            }
        )
    )

    assert [problem["fixture"]["name"] for problem in told.about("fixture")] == ["nowhere"]
    assert told.unrunnable == ["test_a.py::test_two"]


def test_a_fixture_of_another_folder_is_found_where_it_is(suite: Callable[..., Path], collect: Collect) -> None:
    told = collect(
        suite(
            **{
                "test_a.py": "def test_one(hidden):\n    pass\n",
                "other/conftest.py": "import pytest\n\n@pytest.fixture\ndef hidden():\n    pass\n",
                "other/test_b.py": "def test_two(hidden):\n    pass\n",
            }
        )
    )

    (problem,) = told.about("fixture")
    assert problem["fixture"]["elsewhere"] == ["other/conftest.py:3"]
    assert told.unrunnable == ["test_a.py::test_one"]


def test_what_parametrize_gives_needs_no_fixture_unless_indirect(suite: Callable[..., Path], collect: Collect) -> None:
    module = """
import unittest
import pytest

@pytest.mark.parametrize("given", [1, 2])
def test_direct(given, request):
    pass

@pytest.mark.parametrize("asked", [1], indirect=True)
def test_indirect(asked):
    pass

class TestOld(unittest.TestCase):
    def test_old(self):
        pass
"""
    told = collect(suite(**{"test_a.py": module}))

    assert [problem["fixture"]["name"] for problem in told.problems] == ["asked"]
    assert told.unrunnable == ["test_a.py::test_indirect[1]"]


def test_usefixtures_of_nothing_is_told_and_keeps_nothing_from_running(
    suite: Callable[..., Path], collect: Collect
) -> None:
    module = "import pytest\n\n@pytest.mark.usefixtures()\ndef test_one():\n    pass\n"
    told = collect(suite(**{"test_a.py": module}))

    (problem,) = told.problems
    assert (problem["where"], problem["path"], problem["line"]) == ("usefixtures", "test_a.py", 3)
    assert told.unrunnable == []


def test_unknown_names_in_the_usefixtures_setting_break_every_module(
    suite: Callable[..., Path], collect: Collect
) -> None:
    ini = "[pytest]\nusefixtures = nowhere\n"
    told = collect(suite(**{"pytest.ini": ini, "test_a.py": SOUND, "test_b.py": SOUND}))

    (problem,) = told.problems
    assert (problem["fixture"]["from"], problem["path"]) == ("ini", "pytest.ini")
    assert problem["modules"] == ["test_a.py", "test_b.py"]


def test_a_root_conftest_that_fails_breaks_every_file_that_matches_the_patterns(
    suite: Callable[..., Path], collect: Collect
) -> None:
    told = collect(
        suite(**{"conftest.py": "import nowhere\n", "test_a.py": SOUND, "sub/test_b.py": SOUND, "sub/wares.py": ""})
    )

    assert told.exit_code == 4
    (problem,) = told.about("conftest")
    assert problem["path"] == "conftest.py"
    assert problem["modules"] == ["test_a.py", "sub/test_b.py"]
    assert problem["chain"][-1]["name"] == "nowhere"


def test_an_early_conftest_that_only_some_tests_need_does_not_stop_the_others(
    suite: Callable[..., Path], collect: Collect
) -> None:
    told = collect(
        suite(**{"tests/conftest.py": "import nowhere\n", "tests/test_a.py": SOUND, "checks/test_b.py": SOUND})
    )

    assert told.about("conftest")[0]["modules"] == ["tests/test_a.py"]
    assert told.items == ["checks/test_b.py::test_sound"]


def test_only_the_files_that_were_asked_for_count_as_lost(suite: Callable[..., Path], collect: Collect) -> None:
    root = suite(**{"conftest.py": "1 / 0\n", "test_a.py": SOUND, "test_b.py": SOUND})

    assert collect(root, "test_a.py").about("conftest")[0]["modules"] == ["test_a.py"]


def test_a_plugin_that_a_conftest_names_and_nobody_has_is_told_with_the_conftest(
    suite: Callable[..., Path], collect: Collect
) -> None:
    told = collect(suite(**{"conftest.py": 'pytest_plugins = ["nowhere"]\n', "test_a.py": SOUND}))

    (problem,) = told.about("startup")
    assert problem["path"] == "conftest.py"
    assert problem["modules"] == ["test_a.py"]


def test_what_a_hook_raises_is_told(suite: Callable[..., Path], collect: Collect) -> None:
    hook = "def pytest_collection_modifyitems():\n    raise KeyError('wares')\n"
    told = collect(suite(**{"conftest.py": hook, "test_a.py": SOUND}))

    (problem,) = told.about("internal")
    assert problem["chain"][0]["type"] == "KeyError"
    assert problem["frames"][-1] == {"path": "conftest.py", "line": 2, "function": "pytest_collection_modifyitems"}


def test_deselected_tests_are_counted_apart(suite: Callable[..., Path], collect: Collect) -> None:
    told = collect(suite(**{"test_a.py": SOUND, "test_b.py": "def test_other():\n    pass\n"}), "-k", "other")

    assert told.facts["deselected"] == 1
    assert told.facts["deselected_modules"] == ["test_a.py"]
    assert told.facts["modules"] == ["test_a.py", "test_b.py"]
    assert told.facts["keyword"] == "other"


def test_a_file_is_announced_before_it_is_imported(suite: Callable[..., Path], collect: Collect) -> None:
    told = collect(suite(**{"test_a.py": SOUND, "test_b.py": "import os\nos._exit(9)\n", "test_c.py": SOUND}))

    assert told.exit_code == 9
    assert told.importing == ["test_a.py", "test_b.py"]


def test_names_that_two_tests_share_are_told(suite: Callable[..., Path], collect: Collect) -> None:
    told = collect(suite(**{"test_a.py": SOUND}), "--keep-duplicates", "test_a.py", "test_a.py")

    assert told.facts["duplicates"] == ["test_a.py::test_sound"]


def test_an_import_error_tells_its_chain_and_the_innermost_line_of_the_user(
    suite: Callable[..., Path], collect: Collect
) -> None:
    wares = (
        "try:\n    import nowhere.deep\nexcept ImportError as error:\n    raise RuntimeError('no wares') from error\n"
    )
    told = collect(suite(**{"test_a.py": "import wares\n", "wares.py": wares}))

    (problem,) = told.about("module")
    assert [(one["type"], one["link"]) for one in problem["chain"]] == [
        ("RuntimeError", ""),
        ("ModuleNotFoundError", "cause"),
    ]
    assert [(frame["path"], frame["line"]) for frame in problem["frames"]] == [("test_a.py", 1), ("wares.py", 4)]


def test_a_failure_of_the_watch_itself_is_told_and_breaks_nothing(suite: Callable[..., Path], collect: Collect) -> None:
    sabotage = "from noxtasks_probe import collecting\n\ndef refuse(*_): raise ValueError('sabotage')\n"
    told = collect(
        suite(**{"test_a.py": SOUND}),
        before=f"{sabotage}\ncollecting.Lacking = refuse\ncollecting.relative = refuse\n",
    )

    assert told.exit_code == 0
    assert {problem["where"] for problem in told.problems} == {"watcher"}
    assert told.items == ["test_a.py::test_sound"]


def test_a_defect_of_the_watch_is_no_fault_of_the_suite() -> None:
    problem = {"where": "watcher", "chain": [{"type": "ValueError", "message": "sabotage"}]}
    health = diagnose([problem], {"items": 1, "modules": ["t.py"]}, exit_code=0, output="", installed={}, local={})

    assert [(cause.kind, cause.blocking) for cause in health.causes] == [(Kind.DEFECT, False)]
    assert health.broken == ()
