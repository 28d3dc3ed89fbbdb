"""Calls between packages are recorded while tests run, whatever way they take, and coverage.py is not disturbed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from noxtasks import probe
from noxtasks.ladder import crossings
from noxtasks.ladder.crossings import Crossings

pytestmark = pytest.mark.functional

FILES = {
    "shop/__init__.py": "",
    "shop/core/__init__.py": """
import functools

def price(item): return inner(item)
def inner(item): return 2
def at_import(): return 3
def never(): return 4
class Cart:
    def __init__(self): self.items = [3, 1]
    @property
    def total(self): return sum(self.items)
    def __len__(self): return len(self.items)
    def __enter__(self): return self
    def __exit__(self, *error): return None
    def key(self, item): return -item
def items():
    yield 1
    yield 2
async def fetch(): return 5
def passed_on(function):
    @functools.wraps(function)
    def wrapper(*arguments): return function(*arguments)
    return wrapper
def calls_back(function): return function()
""",
    "shop/till/__init__.py": """
import asyncio, json, threading
from shop import core

CONSTANT = core.at_import()
def pay(): return core.price(1)
def total(): return core.Cart().total
def count(): return len(core.Cart())
def managed():
    with core.Cart():
        return True
def ordered():
    cart = core.Cart()
    return sorted(cart.items, key=cart.key)
def listed(): return list(core.items())
def fetched(): return asyncio.run(both())
async def both(): return await core.fetch()
def in_thread():
    thread = threading.Thread(target=in_other)
    thread.start()
    thread.join()
def in_other(): return core.price(2)
def through_library(): return json.loads("[1]", parse_int=parsed)
def parsed(digits): return core.price(digits)
def handed_over(): return core.calls_back(back)
def back(): return 1
def late():
    import shop.late
    return shop.late.f()
""",
    "shop/late/__init__.py": "from shop import core\nVALUE = core.at_import()\ndef f(): return 1\n",
    "outer.py": "def apply(function, *arguments): return function(*arguments)\n",
    "tests/test_shop.py": """
import os, sys
import pytest
import outer
from shop import core, till

def test_units(): assert core.price(1) == 2
def test_pays(): assert till.pay() == till.pay() == 2
@pytest.mark.parametrize("name", ["total", "count", "managed", "ordered", "listed", "fetched", "in_thread"])
def test_all(name): getattr(till, name)()
def test_through_library(): till.through_library()
def test_handed_over(): till.handed_over()
def test_late(): till.late()
def test_through_other(): assert outer.apply(core.passed_on(till.pay)) == 2
""",
}
ALIKE = "def f(g=None): return g and g()\n"
MORE = {
    **{f"shop/{name}/__init__.py": ALIKE for name in ("one", "two", "three")},
    "tests/test_alike.py": """
from shop import one, two, three
def test_it():
    one.f(two.f)
    one.f(three.f)
""",
    "shop/often/__init__.py": "from shop import seldom\ndef f(): return seldom.f()\n",
    "shop/seldom/__init__.py": "def f(): return 1\n",
    "tests/test_often.py": """
from shop import often, seldom
def test_many():
    for _ in range(9_000): seldom.f()
def test_one(): often.f()
""",
    "shop/child/__init__.py": "from shop import core\ndef f(): return core.price(1)\n",
    "tests/test_child.py": """
import os, pytest
from shop import child
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_it():
    pid = os.fork()
    if not pid:
        child.f()
        os._exit(0)
    os.waitpid(pid, 0)
""",
    "conftest.py": """
import sys
def pytest_unconfigure():
    if sys.version_info >= (3, 12):
        assert [sys.monitoring.get_tool(tool) for tool in (0, 3, 4)] == [None] * 3
    else:
        assert sys.getprofile() is None
