"""The playbook on parallel runs is true: its code is in sample projects that run, its commands are ones that parse."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from noxtasks import config
from noxtasks.cli import build_parser
from noxtasks.parallel.model import Dominant, Mode

ROOT = Path(__file__).parent.parent
EXAMPLES = Path(__file__).parent / "projects" / "parallelized"
PLAYBOOK = (ROOT / "docs" / "playbook-parallel.md").read_text("utf-8")
CODE = re.findall(r"^```python\n# (\S+)\n(.*?)^```$", PLAYBOOK, re.MULTILINE | re.DOTALL)
COMMANDS = [*re.findall(r"^\$ (.*)$", PLAYBOOK, re.MULTILINE), *re.findall(r"- run: (.*)$", PLAYBOOK, re.MULTILINE)]
PLAIN = ("order", "ids", "once", "together", "port", "path", "database")  # where something breaks

FIXTURES = ("-p", "noxtasks_probe.worker_fixtures")


@pytest.mark.parametrize(("path", "code"), CODE)
def test_code_is_in_its_example_paragraph_by_paragraph(path: str, code: str) -> None:
    text = (EXAMPLES / path).read_text("utf-8")
    paragraphs = [each.strip("\n") for each in re.split(r"\n\n+|^ *\.\.\.$", code, flags=re.MULTILINE)]
    assert [each for each in paragraphs if each not in text] == []


def test_every_example_is_told() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/test_*.py")}
    assert {folder for folder in folders if f"{folder}/test_" not in PLAYBOOK} == set()
    assert PLAYBOOK.count("```python") == len(CODE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_there_is(command: str) -> None:
    words = shlex.split(command, comments=True)
    if words[0] == "noxtasks":
        assert build_parser().parse_args(words[1:]).command
    elif words[:3] == ["nox", "-s", "parallel"]:
        assert build_parser().parse_args([words[2], *words[4:]]).command
    elif words[0] == "pytest":
        assert {words[each + 1] for each, word in enumerate(words) if word == "--dist"} <= {mode.value for mode in Mode}
    else:
        assert words[:4] in (["python", "-m", "pip", "install"], ["nox", "-s", "speed", "--"])


def test_the_workflow_is_one() -> None:
    (workflow,) = re.findall(r"^```yaml\n(.*?)^```$", PLAYBOOK, re.MULTILINE | re.DOTALL)
    steps = yaml.safe_load(workflow)["jobs"]
    assert all(job["steps"] for job in steps.values())


def test_what_dominates_is_called_as_the_scan_calls_it() -> None:
    assert [each.value for each in Dominant if f"**{each.value}**" not in PLAYBOOK] == []


def test_its_settings_are_there() -> None:
    named = re.findall(r"`(parallel\.\w+)", PLAYBOOK)
    assert named
    assert set(named) <= {one.key for one in config.SETTINGS}


def run(root: Path, *command: str) -> None:
    """What the examples leave behind lies beside them: they have paths of their own choice below the temporary ones."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    temporary = root.parent / "temporary"
    temporary.mkdir()
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TMPDIR": str(temporary)}
    env["PYTHONPATH"] = str(ROOT / "noxtasks" / "probe")
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.functional
def test_what_breaks_in_parallel_passes_alone(project: Callable[[str], Path]) -> None:
    run(project("parallelized"), sys.executable, "-m", "pytest", *(f"{each}/test_before.py" for each in PLAIN))


@pytest.mark.functional
@pytest.mark.skipif(sys.platform == "win32", reason="workers are forked")
def test_what_is_mended_passes_on_workers(project: Callable[[str], Path]) -> None:
    root = project("parallelized")
    tests = [path for path in root.glob("*/test_*.py") if path.parent.name not in PLAIN or path.stem == "test_after"]
    noxtasks = [sys.executable, "-m", "noxtasks", "run", "-n", "8", "--python", sys.executable, *FIXTURES]
    run(root, *noxtasks, *(str(path.relative_to(root)) for path in tests))
