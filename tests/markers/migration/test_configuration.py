"""The registrations in pytest's configuration files are changed, and nothing else in these files is."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.config import findpaths
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import ConfigurationError
from noxtasks.markers.migration import configuration, listing
from noxtasks.markers.migration.model import Change

INI = """\
; settings of the shop
[pytest]
addopts = -ra
# what a test may be
markers =
    slow: takes minutes
    # looked after by the web team
    web(url): talks to a server
      and waits for it

    # about data
    db
    ; the old ones
    fast: quick
    quick:
testpaths = tests  # here

[other]
markers = slow: not ours
"""
TOML = """\
[project]
name = "shop"  # markers

[tool.pytest.ini_options]
addopts = ["-ra"]
# what a test may be
markers = [
    "slow: takes minutes",
    # looked after by the web team
    'web(url): talks to "a" server', # see docs
    # about data
    "db",

    "fast: quick",   # soon
    "quick:"
]
testpaths = ["tests"]

[tool.other]
markers = ["slow: not ours"]
"""
STRING = '''\
[tool.pytest.ini_options]
markers = """
    slow: takes minutes
    web(url): talks
    db
    fast: quick
    quick:"""
xfail_strict = true
'''
INLINE = (
    """[tool.pytest]\nmarkers = ["slow: takes minutes", 'web(url): talks', "db", "fast: quick", "quick:"] # all\n"""
)
FILES = [
    ("pytest.ini", INI),
    ("tox.ini", INI),
    ("sub/.pytest.ini", INI.rstrip("\n")),
    ("setup.cfg", INI.replace("[pytest]", "[tool:pytest]")),
    ("pyproject.toml", TOML),
    ("pyproject.toml", TOML.replace('"quick:"\n', '"quick:",\n')),
    ("pyproject.toml", TOML.replace('"quick:"\n]', '"quick:"]')),
    ("pyproject.toml", STRING),
    ("pyproject.toml", STRING.replace('"""\n', '"""', 1).replace("    slow", "slow")),
    ("pyproject.toml", STRING.replace('"""', "'''")),
    ("pyproject.toml", INLINE),
    ("pyproject.toml", INLINE.replace('"quick:"]', '"quick:",]')),
    ("pytest.toml", INLINE.replace("[tool.pytest]", "[ 'pytest' ]")),
    ("pyproject.toml", INLINE.replace("[tool.pytest]\nmarkers", "tool.pytest.ini_options.markers")),
    ("pyproject.toml", INLINE.replace("[tool.pytest]\nmarkers", "[tool]\npytest.ini_options.markers")),
]
every_file = pytest.mark.parametrize(("path", "text"), FILES)
every_newline = pytest.mark.parametrize("newline", ["\n", "\r\n"])


def edited(path: str, text: str, change: Change, **added: str) -> str:
    return configuration.edited(text.encode(), path, change, added=added).decode()


def read_by_pytest(folder: Path, path: str, text: str) -> list[str]:
    """The lines of `markers` as pytest itself reads the file."""
    file = folder / Path(path).name
    file.write_bytes(text.encode())
    settings = findpaths.load_config_dict_from_file(file)
    assert settings is not None
    value = settings["markers"].value if "markers" in settings else []
    lines = value if isinstance(value, list) else str(value).split("\n")
    return [line.strip() for line in lines if line.strip()]


