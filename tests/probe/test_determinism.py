"""A test draws by its name and the base seed alone, and sees the clock that its mark says, where that is asked for."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from noxtasks.probe.noxtasks_probe import determinism
from noxtasks.suite import process
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import PROBE_FOLDER, Suite
from noxtasks.suite.model import Order, Outcome
from noxtasks.suite.runs import RunRequest

pytestmark = pytest.mark.functional

DRAWS = """
import json, os, random, unittest
import pytest

def tell(request, *drawn):
    with open(os.environ["TOLD"], "a") as file:
        file.write(json.dumps([request.node.nodeid, *drawn]) + "\\n")

@pytest.fixture(scope="session")
def shared():
    return [random.random() for _ in range(3)]

@pytest.fixture
def own():
    return random.random()

def test_one(request, shared, own):
    tell(request, shared, own, random.random())

@pytest.mark.parametrize("number", [1, 2])
def test_two(request, number, own, shared):
    tell(request, shared, own, random.random())

class TestThree(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def take(self, request):
        self.request = request

    def setUp(self):
        self.drawn = random.random()

    def test_it(self):
        tell(self.request, self.drawn, random.random())
"""
NAMES = {"test_one", "test_two[1]", "test_two[2]", "TestThree::test_it"}
Ran = Callable[..., process.Completed]


@pytest.fixture
def ran(tmp_path: Path) -> Ran:
    """Runs pytest on one module, with the plugin and nothing of this session's."""

    def run(code: str, *args: str, ini: str = "", plugins: tuple[str, ...] = (), **more: str) -> process.Completed:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NOXTASKS_"))}
        env |= {"PYTHONPATH": str(PROBE_FOLDER), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        (tmp_path / "test_it.py").write_text(code, "utf-8")
        (tmp_path / "pytest.ini").write_text(f"[pytest]\naddopts = --strict-markers\n{ini}\n", "utf-8")
        loaded = [word for plugin in ("noxtasks_probe.determinism", *plugins) for word in ("-p", plugin)]
        command = [sys.executable, "-m", "pytest", "-rA", *loaded, *args]
        return process.run(command, cwd=tmp_path, env={**env, **more}, timeout_s=60)

    return run


def drawn(path: Path) -> dict[str, list[object]]:
    told = [json.loads(line) for line in path.read_text().splitlines()]
    path.unlink()
    return {name.partition("::")[2]: values for name, *values in told}


def test_what_a_test_draws_depends_on_the_seed_and_on_no_other_test(ran: Ran, tmp_path: Path) -> None:
    told = tmp_path / "told"

    def with_(*args: str, plugins: tuple[str, ...] = (), ini: str = "") -> dict[str, list[object]]:
        done = ran(DRAWS, *args, plugins=plugins, ini=ini, TOLD=str(told))
        assert done.returncode == 0, done.stdout + done.stderr
        return drawn(told)

    everything = with_("--noxtasks-seed=7")
    assert everything.keys() == NAMES
    assert len({str(values[-1]) for values in everything.values()}) == len(NAMES)
    reverse = ("test_it.py::TestThree", "test_it.py::test_two[2]", "test_it.py::test_two[1]", "test_it.py::test_one")
    assert with_("--noxtasks-seed=7", *reverse) == everything
    assert with_("-k", "test_one", ini="noxtasks_seed = 7") == {"test_one": everything["test_one"]}
    assert with_("-n", "1", "--noxtasks-seed=7", plugins=("xdist.plugin",)) == everything
    assert with_("-k", "test_one", "--noxtasks-seed=8")["test_one"] != everything["test_one"]
    randomly = ("pytest_randomly",)
    assert with_("--noxtasks-seed=random", "--randomly-seed=7", plugins=randomly) == everything
    assert with_(plugins=randomly, ini="noxtasks_seed = 7") == everything
    assert with_("--noxtasks-seed=off", ini="noxtasks_seed = 7") != everything


@pytest.mark.parametrize("randomly", [False, True], ids=["alone", "with randomly"])
def test_the_last_seed_comes_again_and_stands_in_the_header(ran: Ran, tmp_path: Path, randomly: bool) -> None:
    told = tmp_path / "told"
    plugins = ("pytest_randomly",) if randomly else ()
    option = "--randomly-seed" if randomly else "--noxtasks-seed"
    first = ran(DRAWS, "--noxtasks-seed=random", plugins=plugins, TOLD=str(told))
    before = drawn(told)
    line = next(line for line in first.stdout.splitlines() if line.startswith("noxtasks: "))
    assert line.startswith(f"noxtasks: each test is seeded from {option}=")
    again = ran(DRAWS, "--noxtasks-seed=last", plugins=plugins, TOLD=str(told))
    assert line in again.stdout
    assert drawn(told) == before


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--noxtasks-seed=seven",), '--noxtasks-seed: expected a number, "last", "random" or "off"; got \'seven\''),
        (("--noxtasks-seed=last", "-p", "no:cacheprovider"), "needs the plugin cacheprovider"),
        (("-o", "noxtasks_frozen_time=soon"), "noxtasks_frozen_time = soon: "),
    ],
)
def test_a_wish_that_cannot_be_is_a_usage_error(ran: Ran, args: tuple[str, ...], said: str) -> None:
    done = ran("def test_it(): pass", *args)
    assert (done.returncode, said in done.stderr) == (4, True), done.stdout + done.stderr


def test_unasked_it_says_and_changes_nothing(ran: Ran) -> None:
    code = "import random\nrandom.seed(3)\ndef test_it(): assert random.random() == random.Random(3).random()"
    done = ran(code)
    assert done.returncode == 0, done.stdout
    assert "noxtasks" not in done.stdout