""",
}
EXPECTED = {
    ("till", "core", "pay", "price"),
    ("till", "core", "total", "Cart.__init__"),
    ("till", "core", "total", "Cart.total"),
    ("till", "core", "count", "Cart.__init__"),
    ("till", "core", "count", "Cart.__len__"),
    ("till", "core", "managed", "Cart.__init__"),
    ("till", "core", "managed", "Cart.__enter__"),
    ("till", "core", "managed", "Cart.__exit__"),
    ("till", "core", "ordered", "Cart.__init__"),
    ("till", "core", "ordered", "Cart.key"),
    ("till", "core", "listed", "items"),
    ("till", "core", "both", "fetch"),
    ("till", "core", "in_other", "price"),
    ("till", "core", "parsed", "price"),
    ("till", "core", "handed_over", "calls_back"),
    ("core", "till", "calls_back", "back"),
    ("core", "till", "passed_on.<locals>.wrapper", "pay"),
    ("till", "late", "late", "f"),
}
UNITS = {
    f"shop.{name}": f"shop.{name}"
    for name in ("core", "till", "late", "one", "two", "three", "often", "seldom", "child")
}


def run(
    folder: Path,
    *command: str,
    files: Mapping[str, str] = {},
    environment: Mapping[str, str] = {},
    records: bool = True,
) -> tuple[Crossings, subprocess.CompletedProcess[str]]:
    """Run a sample's tests in `folder`, by default with pytest alone."""
    root, told = folder / "project", folder / f"told{records}"
    told.mkdir(parents=True)
    for name, text in {**FILES, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    done = subprocess.run(
        [sys.executable, *(command or ("-m",)), "pytest", "-q", "-p", crossings.PLUGIN],
        cwd=root,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
            **environment,
            **(crossings.environment(told, UNITS) if records else {}),
            "PYTHONPATH": os.pathsep.join((str(Path(probe.__file__).parent), str(root))),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return crossings.read(told), done


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Crossings:
    """What was seen of all that the samples do; at the end the tool has been let go."""
    found, done = run(tmp_path_factory.mktemp("all"), files=MORE)
    assert done.returncode == 0, done.stdout + done.stderr
    return found


def seen(found: Crossings) -> set[tuple[str, str, str, str]]:
    return {
        (
            call.source.removeprefix("shop."),
            call.target.removeprefix("shop."),
            call.caller.partition(":")[2],
            call.called.partition(":")[2],
        )
        for call in found.calls
    }


def of(found: Crossings, *units: str) -> set[tuple[str, str, str, str]]:
    return {call for call in seen(found) if call[0] in units}


def test_calls_across_a_border_are_told_whatever_way_they_take(recorded: Crossings) -> None:
    assert of(recorded, "core", "till", "late") == EXPECTED
    assert recorded.trouble == ""


def test_functions_that_look_alike_are_told_apart(recorded: Crossings) -> None:
    assert of(recorded, "one", "two", "three") == {("one", "two", "f", "f"), ("one", "three", "f", "f")}


def test_a_function_that_is_called_very_often_is_told_still(recorded: Crossings) -> None:
    assert of(recorded, "often", "seldom") == {("often", "seldom", "f", "f")}


def test_what_a_child_does_is_not_told(recorded: Crossings) -> None:
    assert of(recorded, "child") == set()


def coverage_of(root: Path, data: Path) -> dict[str, Any]:
    asked = [sys.executable, "-m", "coverage", "json", "-q", f"--data-file={data}", "-o", str(data.with_suffix(".j"))]
    subprocess.run(asked, cwd=root, check=True)
    told: dict[str, Any] = json.loads(data.with_suffix(".j").read_text())["files"]
    return told


@pytest.mark.parametrize("core", ["ctrace", "pytrace", *(["sysmon"] if sys.version_info >= (3, 12) else [])])
def test_coverage_measures_the_same_and_so_does_the_record(tmp_path: Path, core: str) -> None:
    measured = {}
    for records in (False, True):
        data = tmp_path / f"data{records}"
        branches = ["--branch"] if core != "sysmon" or sys.version_info >= (3, 14) else []  # which it cannot see before
        command = ["-m", "coverage", "run", *branches, "--source=shop", f"--data-file={data}", "-m"]
        found, done = run(tmp_path, *command, environment={"COVERAGE_CORE": core}, records=records)
        assert done.returncode == 0, done.stdout + done.stderr
        measured[records] = coverage_of(tmp_path / "project", data)
        assert seen(found) == (EXPECTED if records else set())
        assert found.trouble == ("" if records else "no process has looked for calls")
    assert measured[True] == measured[False]
    assert measured[True]["shop/till/__init__.py"]["missing_lines"] == []


def test_what_a_crash_leaves_is_read(tmp_path: Path) -> None:
    crash = "import os\nfrom shop import till\ndef test_it():\n    till.pay()\n    os._exit(9)\n"
    found, done = run(tmp_path, files={"tests/test_shop.py": crash})
    assert done.returncode == 9
    assert seen(found) == {("till", "core", "pay", "price")}


HELD = """
import sys
if sys.version_info >= (3, 12):
    for tool in range(6):
        if sys.monitoring.get_tool(tool) is None:
            sys.monitoring.use_tool_id(tool, "mine")
else:
    sys.setprofile(lambda *_: None)
"""


def test_where_the_users_tools_hold_what_is_needed_that_is_told(tmp_path: Path) -> None:
    found, done = run(tmp_path, files={"conftest.py": HELD})
    assert done.returncode == 0
    assert found.calls == ()
    assert found.trouble in {"other tools hold all of sys.monitoring", "another profile function is at work"}


def test_a_line_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    call = '{"frame":"crossing","source":"a","target":"b","caller":"a:f","called":"b:g"}'
    whole = f'{{"frame":"watching","trouble":""}}\n{call}\n'
    (tmp_path / "1.jsonl").write_text(whole + '{"frame":"crossing","sour')
    (tmp_path / "2.jsonl").write_text(whole)
    assert len(crossings.read(tmp_path).calls) == 1