@every_file
@every_newline
def test_what_is_registered_is_what_pytest_reads(tmp_path: Path, path: str, text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    assert listing.values(path, text) == read_by_pytest(tmp_path, path, text)
    assert configuration.names(path, text.encode()) == {"slow", "web", "db", "fast", "quick"}


@every_file
@every_newline
def test_a_change_comes_out_as_pytest_reads_it(tmp_path: Path, path: str, text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    change = Change(
        removed=frozenset({"slow"}), renamed={"web": "net", "fast": "quick"}, described={"db": "needs a 'database'"}
    )
    after = edited(path, text, change, new='says "so"\n\\ twice', db="there already")
    lines = [line for line in read_by_pytest(tmp_path, path, after) if line != "and waits for it"]
    assert [line.split(":")[0] for line in lines] == ["net(url)", "db", "quick", "new"]
    assert lines[1:] == ["db: needs a 'database'", "quick: quick", 'new: says "so" \\ twice']
    assert (newline == "\r\n") == ("\r\n" in after)
    assert after.count("\n") == after.count(newline)


@every_file
@every_newline
def test_what_was_added_and_removed_again_leaves_no_trace(path: str, text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    after = edited(path, text, Change(), new="it is 'new'", newer="", newest='"so"')
    assert after != text
    assert edited(path, after, Change(removed=frozenset({"new", "newer", "newest"}))) == text


@every_file
def test_a_renaming_and_back_leaves_no_trace(path: str, text: str) -> None:
    names = {"slow": "a", "web": "b", "db": "slow", "quick": "web"}
    after = edited(path, text, Change(renamed=names))
    assert edited(path, after, Change(renamed={new: old for old, new in names.items()})) == text


@every_file
@given(st.sets(st.sampled_from(["slow", "web", "db", "fast", "quick"])))
def test_any_may_go(path: str, text: str, gone: set[str]) -> None:
    after = edited(path, text, Change(removed=frozenset(gone)))
    assert configuration.names(path, after.encode()) == {"slow", "web", "db", "fast", "quick"} - gone
    rest = [line for line in after.splitlines() if line.strip() and line not in text.splitlines()]
    assert len(rest) <= 2  # the last entry without its comma, the key without its first one


def removed(path: str, text: str, *gone: str) -> str:
    return edited(path, text, Change(removed=frozenset(gone)))


def test_an_entry_takes_its_own_comment_with_it_and_no_other() -> None:
    web = "    # looked after by the web team\n    web(url): talks to a server\n      and waits for it\n"
    assert removed("pytest.ini", INI, "web") == INI.replace(web, "")
    assert removed("pytest.ini", INI, "db") == INI.replace("    # about data\n    db\n", "")
    assert removed("pytest.ini", INI, "fast") == INI.replace("    fast: quick\n", "")
    assert removed("pytest.ini", INI, "fast", "quick") == INI.replace(
        "    ; the old ones\n    fast: quick\n    quick:\n", ""
    )
    web = "    # looked after by the web team\n    'web(url): talks to \"a\" server', # see docs\n"
    assert removed("pyproject.toml", TOML, "web") == TOML.replace(web, "")
    assert removed("pyproject.toml", TOML, "db") == TOML.replace('    "db",\n', "")  # the comment may be of both
    assert removed("pyproject.toml", TOML, "quick") == TOML.replace('quick",   # soon\n    "quick:"', 'quick"   # soon')


def test_a_list_that_is_empty_goes_with_its_key() -> None:
    assert removed("pytest.ini", "[pytest]\nmarkers = a: b\nx = 1\n", "a") == "[pytest]\nx = 1\n"
    assert removed("pytest.toml", '[pytest]\nmarkers = [\n  "a",\n]\nx = 1\n', "a") == "[pytest]\nx = 1\n"
    assert removed("pytest.toml", '[pytest]\nmarkers = [\n  # all\n\n  "a",\n]\n', "a") == (
        "[pytest]\nmarkers = [\n  # all\n\n]\n"
    )
    assert removed("pytest.ini", "[pytest]\nmarkers =\n    # all\n\n    a\nx = 1\n", "a") == (
        "[pytest]\nmarkers =\n    # all\n\nx = 1\n"
    )


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("pytest.ini", "", "[pytest]\nmarkers =\n    a: b\n"),
        ("pytest.ini", "[pytest]", "[pytest]\nmarkers =\n    a: b\n"),
        ("tox.ini", "[pytest]\nx = 1\n\n[tox]\n", "[pytest]\nx = 1\nmarkers =\n    a: b\n\n[tox]\n"),
        ("pytest.ini", "[pytest]\nmarkers =\nx = 1\n", "[pytest]\nmarkers =\n    a: b\nx = 1\n"),
        ("pytest.ini", "[pytest]\nmarkers = c: d\n", "[pytest]\nmarkers = c: d\n    a: b\n"),
        ("pytest.ini", "[pytest]\nmarkers =\n\tc: d", "[pytest]\nmarkers =\n\tc: d\n\ta: b"),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\nx = [\n 1]\n\n[tool.x]\n",
            '[tool.pytest.ini_options]\nx = [\n 1]\nmarkers = [\n    "a: b",\n]\n\n[tool.x]\n',
        ),
        ("pyproject.toml", "[x]\n", '[x]\n\n[tool.pytest.ini_options]\nmarkers = [\n    "a: b",\n]\n'),
        ("pyproject.toml", "[tool.pytest]", '[tool.pytest]\nmarkers = [\n    "a: b",\n]\n'),
        ("pytest.toml", "[pytest]\nmarkers = []\n", '[pytest]\nmarkers = ["a: b"]\n'),
        ("pytest.toml", "[pytest]\nmarkers = ['c']\n", "[pytest]\nmarkers = ['c', 'a: b']\n"),
        ("pytest.toml", "[pytest]\nmarkers = [\n  'c' # d\n]\n", "[pytest]\nmarkers = [\n  'c', # d\n  'a: b'\n]\n"),
        ("pytest.toml", "[pytest]\nmarkers = [\n  'c'\n  ,\n]\n", None),
    ],
)
def test_a_registration_is_added_in_the_manner_of_the_file(
    tmp_path: Path, path: str, before: str, after: str | None
) -> None:
    if after is None:
        assert "a: b" in read_by_pytest(tmp_path, path, edited(path, before, Change(), a="b"))
    else:
        assert edited(path, before, Change(), a="b") == after
        assert "a: b" in read_by_pytest(tmp_path, path, after)


