"""Which markers belong to plugins."""

from __future__ import annotations

import pytest

from noxtasks.markers import plugins
from noxtasks.markers.model import Registration

REGISTRATION = Registration(marker="slow", path="shop/plugin.py", line=1, how="addinivalue_line", is_shipped=True)


@pytest.mark.parametrize(
    ("path", "text", "markers"),
    [
        ("requirements/test.txt", "pytest-timeout==2", {"timeout", "func_only"}),
        ("pyproject.toml", 'test = ["pytest_asyncio", "pytest-asyncio[x]"]', {"asyncio"}),
        ("poetry.lock", 'name = "anyio"', {"anyio"}),
        ("setup.cfg", "test = pytest-vcr", {"vcr"}),
        ("pyproject.toml", 'test = ["pytest-codspeed>=4"]', {"benchmark", "codspeed_benchmark"}),
        ("tox.ini", "deps = my-pytest-timeout\n pytest-timeouts", set()),
        ("README.md", "pytest-timeout", set()),
    ],
)
def test_a_plugin_is_used_where_a_dependency_names_it(path: str, text: str, markers: set[str]) -> None:
    assert plugins.registered({path: text}, {}) == markers


def test_programs_name_dependencies_too() -> None:
    assert plugins.registered({}, {"noxfile.py": b'session.install("pytest-timeout")', "a.py": b"'anyio'"}) == {
        "timeout",
        "func_only",
    }


def test_only_a_project_with_a_plugin_for_others_ships_registrations() -> None:
    assert plugins.by_code([REGISTRATION], {"pyproject.toml": "[project.entry-points.pytest11]"}, {})[0].is_shipped
    assert not plugins.by_code([REGISTRATION], {"pyproject.toml": "[project]"}, {})[0].is_shipped
