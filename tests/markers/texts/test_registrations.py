from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.markers.model import Registration
from noxtasks.markers.texts import registrations


def read(name: str, text: str) -> list[Registration]:
    return list(registrations.read({name: dedent(text)}).found)


def places(name: str, text: str) -> list[tuple[str, int]]:
    return [(one.marker, one.line) for one in read(name, text)]


@pytest.mark.parametrize(
    ("path", "section", "how"),
    [
        ("pytest.ini", "[pytest]", "pytest.ini"),
        ("packages/a/.pytest.ini", "[pytest]", ".pytest.ini"),
        ("tox.ini", "[pytest]", "tox.ini: pytest"),
        ("setup.cfg", "[tool:pytest]", "setup.cfg: tool:pytest"),
    ],
)
def test_ini_files_are_read_wherever_they_are(path: str, section: str, how: str) -> None:
    assert read(path, f"{section}\nmarkers =\n    slow(reason): takes: long\n    fast\n") == [
        Registration(marker="slow", path=path, line=3, how=how, description="takes: long", signature="slow(reason)"),
        Registration(marker="fast", path=path, line=4, how=how),
    ]


@pytest.mark.parametrize(
    ("path", "text", "how"),
    [
        ("pyproject.toml", "[tool.pytest.ini_options]\nmarkers = [\n{}]", "pyproject.toml: tool.pytest.ini_options"),
        ("a/pyproject.toml", "[tool.pytest]\nmarkers = [\n{}]", "pyproject.toml: tool.pytest"),
        ("pytest.toml", "[pytest]\nmarkers = [\n{}]", "pytest.toml: pytest"),
        (".pytest.toml", "[pytest]\nmarkers = [\n{}]", ".pytest.toml: pytest"),
    ],
)
def test_toml_files_are_read_wherever_they_are(path: str, text: str, how: str) -> None:
    found = read(path, text.replace("{}", "  'slow(why): x',  # later\n  # 'never',\n  \"fast\", 'slow'\n"))
    assert [(one.marker, one.line, one.how) for one in found] == [("slow", 3, how), ("fast", 5, how), ("slow", 5, how)]


@pytest.mark.parametrize(
    "text",
    [
        "[pytest]\nmarkers = slow: a\n",
        "[pytest]\nmarkers: slow\n",
        "\ufeff[pytest]\nmarkers=slow\n",
        "[pytest]\r\nmarkers =slow\r\n",
        "[pytest] ; here\nmarkers=slow\n",
    ],
)
def test_a_value_may_begin_beside_its_key(text: str) -> None:
    assert [(one.marker, one.line) for one in registrations.read({"pytest.ini": text}).found] == [("slow", 2)]


def test_comments_and_blank_lines_between_entries_end_nothing() -> None:
    text = """\
        [tox]
        markers = other
        [pytest]
        markers =

            slow: a
        # no: entry
            ; nor: this
            fast: b
        addopts = -m x
        """
    assert places("tox.ini", text) == [("slow", 6), ("fast", 9)]


@pytest.mark.parametrize(
    "text",
    [
        "tool.pytest.ini_options.markers = ['slow']",
        "[tool]\npytest.ini_options = { addopts = '-q', markers = ['slow'] }",
        '[tool.pytest.ini_options]\n"markers" = [ # all\n "s\\u006cow" ]',
        "[tool.other]\nlist = ['slow']\n[tool.pytest.ini_options]\nmarkers = ['slow']",
        '[tool.pytest.ini_options]\nx = """\nmarkers = ["a"]"""\nmarkers = ["slow"]',
    ],
)
def test_a_toml_array_is_found_however_it_is_written(text: str) -> None:
    assert places("pyproject.toml", text) == [("slow", len(text.split("\n")))]


def test_a_toml_string_over_several_lines_has_one_entry_on_each() -> None:
    text = '''\
        [tool.pytest.ini_options]
        markers = """
            slow: a (b)

            fast: c"""
        '''
    assert places("pyproject.toml", text) == [("slow", 3), ("fast", 5)]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "[pytest]\nmarkers =", ""),
        ("pyproject.toml", "[tool.pytest.ini_options]\nmarkers = '''", "'''"),
    ],
)
def test_a_wrapped_description_is_no_marker(name: str, before: str, after: str) -> None:
    text = f"{before}\n  slow: takes\n    more than: a minute\n    and so on\n  fast: x\n    deep: y\n{after}"
    found = [(one.marker, one.description, one.line) for one in read(name, text)]
    assert found == [("slow", "takes more than: a minute and so on", 3), ("fast", "x", 6), ("deep", "y", 7)]


def test_a_file_that_a_command_names_is_read_as_configuration() -> None:
    texts = {
        "ci/run.sh": "pytest -c ci/special.ini tests\npytest --config-file=other.toml\n",
        "ci/special.ini": "[pytest]\nmarkers = slow\n",
        "other.toml": "[pytest]\nmarkers = ['fast']\n",
        "unnamed.ini": "[pytest]\nmarkers = no\n",
    }
    found = registrations.read(texts).found
    assert [(one.marker, one.path) for one in found] == [("slow", "ci/special.ini"), ("fast", "other.toml")]


@pytest.mark.parametrize(
    ("path", "text"),
    [("pyproject.toml", "markers = ["), ("pytest.ini", "[pytest]\nmarkers\n"), ("tox.ini", "  markers = x\n")],
)
def test_a_broken_file_is_told_and_stops_nothing(path: str, text: str) -> None:
    found = registrations.read({path: text, "setup.cfg": "[tool:pytest]\nmarkers = slow\n"})
    assert [one.marker for one in found.found] == ["slow"]
    assert len(found.unread) == 1
    assert found.unread[0].startswith(f"{path}: ")


@pytest.mark.parametrize("value", ["[]", "1", "[1, '']", "{}"])
def test_what_registers_nothing_is_nothing(value: str) -> None:
    assert read("pyproject.toml", f"[tool.pytest.ini_options]\nmarkers = {value}\n") == []


_LINES = st.lists(
    st.one_of(
        st.sampled_from(["", "# c", "  # c", "  ; c", "    ", "[tool:pytest]x", "  [x]", "other = 1"]),
        st.from_regex(r"[ ]{1,4}[a-z_'\"]{1,8}(\([a-z=, ]{0,6}\))?( ?: ?[a-z:()#;= ]{0,12})?[ ]?", fullmatch=True),
    ),
    max_size=8,
)


@given(lines=_LINES, newline=st.sampled_from(["\n", "\r\n"]))
def test_registrations_of_ini_files_are_those_that_pytest_reads(lines: list[str], newline: str) -> None:
    """Registrations wherever they are."""
    if lines.count("other = 1") > 1:
        return
    text = newline.join(["[pytest]", "markers =", *lines, ""])
    own = registrations.read({"pytest.ini": text})
    expected = _by_pytest(text.replace("\r\n", "\n"))
    assert (expected is None) == bool(own.unread)
    assert [(one.marker, one.description) for one in own.found] == (expected or [])
    for one in own.found:
        assert one.marker in text.split(newline)[one.line - 1]


def _by_pytest(text: str) -> list[tuple[str, str]] | None:
    """By the very classes that pytest reads an ini file with."""
    iniconfig = pytest.importorskip("iniconfig")
    try:
        value = iniconfig.IniConfig("pytest.ini", data=text)["pytest"].get("markers", "")
    except iniconfig.ParseError:
        return None
    entries = [line.strip().partition(":") for line in value.split("\n") if line.strip()]
    named = [(head.split("(")[0].strip(), description.strip()) for head, _, description in entries]
    return [(name, description) for name, description in named if name]
