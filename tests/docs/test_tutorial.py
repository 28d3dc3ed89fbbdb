"""The tutorial is true: its files are made and its commands are run, and they say what the page says that they say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text("utf-8")
STEPS = re.findall(r'^```(\w+)(?: title="(.+?)")?\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
SET_UP = ("python3 -m venv", ". .venv/bin/activate", "python -m pip install", "mkdir shop", "cd shop")
HOME = "/home/you/shop"
VARYING = (  # what is another thing each time, or with another interpreter
    (r"\d+(\.\d+)? ?s\b", "TIME"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"CPython 3\.\d+\.\d+\S*", "CPYTHON"),
    (r"\s+$", ""),
)
GAP = "..."


def environment() -> dict[str, str]:
    """As on a machine with nothing but what the page installs: no plugins of this suite's own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV", "GIT_", "CI"))}
    for name in ("VIRTUAL_ENV", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NOXTASKS_WIRE"):
        env.pop(name, None)
    person = {f"GIT_{role}_{what}": "you@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = os.pathsep.join((str(Path(sys.executable).parent), env["PATH"]))
    return env | person | {"COLUMNS": "80", "PATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def without_what_varies(line: str) -> str:
    for pattern, name in VARYING:
        line = re.sub(pattern, name, line)
    return line


def commands(block: str) -> list[tuple[str, list[str]]]:
    """Each command of a console block, with the lines that it is to say."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), []))
        else:
            found[-1][1].append(line)
    return found


def missing(expected: list[str], said: list[str]) -> list[str]:
    """The first lines that do not follow one another as they are to, but where a gap allows for others."""
    place, is_gap = 0, False
    for index, line in enumerate(expected):
        if line == GAP:
            is_gap = True
            continue
        wanted = without_what_varies(line)
        rest = said[place:] if is_gap else said[place : place + 1]
        if wanted not in rest:
            return expected[index:]
        place += rest.index(wanted) + 1
        is_gap = False
    return [] if is_gap or not expected or place == len(said) else ["nothing more"]


@pytest.mark.parametrize(
    ("expected", "said", "left"),
    [
        (["a", "b"], ["a", "b"], []),
        ([], ["a"], []),
        (["a"], ["a", "b"], ["nothing more"]),
        (["a", GAP], ["a", "b"], []),
        ([GAP, "b"], ["a", "b"], []),
        ([GAP, "b"], ["a", "b", "c"], ["nothing more"]),
        (["b"], ["a", "b"], ["b"]),
        (["a", "c"], ["a", "b", "c"], ["c"]),
        (["a", GAP, "c", "d"], ["a", "b", "c"], ["d"]),
        (["in 2.0 s"], ["in TIME"], []),
    ],
)
def test_a_gap_stands_for_any_lines_and_nothing_else_does(
    expected: list[str], said: list[str], left: list[str]
) -> None:
    assert missing(expected, said) == left


@pytest.mark.functional
@pytest.mark.skipif(sys.platform != "linux", reason="the page is for POSIX, and its lines are of forks")
def test_the_tutorial_comes_out_as_it_says(tmp_path: Path) -> None:
    root = folder = tmp_path / "shop"
    root.mkdir()
    (root / ".venv").symlink_to(sys.prefix)
    env = environment()
    ran = []
    for kind, title, block in STEPS:
        if title:
            (root / title).parent.mkdir(parents=True, exist_ok=True)
            (root / title).write_text(block, "utf-8")
            continue
        assert kind == "console", "what is neither a file nor a command is not tried"
        for command, expected in commands(block):
            if command.startswith(SET_UP):
                continue
            words = shlex.split(command)
            if words[0] == "cd":
                folder = (folder / words[1]).resolve()
                continue
            ended = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
            said = [without_what_varies(line) for line in ended.stdout.replace(str(root), HOME).splitlines()]
            assert ended.returncode in {0, 1}, ended.stdout + ended.stderr
            assert missing(expected, said) == [], f"$ {command}\n{ended.stdout}\n{ended.stderr}"
            ran.append(words[0])
    assert ran.count("noxtasks") >= 10