FROZEN = """
import asyncio, datetime, time, unittest
import pytest

pytestmark = pytest.mark.frozen_time("2001-01-01")
today = datetime.date.today

@pytest.fixture(scope="module")
def shared():
    return today().year

@pytest.fixture(autouse=True)
def own():
    before = today().year
    yield before
    assert today().year == before

def test_the_module_says(own, shared):
    assert (own, today().year) == (2001, 2001)
    assert shared > 2020

@pytest.mark.frozen_time("2028-02-29", tz_offset=-4)
def test_the_function_says(own):
    assert (own, str(datetime.datetime.now())) == (2028, "2028-02-28 20:00:00")

@pytest.mark.frozen_time("2002-01-01")
class TestClass:
    def test_the_class_says(self, own, frozen_time):
        frozen_time.tick(datetime.timedelta(days=1))
        assert (own, str(today())) == (2002, "2002-01-02")

    @pytest.mark.frozen_time("2003-01-01")
    def test_the_function_says(self, own):
        assert (own, today().year) == (2003, 2003)

    @pytest.mark.parametrize("year", [2002, pytest.param(2005, marks=pytest.mark.frozen_time("2005-01-01"))])
    def test_the_parameter_says(self, year, own):
        assert (own, today().year) == (year, year)

@pytest.mark.frozen_time("2004-01-01")
class TestCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.outside = today().year

    def setUp(self):
        self.before = today().year

    def tearDown(self):
        assert today().year == 2004

    def test_it(self):
        assert (self.before, today().year) == (2004, 2004)
        assert self.outside > 2020

@pytest.mark.frozen_time("2004-01-01")
class TestCaseAsync(unittest.IsolatedAsyncioTestCase):
    async def test_it(self):
        await asyncio.sleep(0.001)
        assert today().year == 2004

@pytest.mark.asyncio
async def test_async(own):
    await asyncio.sleep(0.001)
    assert (own, today().year) == (2001, 2001)

@pytest.mark.frozen_time(None)
def test_not(own):
    assert own > 2020 and today().year > 2020

@pytest.mark.frozen_time("2006-01-01", tick=True)
def test_goes_on():
    before = time.time()
    while time.time() == before:
        pass
    assert today().year == 2006
"""


def test_time_stands_as_the_nearest_mark_says_and_durations_are_real(ran: Ran, tmp_path: Path) -> None:
    (tmp_path / "durations.py").write_text("def pytest_runtest_logreport(report): assert report.duration > 0\n")
    plugins = ("pytest_asyncio.plugin", "durations")
    done = ran(FROZEN, plugins=plugins, ini="asyncio_mode = strict")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "11 passed" in done.stdout


def test_the_ini_file_freezes_every_test(ran: Ran) -> None:
    code = """
import datetime, pytest
def test_it(): assert datetime.date.today().year == 2025
def test_fixture(frozen_time): assert frozen_time() == datetime.datetime(2025, 1, 1)
@pytest.mark.frozen_time("2001-01-01")
def test_marked(): assert datetime.date.today().year == 2001
@pytest.mark.frozen_time(None)
def test_not(): assert datetime.date.today().year > 2025
"""
    assert "4 passed" in ran(code, ini="noxtasks_frozen_time = 2025-01-01").stdout


def test_without_a_moment_or_freezegun_the_remedy_is_said(ran: Ran, tmp_path: Path) -> None:
    code = """
import pytest
def test_no_moment(frozen_time): pass
@pytest.mark.frozen_time
def test_empty(): pass
"""
    said = ran(code).stdout
    assert "2 errors" in said
    assert "noxtasks_frozen_time in the ini file" in said
    assert "frozen_time needs a moment" in said
    (tmp_path / "freezegun.py").write_text("raise ImportError('not here')\n")
    marked = "import pytest\n@pytest.mark.frozen_time('2028-02-29')\ndef test_it(): pass\n"
    assert "python -m pip install freezegun" in ran(marked).stdout
    unmet = ran(marked, ini="noxtasks_frozen_time = 2025-01-01")
    assert (unmet.returncode, "python -m pip install freezegun" in unmet.stderr) == (4, True)


def test_the_engine_knows_the_mark_and_keeps_the_seeds_to_itself(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    root = tmp_path / "suite"
    root.mkdir()
    ini = "[pytest]\naddopts = --strict-markers\nnoxtasks_seed = 5\nnoxtasks_frozen_time = 2025-01-01\n"
    (root / "pytest.ini").write_text(ini)
    (root / "test_it.py").write_text("""
import datetime, random, pytest
@pytest.mark.frozen_time("2028-02-29")
def test_marked(): assert str(datetime.date.today()) == "2028-02-29"
def test_ini(): assert str(datetime.date.today()) == "2025-01-01"
def test_drawn(): pytest.fail(str(random.random()))
""")
    (tmp_path / "scratch").mkdir()
    suite = Suite(root=root, python=python)
    with Engine(suite, tmp_path / "scratch", kind=None, test_timeout_s=30) as engine:
        engine.collect(hash_seed=1)
        requests = [RunRequest(number=n, seed=n, hash_seed=1, order=Order.COLLECTED) for n in (0, 1)]
        first, second = engine.runs(requests, jobs=1)
    assert [result.outcome for result in first.results] == [Outcome.PASSED, Outcome.PASSED, Outcome.FAILED]
    assert first.results[2].failure != second.results[2].failure


def test_the_entry_point_has_the_name_under_which_the_engine_registers_it() -> None:
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    assert f'{determinism.NAME} = "noxtasks.probe.noxtasks_probe.determinism"' in text
