"""Markers given, or asked for, by names that are computed."""

from __future__ import annotations

import pytest

from noxtasks.markers.model import Use
from noxtasks.markers.python import PythonReading, read

HOOK = "import pytest\ndef pytest_collection_modifyitems(config, items):\n    for item in items:\n        "


def names(found: PythonReading, use: Use) -> set[str]:
    return {each.marker for each in found.references if each.use is use}


def patterns(found: PythonReading) -> set[str]:
    return {pattern for site in found.sites for pattern in site.patterns}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("for n in ('a', 'b'):\n            item.add_marker(n)", {"a", "b"}, id="loop"),
        pytest.param(
            "for n in L:\n            item.add_marker(getattr(pytest.mark, n))", {"unit", "e2e"}, id="constant list"
        ),
        pytest.param("for n in D.values():\n            item.add_marker(n)", {"one", "two"}, id="values"),
        pytest.param("item.add_marker(D[item.name])", {"one", "two"}, id="subscript with an unknown key"),
        pytest.param("item.add_marker(D['x'])", {"one"}, id="subscript with a key"),
        pytest.param("item.add_marker(D.get(item.name, 'other'))", {"one", "two", "other"}, id="get"),
        pytest.param("item.add_marker('a' if item.name else 'b')", {"a", "b"}, id="condition"),
        pytest.param(
            "n = 'a'\n        if item.name:\n            n = 'b'\n        item.add_marker(n)",
            {"a", "b"},
            id="assignments",
        ),
        pytest.param("if item.name in L:\n            item.add_marker(item.name)", {"unit", "e2e"}, id="membership"),
        pytest.param(
            "p = item.name\n        if p not in L:\n            continue\n        item.add_marker(p)",
            {"unit", "e2e"},
            id="continue",
        ),
        pytest.param(
            "if item.name == 'a' or item.name == 'b':\n            item.add_marker(item.name)", {"a", "b"}, id="=="
        ),
        pytest.param("[item.add_marker(p) for p in item.path.parts if p in L]", {"unit", "e2e"}, id="comprehension"),
        pytest.param(
            "for p in item.path.parts:\n            if p in L:\n                item.add_marker(p)",
            {"unit", "e2e"},
            id="parts",
        ),
        pytest.param("item.add_marker('_'.join(['a', 'b']))", {"a_b"}, id="join"),
        pytest.param("item.add_marker(f'{\"x\"}_y')", {"x_y"}, id="f-string"),
        pytest.param("item.add_marker('A-B'.lower().replace('-', '_'))", {"a_b"}, id="methods"),
        pytest.param("item.add_marker('test_a'.removeprefix('test_'))", {"a"}, id="removeprefix"),
        pytest.param("item.add_marker('a:b'.split(':')[0])", {"a"}, id="split"),
        pytest.param("give(item, 'a')\n        give(item, name='b')", {"a", "b"}, id="parameter"),
        pytest.param("give_all(item, 'a', 'b')", {"a", "b"}, id="rest of the parameters"),
        pytest.param("item.add_marker(which(item))", {"x", "y"}, id="what a function returns"),
        pytest.param("eval('pytest.mark.' + L[1])(item)", {"e2e"}, id="eval"),
        pytest.param('exec(f"""\n@pytest.mark.{L[0]}\n""")', {"unit"}, id="exec of several lines"),
        pytest.param("item.add_marker(sys.platform)", {"linux", "darwin", "win32", "cygwin"}, id="this system"),
        pytest.param("item.add_marker(Level.UNIT.value)", {"unit_level"}, id="enumeration"),
        pytest.param("pytest.mark.__getattr__(L[0])(item)", {"unit"}, id="__getattr__"),
        pytest.param(
            "from pytest import Mark\n        for n in L:\n            Mark(n, (), {})", {"unit", "e2e"}, id="Mark"
        ),
        pytest.param(
            "match item.name:\n            case 'a' | 'b':\n                item.add_marker(item.name)",
            {"a", "b"},
            id="match",
        ),
    ],
)
def test_a_name_is_computed_from_constants(body: str, expected: set[str]) -> None:
    source = (
        "import enum\nL = ['unit', 'e2e']\nD = {'x': 'one', 'y': 'two'}\n"
        "class Level(enum.Enum):\n    UNIT = 'unit_level'\n"
        "def give(item, name):\n    item.add_marker(name)\n"
        "def give_all(item, *names):\n    for each in names:\n        item.add_marker(each)\n"
        "def which(item):\n    if item.name:\n        return 'x'\n    return 'y'\n"
    )
    found = read({"conftest.py": (source + HOOK + body).encode()})
    assert expected <= names(found, Use.DYNAMIC), (found.references, found.sites)
    assert patterns(found) == set()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("item.add_marker(item.name)", ".*", id="nothing is known"),
        pytest.param("item.add_marker(f'level_{item.name}')", "level_.*", id="beginning"),
        pytest.param("item.add_marker(item.name + '_test')", ".*_test", id="end"),
        pytest.param("item.add_marker('a.%s' % item.name)", r"a\..*", id="percent"),
        pytest.param("item.add_marker(getattr(pytest.mark, config.getoption('--x')))", ".*", id="option"),
        pytest.param("apply(pytest.mark, item)", ".*", id="pytest.mark handed on"),
    ],
)
def test_an_unknown_part_makes_a_pattern(body: str, expected: str) -> None:
    found = read({"conftest.py": (HOOK + body).encode()})
    (site,) = found.sites
    assert (site.use, site.patterns) == (Use.DYNAMIC, (expected,))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("for m in item.iter_markers():\n            item.add_marker(m)", id="iter_markers"),
        pytest.param("for m in [pytest.mark.skip, pytest.mark.x]:\n            item.add_marker(m)", id="marks"),
        pytest.param("m = pytest.mark.x\n        item.add_marker(m)", id="variable"),
        pytest.param(
            "for n, m in [('a', pytest.mark.x)]:\n            item.add_marker(m(reason=n))", id="marks with arguments"
        ),
    ],
)
def test_mark_objects_are_no_names(body: str) -> None:
    assert read({"conftest.py": (HOOK + body).encode()}).sites == ()