@pytest.mark.parametrize(
    ("entries", "wanted"),
    [
        (["old: told", "new"], ["new: told"]),
        (["old: told", "new: mine"], ["new: mine"]),
        (["old: told", "older: longer"], ["new: told"]),
        (["old", "older: longer"], ["new: longer"]),
        (["new", "x: y", "old", "new: again"], ["new: again", "x: y", "new: again"]),
        (["old(a)", "x"], ["new(a)", "x"]),
    ],
)
def test_two_that_become_one_are_registered_once_with_the_better_description(
    entries: list[str], wanted: list[str]
) -> None:
    text = "[pytest]\nmarkers =\n" + "".join(f"    {each}\n" for each in entries)
    after = edited("pytest.ini", text, Change(renamed={"old": "new", "older": "new"}))
    assert listing.values("pytest.ini", after) == wanted


@pytest.mark.parametrize(
    ("path", "text", "match"),
    [
        ("pyproject.toml", '[tool.pytest]\nini_options = {markers = ["slow"]}\n', "not edited here"),
        ("pyproject.toml", '[tool.pytest.ini_options]\nmarkers = "slow\\nfast"\n', "cannot be told apart"),
        ("pyproject.toml", "[tool.pytest", "not TOML"),
        ("pytest.toml", "[pytest]\nmarkers = ['slow' # a\n, 'b']\n", "edited"),
        ("pytest.ini", "[pytest]\nmarkers = slow\nmarkers = slow\n", "twice"),
    ],
)
def test_what_cannot_be_edited_with_certainty_is_left_to_hands(path: str, text: str, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        removed(path, text, "slow")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        configuration.edited(b"[pytest]\nmarkers = \xff\n", "pytest.ini", Change())


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({}, "pytest.ini"),
        ({"tox.ini": "[tox]", "setup.cfg": ""}, "pytest.ini"),
        ({"pyproject.toml": "", "tox.ini": ""}, "pyproject.toml"),
        ({"pyproject.toml": "", "tox.ini": "[pytest]"}, "tox.ini"),
        ({"pyproject.toml": "[tool.pytest.ini_options]", "tox.ini": "[pytest]"}, "pyproject.toml"),
        ({"pyproject.toml": "[tool.pytest]", "pytest.ini": "", "sub/pytest.toml": ""}, "pytest.ini"),
        ({"setup.cfg": "[tool:pytest]", "pyproject.toml": ""}, "setup.cfg"),
    ],
)
def test_what_is_missing_goes_where_pytest_looks(files: dict[str, str], wanted: str) -> None:
    assert configuration.file_of_root({name: text.encode() for name, text in files.items()}) == wanted
