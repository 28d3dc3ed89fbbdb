"""In Python, a marker is renamed wherever the syntax says that it is meant, and nothing else is touched."""

from __future__ import annotations

import textwrap

import pytest

from noxtasks.markers.migration import codemod
from noxtasks.markers.migration.model import Change
from noxtasks.markers.model import Reference, Selector, Use

CHANGE = Change(
    removed=frozenset({"gone", "lost"}),
    renamed={"old": "new", "older": "new", "a": "b", "b": "a"},
    described={"bare": 'says "so"'},
)


def edited(text: str, *places: Selector | Reference) -> tuple[str, list[str]]:
    content, unchanged = codemod.edited(
        text.encode(),
        "x.py",
        CHANGE,
        selectors=[each for each in places if isinstance(each, Selector)],
        references=[each for each in places if isinstance(each, Reference)],
    )
    return content.decode(), [f"{each.marker} {each.line} {each.why}" for each in unchanged]


def seen(marker: str, line: int, use: Use) -> Reference:
    return Reference(marker=marker, path="x.py", line=line, use=use, how="how")


def selector(line: int, expression: str) -> Selector:
    return Selector(path="x.py", line=line, option="-m", expression=expression, names=tuple(expression.split()))


RENAMED = [
    "@pytest.mark.{}\ndef test_x(): pass",
    "@pytest . mark . {}(1, x = 'old')  # old\nasync def test_old(old): pass",
    "import pytest as pt\n@pt.mark.{}\nclass TestX: pass",
    "from pytest import mark as m, fixture\n@m.{}\nclass TestX: old = m.parametrize",
    "mark = pytest.mark\npytestmark = [mark.{}, mark.x]",
    "from helpers import mark\npytestmark = mark.{}",
    "class T:\n    pytestmark = pytest.mark.{}",
    "alias = pytest.mark.{}.with_args(1)",
    "x = [pytest.param(1, marks=pytest.mark.{}), pytest.param(2, marks=[pytest.mark.{}()])]",
    "item.add_marker('{}')",
    "item.add_marker(pytest.mark.{}, append=False)",
    "request.node.add_marker(marker=r'{}')",
    'item.add_marker("{}" if x == "old" else "{}")',
    "getattr(pytest.mark, '{}')(1)",
    "hasattr(pytest.mark, '{}')",
    "item.get_closest_marker('{}', 'old')",
    "item.get_closest_marker(name='''{}''')",
    "any(item.iter_markers('{}')) or item.iter_markers(name='{}')",
    "if '{}' in item.keywords and '{}' not in request.node.keywords: pass",
    "item.keywords['{}'], item.keywords.get('{}')",
    "if mark.name == '{}' or '{}' != marker.name: pass",
    "if mark.name in ('{}', 'x', '{}'): pass",
    "[m for m in item.iter_markers() if m.name == '{}']",
    "for each in item.own_markers:\n    if each.name in ['{}']: pass",
    "if '{}' in {{m.name for m in item.iter_markers()}}: pass",
    "names = [m.name for m in item.iter_markers()]\nif '{}' in names: pass",
    "if {{'{}', 'x'}} & {{m.name for m in item.iter_markers()}}: pass",
    "{{'{}'}}.isdisjoint(m.name for m in item.iter_markers())",
    "NAMES = ('{}', 'x')\nif mark.name in NAMES: pass",
    "NAME = '{}'\nitem.get_closest_marker(NAME)",
    "config.addinivalue_line('markers', '{}: an old one')",
    "config.addinivalue_line('markers', '{}(x): ' + OLD)",
    "config.addinivalue_line('markers', '{}: '\n  'old')",
    "config.addinivalue_line('markers', f'{}: {{old}}')",
    "config.addinivalue_line('markers', '{}: %s' % old)",
    "config.addinivalue_line('markers', '{}: {{}}'.format(old))",
    "for line in ['{}: old', 'x']:\n    config.addinivalue_line('markers', line)",
    "for n, d in {{'{}': 'old'}}.items():\n    config.addinivalue_line('markers', f'{{n}}: {{d}}')",
    "M = [('{}', 'old'), ('x', 'old')]\nfor n, d in M:\n    c.addinivalue_line('markers', n + ': ' + d)",
    "for n in ('{}', 'x'):\n    item.add_marker(getattr(pytest.mark, n))",
    "for n in sorted(('{}', 'x')):\n    item.add_marker(n)",
    "config.option.markexpr = 'not {}'",
    "if config.getoption('-m') == 'not {}': pass",
    "if 'not {}' in config.option.markexpr: pass",
    "expr = config.getoption('markexpr')\nif '{}' in expr: pass",
    "session.run('pytest', '-m', 'not {} or x', 'tests/old')",
    "session.run('python', '-m', 'pytest', '-m=not {}', '-k', 'old')",
    "CMD = [sys.executable, '-m', 'pytest', '-m', '{}', 'old']",
    "pytest.main(['-m', '{}', 'old'])",
    "pytester.runpytest('-m', '{}', '-mnot {}')",
    "c.run('cd old && pytest -m \"not {} and x\" tests/old -k old')",
    "c.run(f'pytest -m {} {{old}} -k old')",
    "c.run('python -m pytest -m={} old')",
]


