from __future__ import annotations

import pytest

from noxtasks.markers import origins
from noxtasks.markers.model import Registration, Site, Use
from noxtasks.markers.rules import Corpus

NAMES = frozenset({"slow", "big_db", "gpu"})
COLLECT = "def pytest_collection_modifyitems(items):\n    "


def gather(*, how: str = "add_marker(name)", texts: dict[str, str] | None = None, **python: str) -> Corpus:
    """What is gathered for a site in conftest.py that knows no letter of the name."""
    files = {f"{name}.py": text.encode() for name, text in python.items()}
    path = "conftest.py" if how.startswith("add") else "run.sh"
    return origins.gather(
        NAMES,
        [Site(path=path, line=1, use=Use.DYNAMIC, how=how, patterns=(".*",))],
        python=files,
        texts=texts or {},
        folders=(),
        strings={},
        data={},
        registrations=[Registration(marker="slow", path="pytest.ini", line=3, how="pytest.ini")],
    )


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        ("item.obj.__doc__", 'def test_a():\n    """Tags: slow, big-db"""\n'),
        ("inspect.getcomments(item.obj)", "# slow big_db\ndef test_a(): pass\n"),
        ("cls.__name__", "class TestSlow: pass\nclass TestBigDb: pass\n"),
        ("item.name.split('_')", "def test_slow_and_big_db(): pass\n"),
        ("[each.name.lower() for each in Kind]", "class Kind(Enum):\n    SLOW = auto()\n    BIG_DB = auto()  # test\n"),
        ("def tags(**marks): ...", "pytestmark = tags(slow=1, big_db=2)\n"),
        ("vars(item.obj)", "def test_a(): pass\ntest_a.slow = test_a.big_db = True\n"),
        ("marked(pytest.mark)", "def marked(m): return m.slow if test else m.big_db\n"),
    ],
)
def test_code_that_looks_at_the_tests_may_take_any_word_of_them(code: str, tests: str) -> None:
    assert {"slow", "big_db"} <= gather(conftest=COLLECT + code, test_a=tests).names.keys()


@pytest.mark.parametrize("code", ["open(path)", "json.load(file)", "yaml.safe_load(text)", "Path(x).read_text()"])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("marks.txt", "test_a: slow\n"),
        ("marks.tsv", "test_a\tSLOW\tx\n"),
        ("marks.xml", "<mark>slow</mark>"),
        ("marks", "test_a:slow"),
        ("marks.json", '{"marks": "slow fast"}'),
    ],
)
def test_code_that_reads_files_may_take_any_word_of_them(code: str, path: str, text: str) -> None:
    assert gather(conftest=COLLECT + code, texts={path: text}).names["slow"] == ((path, 1),)


def test_code_that_reads_options_may_take_any_word_of_a_command() -> None:
    assert "gpu" in gather(conftest="config.getoption('--only')", texts={"Makefile": "x:\n\tpytest --only=gpu\n"}).names


def test_what_looks_further_may_be_a_module_that_is_imported() -> None:
    found = gather(conftest="from tests.tables import marks\n", tables="open('x')", texts={"x.lst": "gpu\n"})
    assert "gpu" in found.names


def test_code_that_does_not_look_further_takes_no_word() -> None:
    found = gather(conftest="item.add_marker(name)", test_a="# slow\n", texts={"marks.txt": "slow", "Makefile": "gpu"})
    assert not found.names


def test_a_command_takes_any_word_that_is_not_prose() -> None:
    texts = {"Makefile": "all: test-gpu\n", "README.txt": "slow", "notes.md": "slow", "marks.txt": "big_db"}
    assert gather(how="-m $*", texts=texts).words.keys() == {"gpu", "big_db"}


def test_a_registration_is_no_place_that_a_name_comes_from() -> None:
    assert not gather(how="-m $1", texts={"pytest.ini": "[pytest]\nmarkers =\n    slow: slow ones\n"}).words


def test_a_program_takes_for_its_commands_what_stands_near_it_or_starts_it() -> None:
    texts = {"ci.sh": "python tools/runner.py gpu\npytest\n", "other.sh": "pytest slow\n"}
    python = {"tools/runner.py": b"from tools import kinds\n", "tools/kinds.py": b"", "test_a.py": b""}
    site = Site(path="tools/runner.py", line=1, use=Use.READ, how="-m ...", patterns=(".*",))
    corpus = origins.gather(
        NAMES,
        [site],
        python=python,
        texts=texts,
        folders=(),
        strings={"big_db": (("tools/kinds.py", 4),), "slow": (("test_a.py", 7),)},
        data={},
        registrations=(),
    )
    assert {name: corpus.of(name, site) for name in sorted(NAMES)} == {
        "big_db": (("tools/kinds.py", 4),),
        "gpu": (("ci.sh", 1),),
        "slow": (),
    }