def test_names_of_folders_bound_what_is_taken_from_paths() -> None:
    found = read(
        {"tests/conftest.py": (HOOK + "item.add_marker(item.path.parent.name)").encode()}, folders=["tests/unit"]
    )
    (site,) = found.sites
    assert site.patterns == ("tests", "unit")


def test_a_method_of_the_same_name_of_something_else_gives_no_marker() -> None:
    source = (
        "class Pipeline:\n    def add_marker(self, label): ...\n"
        "def run(pipeline, label):\n    pipeline.add_marker(label)\n"
    )
    found = read({"src/shop.py": source.encode()})
    assert (found.sites, found.references) == ((), ())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("item.get_closest_marker('slow')", {"slow"}, id="get_closest_marker"),
        pytest.param("item.get_marker('slow')", {"slow"}, id="get_marker"),
        pytest.param("list(item.iter_markers(name='slow'))", {"slow"}, id="iter_markers"),
        pytest.param("item.iter_markers_with_node('slow')", {"slow"}, id="iter_markers_with_node"),
        pytest.param("'slow' in item.keywords", {"slow"}, id="keywords"),
        pytest.param(
            "k = item.keywords\n        'slow' not in k", set(), id="a short name for keywords is left to strings"
        ),
        pytest.param("item.keywords.get('slow')", {"slow"}, id="keywords.get"),
        pytest.param("item.keywords['slow']", {"slow"}, id="keywords[]"),
        pytest.param("'slow' in item.listextrakeywords()", {"slow"}, id="listextrakeywords"),
        pytest.param("[m for m in item.iter_markers() if m.name == 'slow']", {"slow"}, id="comparison"),
        pytest.param("[m for m in item.own_markers if m.name in ('a', 'b')]", {"a", "b"}, id="membership"),
        pytest.param("any(mark.name in L for mark in item.iter_markers())", {"unit", "e2e"}, id="constant"),
        pytest.param("n = {m.name for m in item.iter_markers()}\n        'slow' in n", {"slow"}, id="set of names"),
        pytest.param(
            "n = {m.name for m in item.iter_markers()}\n        n & {'a', 'b'}", {"a", "b"}, id="intersection"
        ),
        pytest.param(
            "n = {m.name for m in item.iter_markers()}\n        n.isdisjoint(L)", {"unit", "e2e"}, id="isdisjoint"
        ),
        pytest.param("getattr(item.function, 'slow', None)", {"slow"}, id="getattr of the function"),
        pytest.param("hasattr(item.obj, 'slow')", {"slow"}, id="hasattr"),
        pytest.param("has(item, 'slow')", {"slow"}, id="wrapper"),
        pytest.param("for n in L:\n            has(item, n)", {"unit", "e2e"}, id="wrapper in a loop"),
        pytest.param("get = item.get_closest_marker\n        get('slow')", {"slow"}, id="bound method"),
        pytest.param("ask = partial(has, item)\n        ask('slow')", {"slow"}, id="wrapper with its first argument"),
        pytest.param("any(map(item.get_closest_marker, L))", {"unit", "e2e"}, id="map"),
        pytest.param("pytest.mark.slow.mark in item.own_markers", {"slow"}, id="mark object"),
        pytest.param("item.get_closest_marker(pytest.mark.slow.name)", {"slow"}, id="name of a mark object"),
        pytest.param("[T[m.name](m) for m in item.iter_markers()]", {"one"}, id="table of handlers"),
        pytest.param("[T.get(m.name) for m in item.iter_markers()]", {"one"}, id="table of handlers, get"),
        pytest.param(
            "m = item.own_markers[0]\n        match m.name:\n            case 'slow': ...", {"slow"}, id="match"
        ),
        pytest.param(
            "[E[m.name.upper()] for m in item.iter_markers()]", {"SLOW", "slow"}, id="member of an enumeration"
        ),
        pytest.param("[E.__members__.get(m.name) for m in item.iter_markers()]", {"SLOW"}, id="members by their names"),
        pytest.param("[m for m in item.own_markers if m.name in E.__members__]", {"SLOW"}, id="among the members"),
        pytest.param("[V(m.name) for m in item.own_markers]", {"late", "later"}, id="value of an enumeration"),
        pytest.param("[getattr(E, m.name, None) for m in item.iter_markers()]", {"SLOW"}, id="attribute of its name"),
        pytest.param(
            "[m for m in item.iter_markers() if m.name.lower() == 'slow']", {"slow", "SLOW"}, id="in any case"
        ),
        pytest.param("item.keywords.keys() & {'slow'}", {"slow"}, id="keys of keywords"),
        pytest.param("'slow' in far.names(item)", {"slow"}, id="names that another module gives"),
        pytest.param("'slow' in config.getoption('-m')", {"slow"}, id="expression of -m"),
        pytest.param("config.option.markexpr == 'slow'", {"slow"}, id="markexpr"),
    ],
)
def test_code_that_asks_for_a_marker_reads_it(body: str, expected: set[str]) -> None:
    source = (
        "import enum, far\nL = ['unit', 'e2e']\nT = {'one': print}\nclass E(enum.Flag):\n    SLOW = enum.auto()\n"
        "class V(enum.Enum):\n    LATE = 'late'\n    LATER = 'later'\n"
        "def has(item, name):\n    return item.get_closest_marker(name) is not None\n"
    )
    far = "def names(item):\n    return {m.name for m in item.iter_markers()}\n"
    found = read({"conftest.py": (source + HOOK + body).encode(), "far.py": far.encode()})
    assert names(found, Use.READ) == expected, found.references
    assert patterns(found) == set()


