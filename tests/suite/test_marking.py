"""What pytest sees of markers, by real pytest on small suites that hide something from a plain collection."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from noxtasks.suite.launch import Suite
from noxtasks.suite.marking import CONFIGURED, Marking, Place, Plugin, RegisteredLine, observe, observe_everywhere

pytestmark = pytest.mark.functional

TIME_S = 60.0
See = Callable[..., Marking]
NO_OTHERS = ("-p", "no:randomly", "-p", "no:asyncio")


def a_suite(root: Path, files: dict[str, str]) -> Path:
    for name, content in {"pytest.ini": "[pytest]\n", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "suite"
    folder.mkdir()
    return folder


@pytest.fixture
def seen(root: Path, python: Path, tmp_path: Path) -> See:
    def see(
        files: dict[str, str], *args: str, expressions: list[tuple[str, str]] | None = None, everywhere: bool = False
    ) -> Marking:
        suite = Suite(root=a_suite(root, files), python=python, pytest_args=(*NO_OTHERS, *args))
        collect = observe_everywhere if everywhere else observe
        return collect(suite, tmp_path / "scratch", expressions=expressions or [], timeout_s=TIME_S)

    return see


def marks(marking: Marking) -> dict[str, set[str]]:
    return {each.test.rpartition("::")[2]: set(each.after) for each in marking.tests}


def test_a_test_has_its_own_marks_and_those_of_its_parents_by_whichever_way_they_came(seen: See) -> None:
    marking = seen(
        {
            "test_it.py": "import pytest\npytestmark = [pytest.mark.module]\n"
            "@pytest.mark.base\nclass Base:\n    pass\n"
            "@pytest.mark.klass\nclass TestIt(Base):\n    @pytest.mark.own\n    def test_one(self): pass\n"
            "@pytest.mark.parametrize('x', [1, pytest.param(2, marks=pytest.mark.param)])\ndef test_two(x): pass\n"
        }
    )
    assert marks(marking) == {
        "test_one": {"module", "base", "klass", "own"},
        "test_two[1]": {"module", "parametrize"},
        "test_two[2]": {"module", "parametrize", "param"},
    }
    assert {each.path for each in marking.tests} == {"test_it.py"}
    assert marking.tests[0].test == "test_it.py::TestIt::test_one"
    assert (marking.is_complete, marking.reason) == (True, "")
    assert marking.hello is not None
    assert marking.hello.pytest == pytest.__version__


def test_what_a_hook_adds_is_told_apart_from_what_was_there_before_whatever_the_hook_demands(seen: See) -> None:
    marking = seen(
        {
            "conftest.py": "import pytest\n"
            "@pytest.hookimpl(hookwrapper=True, tryfirst=True)\n"
            "def pytest_collection_modifyitems(items):\n"
            "    for item in items: item.add_marker('early')\n"
            "    yield\n"
            "    for item in items: item.add_marker(pytest.mark.late)\n"
            "def pytest_itemcollected(item):\n"
            "    item.add_marker('first')\n",
            "test_it.py": "def test_it(): pass\n",
        }
    )
    (test,) = marking.tests
    assert test.before == {"first"}
    assert test.after == {"first", "early", "late"}
    assert marking.added == (
        Place(marker="early", path="conftest.py", line=4),
        Place(marker="first", path="conftest.py", line=8),
        Place(marker="late", path="conftest.py", line=6),
    )
    assert set(marking.added) <= set(marking.made)


DESELECTING = {
    "conftest.py": "import pytest\n"
    "def pytest_collection_modifyitems(config, items):\n"
    "    items[:] = [item for item in items if item.name != 'test_taken']\n"
    "@pytest.hookimpl(trylast=True, specname='pytest_collection_modifyitems')\n"
    "def pytest_mark_late(items):\n"
    "    for item in items: item.add_marker('late')\n",
    "test_it.py": "import pytest\n@pytest.mark.slow\ndef test_slow(): pass\n"
    "@pytest.mark.taken\ndef test_taken(): pass\n"
    "def test_plain(): pass\n",
}


def test_no_test_is_hidden_by_a_selection_of_the_users(seen: See) -> None:
    marking = seen(DESELECTING, "-m", "slow", "-k", "not plain")
    assert marks(marking) == {"test_slow": {"slow", "late"}, "test_taken": {"taken"}, "test_plain": {"late"}}


@pytest.mark.parametrize(("option", "expression"), [("-k", "nothing"), ("-m", "nothing")])
def test_a_selection_of_the_users_may_leave_no_test(seen: See, option: str, expression: str) -> None:
    (found,) = seen(DESELECTING, option, expression, expressions=[CONFIGURED]).selections.values()
    assert (found.tests, found.error) == ((), "")


def test_a_selection_is_what_pytest_would_make_of_the_marks_that_it_meets_when_it_deselects(seen: See) -> None:
    ways = [("-m", "slow or taken"), ("-m", "late"), ("-m", "not slow"), ("-m", "slow and ("), ("-k", "plain or SLOW")]
    marking = seen(DESELECTING, expressions=ways)
    found = {way: marking.selections[way] for way in ways}
    names = {way: {marking.tests[i].test.rpartition("::")[2] for i in found[way].tests} for way in ways}
    assert names == {
        ("-m", "slow or taken"): {"test_slow", "test_taken"},
        ("-m", "late"): set(),
        ("-m", "not slow"): {"test_taken", "test_plain"},
        ("-m", "slow and ("): set(),
        ("-k", "plain or SLOW"): {"test_slow", "test_plain"},
    }
    assert {way for way in ways if found[way].error} == {("-m", "slow and (")}
    assert "Wrong expression passed to '-m': slow and (: at column" in found["-m", "slow and ("].error


def test_an_expression_may_ask_for_the_arguments_of_a_mark(seen: See) -> None:
    files = {"test_it.py": "import pytest\n@pytest.mark.os(name='a')\ndef test_a(): pass\n"
             "@pytest.mark.os(name='b')\ndef test_b(): pass\n"}  # fmt: skip
    marking = seen(files, expressions=[("-m", "os(name='b')")])
    assert marking.selections["-m", "os(name='b')"].tests == (1,)


def test_every_place_that_comes_by_a_marker_is_told_once(seen: See) -> None:
    marking = seen(
        {
            "names.py": "NAME = 'computed'\n",
            "making.py": "import pytest\ndef make(name):\n    return getattr(pytest.mark, name)\n",
            "test_it.py": "import pytest\nfrom _pytest.mark.structures import Mark, MarkDecorator\n"
            "import making, names\n"
            "alias = pytest.mark.plain\n"
            "by_hand = MarkDecorator(Mark('constructed', (), {}, _ispytest=True), _ispytest=True)\n"
            "for _ in range(3):\n    made = making.make(names.NAME)\n"
            "def test_it(): pass\n",
        }
    )
    assert tuple(place for place in marking.made if not Path(place.path).is_absolute()) == (  # others are of plugins
        Place(marker="computed", path="making.py", line=3),
        Place(marker="constructed", path="test_it.py", line=5),
        Place(marker="plain", path="test_it.py", line=4),
    )
    assert marking.added == ()


def test_each_registered_line_has_its_place(seen: See) -> None:
    marking = seen(
        {
            "pytest.ini": "[pytest]\nmarkers =\n    ini: of the file\n    twice\n",
            "local_plugin.py": "def pytest_configure(config):\n    config.addinivalue_line('markers', 'plug: in')\n",
            "conftest.py": "pytest_plugins = ['local_plugin']\n"
            "def pytest_configure(config):\n"
            "    for name in ('one', 'twice'):\n"
            "        config.addinivalue_line('markers', name)\n",
            "test_it.py": "def test_it(): pass\n",
        }
    )
    lines = [line for line in marking.registered if "_pytest" not in line.path]
    assert [line for line in lines if not line.path.startswith("/")] == [
        RegisteredLine(text="ini: of the file", path="pytest.ini", line=0),
        RegisteredLine(text="twice", path="pytest.ini", line=0),
        RegisteredLine(text="plug: in", path="local_plugin.py", line=2),
        RegisteredLine(text="one", path="conftest.py", line=4),
        RegisteredLine(text="twice", path="conftest.py", line=4),
    ]
    assert any(line.text.startswith("parametrize(") and "_pytest" in line.path for line in marking.registered)
    own = {plugin for plugin in marking.plugins if not Path(plugin.path).is_absolute()}
    assert own == {
        Plugin(name="conftest.py", path="conftest.py", distribution=""),
        Plugin(name="local_plugin", path="local_plugin.py", distribution=""),
    }
    assert "pytest-xdist" in {plugin.distribution for plugin in marking.plugins}
    assert not any("/_pytest/" in plugin.path or "noxtasks" in plugin.path for plugin in marking.plugins)


def test_a_file_that_cannot_be_imported_is_a_problem_and_the_rest_is_seen(seen: See) -> None:
    marking = seen(
        {
            "test_a.py": "import no_such_module\n",
            "test_b.py": "import pytest\n@pytest.mark.strange\ndef test_b(): pass\n",
            "test_c.py": "import pytest\n@pytest.mark.known\ndef test_c(): pass\n",
            "pytest.ini": "[pytest]\naddopts = --strict-markers -x --maxfail 1\nmarkers = known\n",
        }
    )
    assert marks(marking) == {"test_c": {"known"}}
    assert {problem["path"]: problem["chain"][-1]["message"] for problem in marking.problems} == {
        "test_a.py": "No module named 'no_such_module'",
        "test_b.py": "'strange' not found in `markers` configuration option",
    }
    assert Place(marker="strange", path="test_b.py", line=2) in marking.made
    assert marking.is_complete


def test_what_was_told_before_a_crash_is_kept_and_named_incomplete(seen: See) -> None:
    marking = seen(
        {
            "test_a.py": "import pytest\n@pytest.mark.one\ndef test_a(): pass\n",
            "test_b.py": "import os\nos._exit(7)\n",
            "test_c.py": "def test_c(): pass\n",
        }
    )
    assert marks(marking) == {"test_a": {"one"}}
    assert marking.made == (Place(marker="one", path="test_a.py", line=2),)
    assert not marking.is_complete
    assert "status 7" in marking.reason


def test_what_was_told_before_the_time_limit_is_kept_and_nothing_of_the_process_is_left(
    root: Path, python: Path, tmp_path: Path
) -> None:
    a_suite(
        root,
        {
            "test_a.py": "import pytest\n@pytest.mark.one\ndef test_a(): pass\n",
            "test_b.py": "import threading\nthreading.Event().wait()\n",
        },
    )
    suite = Suite(root=root, python=python, pytest_args=NO_OTHERS)
    marking = observe(suite, tmp_path / "scratch", timeout_s=4.0)
    assert marks(marking) == {"test_a": {"one"}}
    assert not marking.is_complete
    assert marking.reason == "timed out after 4 s while it was importing test_b.py, or after that"


def test_a_conftest_that_fails_is_the_reason(seen: See) -> None:
    marking = seen({"conftest.py": "1 / 0\n", "test_a.py": "def test_a(): pass\n"})
    assert marking.tests == ()
    assert not marking.is_complete
    assert marking.reason == "conftest failure: ZeroDivisionError: division by zero"


def test_an_argument_that_pytest_refuses_is_the_reason(seen: See) -> None:
    marking = seen({"test_a.py": "def test_a(): pass\n"}, "--no-such-option")
    assert not marking.is_complete
    assert "--no-such-option" in marking.reason


def test_settings_meant_for_a_run_do_not_matter(seen: See) -> None:
    addopts = "-n 2 -x --maxfail=1 --strict-markers -q --durations=3 -p no:cacheprovider -m 'not slow' --reruns 2"
    marking = seen(
        {
            "pytest.ini": f"[pytest]\naddopts = {addopts}\nmarkers = slow\n",
            "test_a.py": "import pytest\n@pytest.mark.slow\ndef test_a(): pass\ndef test_b(): pass\n",
        }
    )
    assert marks(marking) == {"test_a": {"slow"}, "test_b": set()}
    assert marking.is_complete


ELSEWHERE = {
    "pytest.ini": "[pytest]\ntestpaths = tests\naddopts = --strict-markers\nmarkers = inner\n",
    "tests/test_in.py": "import pytest\n@pytest.mark.inner\ndef test_in(): pass\n",
    "tests/conftest.py": "def pytest_addoption(parser): parser.addoption('--slowly')\n",
    "examples/test_out.py": "import pytest\n@pytest.mark.inner\ndef test_out(): pass\n",
    "examples/conftest.py": "def pytest_addoption(parser): parser.addoption('--slowly')\n",
    "examples/deeper/test_out.py": "def test_deeper(): pass\n",
    "tools/test_broken.py": "import no_such_module\n",
    "tools/conftest.py": "def pytest_addoption(parser): parser.addoption('--slowly')\n",
    "service/pytest.ini": "[pytest]\nmarkers = of_service\naddopts = --strict-markers\n",
    "service/tests/test_out.py": "import pytest\n@pytest.mark.of_service\ndef test_service(): pass\n",
    "env/pyvenv.cfg": "",
    "env/lib/test_library.py": "raise SystemError\n",
}


def test_tests_outside_of_testpaths_are_seen_too_each_under_its_own_configuration(seen: See) -> None:
    marking = seen(ELSEWHERE, everywhere=True, expressions=[("-m", "inner")])
    assert [(each.test, set(each.after)) for each in marking.tests] == [
        ("tests/test_in.py::test_in", {"inner"}),
        ("examples/deeper/test_out.py::test_deeper", set()),
        ("examples/test_out.py::test_out", {"inner"}),
        ("service/tests/test_out.py::test_service", {"of_service"}),
    ]
    assert marking.outside == 3
    assert len(marking.problems) == 1
    selected = {marking.tests[index].test for index in marking.selections["-m", "inner"].tests}
    assert selected == {"tests/test_in.py::test_in", "examples/test_out.py::test_out"}
    assert marking.is_complete


def test_the_sample_project_is_what_its_readme_says(project: Callable[[str], Path], python: Path) -> None:
    root = project("marked")
    truth = json.loads((root / "truth.json").read_text())
    known = truth["markers"]
    registered = {name for name, about in known.items() if about["class"] != "unregistered but used"}
    suite = Suite(root=root, python=python, pytest_args=NO_OTHERS)
    marking = observe_everywhere(suite, root.parent / "scratch", timeout_s=TIME_S)

    assert (marking.is_complete, marking.problems) == (True, ())
    own = [line for line in marking.registered if not Path(line.path).is_absolute()]
    by_pytest = Counter(line.text.partition(":")[0].partition("(")[0] for line in set(own))
    assert set(by_pytest) == registered
    assert [name for name, count in by_pytest.items() if count > 1] == ["smoke"]
    assert len(registered) == truth["registered"] == 283
    by_code = {line.text.partition(":")[0] for line in own if line.line}
    assert registered_in_files(root) == registered - (by_code - {"smoke"})

    unused = {"removable", "unresolved"}
    assert len([name for name in registered if known[name]["class"] not in unused]) == truth["in_use"] == 44

    inner = marking.tests[: -marking.outside]
    of_root = {name for test in inner for name in test.after} & set(known)
    everywhere = {name for test in marking.tests for name in test.after} & set(known)
    assert of_root == {name for name, about in known.items() if about["seen"] == "root"}
    assert everywhere - of_root == {name for name, about in known.items() if about["seen"] == "outside"}
    applied = {"applied", "dynamic", "unregistered but used"}
    assert {known[name]["class"] for name in everywhere} == applied
    unseen = {name for name, about in known.items() if about["class"] in applied} - everywhere
    assert unseen == {"sacred_triangle", "sacred_golden_ratio"}


def registered_in_files(root: Path) -> set[str]:
    lines = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["markers"]
    for path, section in (
        ("gateway/pytest.ini", "pytest"),
        ("exporter/tox.ini", "pytest"),
        ("notifier/setup.cfg", "tool:pytest"),
    ):
        ini = configparser.ConfigParser()
        ini.read(root / "services" / path)
        lines += ini[section]["markers"].strip().splitlines()
    return {re.split("[:(]", line)[0] for line in lines}


def test_where_the_user_says_what_to_collect_nothing_else_is(seen: See) -> None:
    marking = seen(ELSEWHERE, "examples/test_out.py", everywhere=True)
    assert [each.test for each in marking.tests] == ["examples/test_out.py::test_out"]
    assert marking.outside == 0


def test_what_pytest_would_run_is_told_too_with_all_that_options_and_hooks_take_away(seen: See) -> None:
    marking = seen(
        {
            "conftest.py": "def pytest_collection_modifyitems(items):\n"
            "    items[:] = [each for each in items if 'hooked' not in each.name]\n",
            "test_it.py": "import pytest\ndef test_kept(): pass\n@pytest.mark.slow\ndef test_slow(): pass\n"
            "def test_hooked(): pass\ndef test_named(): pass\ndef test_deselected(): pass\n",
        },
        *("-m", "not slow", "-k", "not named", "--deselect", "test_it.py::test_deselected"),
        expressions=[CONFIGURED, ("-m", "slow")],
    )
    names = [each.test.rpartition("::")[2] for each in marking.tests]
    assert [names[place] for place in marking.selections[CONFIGURED].tests] == ["test_kept"]
    assert [names[place] for place in marking.selections[("-m", "slow")].tests] == ["test_slow"]
    assert len(names) == 5


def test_a_selection_that_pytest_refuses_is_told(seen: See) -> None:
    marking = seen({"test_it.py": "def test(): pass\n"}, "-m", "not (", expressions=[CONFIGURED])
    assert "not (" in marking.selections[CONFIGURED].error