@pytest.mark.parametrize("template", RENAMED)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_marker_is_renamed_and_nothing_else(template: str, newline: str) -> None:
    template = f"import pytest\nold = older = 1  # old é\n{template}\n".replace("\n", newline)
    count = template.replace("{{", "").replace("}}", "").count("{}")
    for old, new in (("old", "new"), ("a", "b"), ("b", "a")):
        before, after = template.format(*[old] * count), template.format(*[new] * count)
        assert edited(before) == (after, [])


KEPT = [
    "old = pytest.fixture\n@old\ndef test_old(old): pass",
    "@pytest.mark.usefixtures('old')\ndef test_x(): pass",
    "@pytest.mark.parametrize('old', ['old'], ids=['old'])\ndef test_x(old): pass",
    "pytest.old.mark.x, self.old",
    "if fixture.name == 'old' or 'old' in names: pass",
    "config.addinivalue_line('filterwarnings', 'old: x')",
    "session.run('python', '-m', 'old')\nrun([sys.executable, '-m', 'old'])",
    "c.run('pytest -k old tests/old && python old')",
    "'''Some prose on an old thing.'''",
    "pytest.mark.older_still, pytest.mark.Old",
    "x = b'old' + b'pytest -m x'",
]


@pytest.mark.parametrize("code", KEPT)
def test_what_only_looks_like_a_marker_stays(code: str) -> None:
    assert edited(f"import pytest\n{code}\n") == (f"import pytest\n{code}\n", [])


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("item.add_marker(name)\nx = 'old'", "old 3 a marker's name is computed in line 2, maybe of this"),
        ("item.add_marker('ol' + x)\nx = ['old']", "old 3 a marker's name is computed in line 2, maybe of this"),
        ("N = 'old'\nitem.get_closest_marker(N)\nprint(N)", "old 3 N is used for more than a marker's name"),
        ("x.run(*args, '-m', 'not old')", "old 2 this -m may not be pytest's"),
        ("\x0cold = pytest.mark.old", "old 0 it cannot be edited without changing the rest of it"),
        ("helpers.mark.old", "old 2 nothing tells whether this is a mark of pytest"),
        ("def pytest.mark.old", "old 2 it is not Python"),
    ],
)
def test_what_is_not_certain_is_told_and_stays(code: str, told: str) -> None:
    assert edited(f"import pytest\n{code}\n") == (f"import pytest\n{code}\n", [told])


def test_what_the_audit_has_seen_settles_what_the_syntax_does_not() -> None:
    assert edited("run(*args, '-m', 'not old')\n", selector(1, "not old")) == ("run(*args, '-m', 'not new')\n", [])
    assert edited("@helpers.mark.old\ndef t(): 0\n", seen("old", 1, Use.APPLIED)) == (
        "@helpers.mark.new\ndef t(): 0\n",
        [],
    )
    assert edited("MARKS = 'old'\n", seen("old", 1, Use.SELECTED)) == ("MARKS = 'new'\n", [])
    assert edited("run(\n  'pytest',\n  '-m',\n  'a or b')\n", selector(4, "a or b"))[0].endswith("'b or a')\n")


def test_each_use_that_the_audit_has_seen_is_renamed_or_told() -> None:
    code = "import pytest\nold = pytest.mark.old\n@old\ndef t(): pass\nhas(item,\n    'old')\n"
    assert edited(code, seen("old", 2, Use.APPLIED), seen("old", 3, Use.APPLIED), seen("old", 5, Use.READ)) == (
        code.replace("mark.old", "mark.new"),
        ["old 5 it cannot be renamed with certainty: how"],
    )
    for use in (Use.POSSIBLE, Use.DYNAMIC, Use.READ):
        assert edited("x = 'old'\n", seen("old", 1, use))[1] == ["old 1 it cannot be renamed with certainty: how"]
    assert edited("x = 'old'\n", seen("old", 1, Use.APPLIED), seen("old", 1, Use.MENTIONED))[1] == [
        "old 1 it cannot be renamed with certainty: how"
    ]
    code = "import pytest\npytestmark = [\n    pytest.mark.old,\n]\n"
    assert edited(code, seen("old", 2, Use.APPLIED)) == (code.replace("old", "new"), [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("@m.old\n@m.new\ndef t(): 0", "@m.new\ndef t(): 0"),
        ("@m.new\n@x\n@m.old()\ndef t(): 0", "@m.new\n@x\ndef t(): 0"),
        ("@m.old\n@m.older\n@m.new\nclass T: 0", "@m.new\nclass T: 0"),
        ("@m.old(1)\n@m.new(2)\n@m.new\ndef t(): 0", "@m.new(1)\n@m.new(2)\n@m.new\ndef t(): 0"),
        ("@m.old(1)\n@m.new( 1 )\ndef t(): 0", "@m.new(1)\ndef t(): 0"),
        ("@m.new\n# why\n@m.old  # that\ndef t(): 0", "@m.new\n# why\n# that\ndef t(): 0"),
        ("@m.x\n@m.x\n@m.old\ndef t(): 0", "@m.x\n@m.x\n@m.new\ndef t(): 0"),
        ("class T:\n    @m.new\n    @m.old\n    def t(): 0", "class T:\n    @m.new\n    def t(): 0"),
        ("pytestmark = [m.old, m.new, m.x]", "pytestmark = [m.new, m.x]"),
        ("pytestmark = [m.x, m.new, m.old]", "pytestmark = [m.x, m.new]"),
        ("pytestmark = (m.old, m.new)", "pytestmark = (m.new,)"),
        ("pytestmark = [\n    m.old,  # one\n    m.new,\n]", "pytestmark = [\n    m.new,  # one\n]"),
        ("pytestmark = [\n    m.old,\n    m.x,\n    m.new\n]", "pytestmark = [\n    m.new,\n    m.x\n]"),
        ("x = p(1, marks=[m.old, m.new(1)])", "x = p(1, marks=[m.new, m.new(1)])"),
    ],
)
def test_a_mark_does_not_stand_twice_after_a_merge(before: str, after: str) -> None:
    head = "from pytest import mark as m\n"
    assert edited(f"{head}{before}\n") == (f"{head}{after}\n", [])


