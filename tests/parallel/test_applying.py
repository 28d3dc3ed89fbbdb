"""What `--apply` writes into pytest's configuration, and what it leaves to people."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import ConfigurationError
from noxtasks.parallel.applying import edited, write

WORDS = ("-n", "4", "--dist", "worksteal")
SAID = "-n 4 --dist worksteal"


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "[pytest]\n", f"[pytest]\naddopts = {SAID}\n"),
        ("pytest.ini", "[pytest]\naddopts = -q -n auto -x\n", f"[pytest]\naddopts = -q -x {SAID}\n"),
        (
            "setup.cfg",
            "[x]\na=1\n[tool:pytest]\naddopts=-q\n[y]\n",
            f"[x]\na=1\n[tool:pytest]\naddopts=-q {SAID}\n[y]\n",
        ),
        (
            "tox.ini",
            "[pytest]\naddopts =\n    -q\n    --dist=load -n3\n# why\ntestpaths = t\n",
            f"[pytest]\naddopts =\n    -q\n {SAID}\n# why\ntestpaths = t\n",
        ),
        ("pytest.ini", "[pytest]\r\naddopts = -q\r\n", f"[pytest]\r\naddopts = -q {SAID}\r\n"),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\n# why\naddopts = "-q -n auto"\n[tool.x]\n',
            f'[tool.pytest.ini_options]\n# why\naddopts = "-q {SAID}"\n[tool.x]\n',
        ),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\naddopts = ["-q", "-n", "3"]\n',
            '[tool.pytest.ini_options]\naddopts = ["-q", "-n", "4", "--dist", "worksteal"]\n',
        ),
        (
            "pyproject.toml",
            '[project]\nname = "a"\n',
            f'[project]\nname = "a"\n\n[tool.pytest.ini_options]\naddopts = "{SAID}"\n',
        ),
        (
            "pyproject.toml",
            "[tool.pytest]\nminversion = '9'\n",
            '[tool.pytest]\naddopts = ["-n", "4", "--dist", "worksteal"]\nminversion = \'9\'\n',
        ),
        (
            "pyproject.toml",
            "[project]\r\nname = 'a'\n[tool.pytest.ini_options]\n  addopts = '-k \"#a\"' # why\n# \x85\n",
            f'[project]\r\nname = \'a\'\n[tool.pytest.ini_options]\n  addopts = "-k \\"#a\\" {SAID}" # why\n# \x85\n',
        ),
        ("pyproject.toml", "[project]", f'[project]\n\n[tool.pytest.ini_options]\naddopts = "{SAID}"\n'),
        ("pyproject.toml", "", f'[tool.pytest.ini_options]\naddopts = "{SAID}"\n'),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\r\naddopts = '-q'",
            f'[tool.pytest.ini_options]\r\naddopts = "-q {SAID}"\r\n',
        ),
        ("pytest.ini", "[pytest] # why\naddopts = -q\n", f"[pytest] # why\naddopts = -q {SAID}\n"),
        ("pytest.toml", "[pytest]\n", '[pytest]\naddopts = ["-n", "4", "--dist", "worksteal"]\n'),
    ],
)
def test_the_options_stand_in_the_place_of_their_kind(name: str, before: str, after: str) -> None:
    assert edited(name, before, WORDS) == after
    assert edited(name, after, WORDS) == after


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("setup.cfg", "[metadata]\n"),
        ("pytest.ini", "[pytest]\naddopts =\n    -n\n    4\n"),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = """\n-q\n"""\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = [\n    "-q",\n]\n'),
        ("pyproject.toml", "tool.pytest.ini_options.addopts = '-q'\n"),
        ("pyproject.toml", "no TOML\n"),
        ("pytest.ini", "[pytest]\naddopts = -q -- tests\n"),
    ],
)
def test_what_cannot_be_told_for_sure_is_left_with_what_to_write(name: str, before: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        edited(name, before, WORDS)
    assert SAID in raised.value.remedy
    assert raised.value.where == name


words = st.lists(
    st.sampled_from(["-q", "-n auto", "-nauto", "--dist load", "--dist=load", "-x", "--cov=a", "-m 'not slow'"])
)


@given(words)
def test_all_else_of_the_file_stays(options: list[str]) -> None:
    given_options = " ".join(options)
    text = f"[tool.a]\nb = 1 # c\n[tool.pytest.ini_options]\naddopts = \"{given_options}\"\nminversion = '8'\n"
    after = edited("pyproject.toml", text, WORDS)
    found, before = tomllib.loads(after), tomllib.loads(text)
    said = found["tool"]["pytest"]["ini_options"].pop("addopts")
    del before["tool"]["pytest"]["ini_options"]["addopts"]
    assert found == before
    assert said.endswith(SAID)
    assert "# c" in after
    assert edited("pyproject.toml", after, WORDS) == after


def test_the_file_that_pytest_read_is_written_or_the_projects_own(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "tox.ini").write_text("[pytest]\n")
    assert write(tmp_path, str(tmp_path / "tox.ini"), WORDS).read_text() == f"[pytest]\naddopts = {SAID}\n"
    assert SAID in write(tmp_path, "", WORDS).read_text()
    with pytest.raises(ConfigurationError, match="no configuration file"):
        write(tmp_path / "elsewhere", "", WORDS)