def test_a_name_that_starts_with_something_is_a_pattern() -> None:
    body = "[m for m in item.iter_markers() if m.name.startswith('req_')]"
    (site,) = read({"conftest.py": (HOOK + body).encode()}).sites
    assert (site.use, site.patterns) == (Use.READ, ("req_.*",))


def test_a_reader_whose_name_nobody_knows_may_read_any() -> None:
    (site,) = read({"conftest.py": (HOOK + "item.get_closest_marker(config.getoption('x'))").encode()}).sites
    assert (site.use, site.patterns) == (Use.READ, (".*",))


def test_a_loop_over_all_markers_says_nothing() -> None:
    found = read({"conftest.py": (HOOK + "print([m.name for m in item.iter_markers()])").encode()})
    assert (found.references, found.sites) == ((), ())


def test_a_list_of_marks_that_is_only_compared_with_is_read() -> None:
    source = (
        "import pytest\nLIMITED = [pytest.mark.slow]\n"
        "def pytest_runtest_setup(item):\n"
        "    return any(mark.name in {known.name for known in LIMITED} for mark in item.iter_markers())\n"
    )
    found = read({"conftest.py": source.encode()})
    assert {each.use for each in found.references} == {Use.READ}
    assert found.sites == ()


def test_a_piece_of_a_name_is_bounded_by_what_it_is_compared_with() -> None:
    source = (
        "import pytest\nPARTS = ('api',)\n"
        "def pytest_collection_modifyitems(items):\n"
        "    for item in items:\n"
        "        part = item.path.stem[5:]\n"
        "        if part in PARTS:\n"
        "            item.add_marker(getattr(pytest.mark, part))\n"
    )
    found = read({"conftest.py": source.encode()}, folders=["tests"])
    assert {(each.marker, each.use) for each in found.references} == {("api", Use.DYNAMIC)}
    assert found.sites == ()