CONFTEST = """\
LINES = [
    "gone: no more",
    # of use
    "kept: x",
    ("lost: "
     "so"),
]
OTHER = {"gone": "x", "kept": "y"}

def pytest_configure(config):
    config.addinivalue_line("markers", "kept: this")
    # about the gone
    config.addinivalue_line("markers", "gone(a): that")

    config.addinivalue_line(
        "markers", f"lost: {OTHER}")  # lost
    for line in LINES:
        config.addinivalue_line("markers", line)
    for name, text in {"gone": "x", "kept": "y"}.items():
        config.addinivalue_line("markers", name + ": " + text)

def configure(config):
    '''Only one.'''
    config.addinivalue_line("markers", "gone")

def both(config):
    config.addinivalue_line("markers", "gone")
    config.addinivalue_line("markers", "lost")  # why
"""
WITHOUT = """\
LINES = [
    # of use
    "kept: x",
]
OTHER = {"gone": "x", "kept": "y"}

def pytest_configure(config):
    config.addinivalue_line("markers", "kept: this")

    for line in LINES:
        config.addinivalue_line("markers", line)
    for name, text in {"kept": "y"}.items():
        config.addinivalue_line("markers", name + ": " + text)

def configure(config):
    '''Only one.'''

def both(config):
    pass  # why
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_registration_is_removed_with_what_belongs_to_it_alone(newline: str) -> None:
    assert edited(CONFTEST.replace("\n", newline)) == (WITHOUT.replace("\n", newline), [])


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("if x: c.addinivalue_line('markers', 'gone')", "gone 1 it is registered within another statement"),
        ("x; c.addinivalue_line('markers', 'gone')", "gone 1 it is registered within another statement"),
        ("M = ['gone']\nfor m in M:\n    c.addinivalue_line('markers', m)\nprint(M)", "gone 1 the list is used"),
    ],
)
def test_a_registration_that_cannot_be_removed_alone_is_told(code: str, told: str) -> None:
    after, unchanged = edited(f"{code}\n")
    assert after == f"{code}\n"
    assert [each[: len(told)] for each in unchanged] == [told]


def test_a_registration_is_described() -> None:
    code = "c.addinivalue_line('markers', {})\n"
    for before, after in (
        ("'bare'", "'bare: says \"so\"'"),
        ('"bare:"', '"bare: says \\"so\\""'),
        ("'bare(x)'", "'bare(x): says \"so\"'"),
        ("'bare: told'", "'bare: told'"),
    ):
        assert edited(code.format(before)) == (code.format(after), [])


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "", "\n\n \x0c\n", "\n\n\x0c\n"])
def test_every_other_byte_stays(encoding: str, mark: bytes, end: str) -> None:
    if mark and encoding != "utf-8":
        pytest.skip("a byte order mark is UTF-8's")
    head = f"# -*- coding: {encoding} -*-\r\nimport pytest\n\x0c\né = 'é\\\n'\r\n"
    text = f"{head}@pytest.mark.old # é\ndef test_é():\n\tpass{end}"
    before = mark + text.encode(encoding)
    after, unchanged = codemod.edited(before, "x.py", CHANGE)
    assert (after, unchanged) == (before.replace(b"mark.old", b"mark.new"), [])


def test_a_file_that_names_no_marker_is_not_read() -> None:
    assert edited("def (: gone bare\n") == ("def (: gone bare\n", [])


def test_a_long_file_takes_one_pass() -> None:
    code = textwrap.dedent("""
        @pytest.mark.old
        @pytest.mark.new
        def test_{}(): assert {}
    """)
    text = "import pytest\n" + "".join(code.format(n, n) for n in range(50))
    assert edited(text) == (text.replace("@pytest.mark.old\n", ""), [])
