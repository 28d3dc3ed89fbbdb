"""What pytest loads by itself where noxtasks is installed is there, and loads fast enough for every session."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
SLOW = {"statistics", "asyncio", "sqlite3", "unittest.mock"}


def modules() -> list[str]:
    return list(tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["entry-points"]["pytest11"].values())


def test_every_plugin_is_one() -> None:
    for module in modules():
        assert callable(importlib.import_module(module).pytest_addoption)


def test_none_imports_what_takes_long() -> None:
    imports = f"import sys, pytest; before = set(sys.modules); import {', '.join(modules())}; "
    command = [sys.executable, "-c", f"{imports}print(*set(sys.modules) - before)"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert not SLOW & set(found)
