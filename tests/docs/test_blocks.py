"""Every block of code on every page, and in the README, is true by the rule of its language; without a rule it fails.

What the tutorial shows is run, in `test_tutorial.py`; what playbooks show is held to the suite by tests of their own.
"""

from __future__ import annotations

import ast
import configparser
import importlib
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from noxtasks import config
from noxtasks.cli import build_parser
from noxtasks.flake.quarantine import toml as quarantine
from noxtasks.mutation.deciding import suppressions
from noxtasks.sessions import OBJECTIVES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(?P<indent> *)```(?P<head>.*)\n(?P<text>(?:.*\n)*?)(?P=indent)```$", re.MULTILINE)
SAMPLES = {"shop"}  # what examples call the code of a project
OTHERS = {  # commands that are not ours, by their first words: they need what a test has not, or are not ours to try
    ".", "cd", "export", "git", "mkdir", "pytest", "python", "python3", "sha256sum",
}  # fmt: skip
OWN_SESSIONS = set(re.findall(r"^@nox\.session\ndef (\w+)", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE))
OPTION = re.compile(r'addini\(\s*"(noxtasks_\w+)"')


class Block(msgspec.Struct, frozen=True, kw_only=True):
    page: str
    line: int
    head: str
    text: str

    @property
    def language(self) -> str:
        return self.head.partition(" ")[0]

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.head}"


def blocks_of(path: Path) -> list[Block]:
    text = path.read_text("utf-8")
    return [
        Block(
            page=path.relative_to(ROOT).as_posix(),
            line=text.count("\n", 0, found.start()) + 1,
            head=found["head"],
            text=re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
        )
        for found in FENCE.finditer(text)
    ]


BLOCKS = [block for path in PAGES for block in blocks_of(path)]


def command(line: str) -> None:
    for part in line.split(" && "):
        words = shlex.split(part, comments=True)
        while re.fullmatch(r"[A-Z_]+=.*", words[0]):
            del words[0]
        if words[0] == "noxtasks":
            assert build_parser().parse_args(words[1:]).command
        elif words[0] == "nox":
            session(words[1:])
        else:
            assert words[0] in OTHERS


def session(words: list[str]) -> None:
    if words in ([], ["--list"]):
        return
    assert words[0] == "-s"
    names, _, arguments = shlex.join(words[1:]).partition(" -- ")
    known = {objective.name: objective for objective in OBJECTIVES}
    assert set(names.split()) <= {*known, *OWN_SESSIONS}
    if arguments and names in known:
        assert build_parser().parse_args([names, *shlex.split(arguments)]).command


def console(block: Block, folder: Path) -> None:
    assert block.text.startswith("$ "), "a command comes first"
    for line in re.findall(r"^ *\$ (.*)$", block.text, re.MULTILINE):
        command(line)


def python(block: Block, folder: Path) -> None:
    is_mark = block.text.splitlines()[-1].startswith("@")
    tree = ast.parse(f"{block.text}def test(): ...\n" if is_mark else block.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert all(is_there(alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom) and is_there(node.module or "") and (node.module or "") not in SAMPLES:
            module = importlib.import_module(node.module) if node.module and is_ours(node.module) else None
            assert module is None or all(hasattr(module, alias.name) for alias in node.names)
    if any(isinstance(node, ast.Import) and is_ours(node.names[0].name) for node in tree.body):
        ran = subprocess.run(
            [sys.executable, "-c", block.text], cwd=folder, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr


def is_there(module: str) -> bool:
    top = module.partition(".")[0]
    return top in SAMPLES or importlib.util.find_spec(top) is not None


def is_ours(module: str) -> bool:
    return module.partition(".")[0] == "noxtasks"


def toml(block: Block, folder: Path) -> None:
    found = tomllib.loads(block.text)
    if "test" in found:
        assert quarantine.read(block.text.encode())
    elif "mutant" in found:
        assert suppressions.read(block.text)
    else:
        assert "tool" in found, "it is no configuration of any kind that is known"
        (folder / "pyproject.toml").write_text(block.text, "utf-8")
        config.load(folder, [])


def a_yaml(block: Block, folder: Path) -> None:
    found = yaml.safe_load(block.text)
    jobs = found["jobs"].values() if isinstance(found, dict) else [{"steps": found}]
    for step in [step for job in jobs for step in job["steps"]]:
        assert step.keys() & {"run", "uses"}
        for line in step.get("run", "").splitlines():
            command(line)


def ini(block: Block, folder: Path) -> None:
    parser = configparser.ConfigParser()
    parser.read_string(block.text)
    sources = (ROOT / "noxtasks" / "probe").rglob("*.py")
    known = {name for path in sources for name in OPTION.findall(path.read_text("utf-8"))}
    assert {option for name in parser.sections() for option in parser[name]} <= known


def sh(block: Block, folder: Path) -> None:
    """Its words are those of the system; what is promised of them is tried beside the code that it is about."""
    assert "noxtasks " not in re.sub(r"#.*", "", block.text), "a command of ours stands in a console"
    if program := shutil.which("sh"):
        subprocess.run([program, "-n", "-c", block.text], check=True, capture_output=True)


def diff(block: Block, folder: Path) -> None:
    assert [line for line in block.text.splitlines() if line[:1] not in {" ", "+", "-", "@", ""}] == []


def text(block: Block, folder: Path) -> None:
    assert "$ " not in block.text, "what has commands in it is a console"


RULES: dict[str, Callable[[Block, Path], Any]] = {
    "console": console,
    "diff": diff,
    "ini": ini,
    "python": python,
    "sh": sh,
    "text": text,
    "toml": toml,
    "yaml": a_yaml,
}


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_is_true_by_the_rule_of_its_language(block: Block, tmp_path: Path) -> None:
    assert block.language in RULES, "no rule says what makes it true"
    RULES[block.language](block, tmp_path)


def test_no_block_is_overlooked() -> None:
    assert len({block.page for block in BLOCKS}) > 15
    for path in PAGES:
        page = path.relative_to(ROOT).as_posix()
        fences = re.findall(r"^ *```", path.read_text("utf-8"), re.MULTILINE)
        assert len(fences) == 2 * sum(block.page == page for block in BLOCKS)


@pytest.mark.parametrize(
    ("head", "wrong"),
    [
        ("console", "$ noxtasks flaek\n"),
        ("console", "$ noxtasks gates --wrong\n"),
        ("console", "$ nox -s flaek\n"),
        ("console", "$ nox -s bench -- bisect\n"),
        ("console", "$ rm -r reports\n"),
        ("console", "what is said\n$ noxtasks gates\n"),
        ("diff", "- a\nb\n"),
        ("ini", "[pytest]\nnoxtasks_sede = 3\n"),
        ("python", "def f(:\n"),
        ("python", "import nosuchmodule\n"),
        ("python", "from noxtasks.config import laod\n"),
        ("python", "import noxtasks\n\nnoxtasks.register(only=['flaek'])\n"),
        ("sh", "if true\n"),
        ("sh", "noxtasks gates\n"),
        ("text", "$ noxtasks gates\n"),
        ("toml", "[tool.noxtasks]\nflake.rnus = 3\n"),
        ("toml", "a = 3\n"),
        ("toml", "[[test]]\nname = 3\n"),
        ("toml", "[[mutant]]\nname = 3\n"),
        ("yaml", "- run: noxtasks gtaes\n"),
        ("yaml", "- with: {}\n"),
    ],
)
def test_what_is_wrong_is_seen(head: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises((Exception, SystemExit)):
        RULES[head](Block(page="a page", line=1, head=head, text=wrong), tmp_path)
