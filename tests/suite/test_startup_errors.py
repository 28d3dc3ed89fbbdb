"""What pytest says when it gives up before it collects: by its own words, and in real runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from noxtasks.suite import process
from noxtasks.suite.causes import Kind
from noxtasks.suite.import_errors import Surroundings
from noxtasks.suite.startup_errors import explain

TRACEBACK = 'Traceback (most recent call last):\n  File "{0}", line 3, in {1}\n    raise\n{2}\n'


@pytest.mark.parametrize(
    ("output", "kind", "distribution", "said"),
    [
        (
            "ERROR: usage: __main__.py [options]\n__main__.py: error: unrecognized arguments: --cov=shop -n 3\n",
            Kind.CONFIGURATION,
            "pytest-cov pytest-xdist",
            "Add pytest-cov and pytest-xdist",
        ),
        ("python -m pytest: error: unrecognized arguments: --wares", Kind.CONFIGURATION, "", "--wares"),
        ("pytest: error: argument --maxfail: invalid int value: 'x'", Kind.CONFIGURATION, "", "argument --maxfail"),
        ("ERROR: Unknown config option: asyncio_mode\n", Kind.CONFIGURATION, "pytest-asyncio", "Add pytest-asyncio"),
        (
            "INTERNALERROR> pytest.PytestConfigWarning: Unknown config option: strict_markers\nINTERNALERROR> \n",
            Kind.CONFIGURATION,
            "",
            "pytest 9.0",
        ),
        ("ERROR: Unknown config options: wares, prices", Kind.CONFIGURATION, "", "wares, prices"),
        (
            "ERROR: /x/tox.ini: 'minversion' requires pytest-99, actual pytest-7.4.4'",
            Kind.CONFIGURATION,
            "",
            "pytest>=99",
        ),
        (
            "ERROR: Missing required plugins: pytest-a>=2, pytest-b\n",
            Kind.PLUGIN,
            "pytest-a>=2 pytest-b",
            "required_plugins",
        ),
        (
            "ERROR: Error importing plugin \"timeout\": No module named 'timeout'",
            Kind.PLUGIN,
            "pytest-timeout",
            "Add pytest-t",
        ),
        ("ImportError: Error importing plugin \"wares\": No module named 'yaml'", Kind.PLUGIN, "PyYAML", "Add PyYAML"),
        ("ERROR: /x/pytest.ini:3: duplicate name 'a'\n", Kind.CONFIGURATION, "", "Correct /x/pytest.ini:3"),
        (
            "ERROR: /x/pyproject.toml: Expected ']' at the end\n",
            Kind.CONFIGURATION,
            "",
            "/x/pyproject.toml cannot be read",
        ),
        (
            "ERROR: while parsing the following warning configuration:\n  error::wares.Bad\n\nThis error occurred:\n\n",
            Kind.CONFIGURATION,
            "",
            "error::wares.Bad",
        ),
        ("ERROR: file or directory not found: checks\n", Kind.CONFIGURATION, "", "nothing to collect at checks"),
        ("ERROR: found no collectors for /x/test_a.py\n", Kind.CONFIGURATION, "", "found no collectors"),
        (
            "ERROR: not found: /x/test_a.py::test_z\n(no match in any",
            Kind.CONFIGURATION,
            "",
            "there is no test /x/test_a",
        ),
        ("ERROR: Wrong expression passed to '-m': (slow: at column 6", Kind.CONFIGURATION, "", "expression of -m"),
        ("ERROR: 'FOO' is not recognized as a logging level name\n", Kind.CONFIGURATION, "", "'FOO' is not recognized"),
        ("/v/bin/python: No module named pytest\n", Kind.MISSING_IMPORT, "", "Add pytest"),
        (
            "ImportError while loading conftest '/x/conftest.py'.\nE   ModuleNotFoundError: No module named 'yaml'\n",
            Kind.CONFTEST,
            "PyYAML",
            "Add PyYAML",
        ),
        (
            "INTERNALERROR> pluggy.PluginValidationError: unknown hook 'p' in plugin <module from '/x/conftest.py'>",
            Kind.CONFTEST,
            "",
            "does not fit",
        ),
        (
            TRACEBACK.format(
                "/v/site-packages/wares/plugin.py", "<module>", "ModuleNotFoundError: No module named 'yaml'"
            ),
            Kind.PLUGIN,
            "PyYAML",
            "An installed plugin needs it",
        ),
        (
            "Error while loading plugin \"pytest11\".\nE   ModuleNotFoundError: No module named 'yaml'",
            Kind.PLUGIN,
            "PyYAML",
            "An installed plugin needs it",
        ),
        (
            TRACEBACK.format("/x/conftest.py", "pytest_configure", "KeyError: 'DSN'"),
            Kind.CONFTEST,
            "",
            "(in pytest_configure)",
        ),
        (
            TRACEBACK.format("/v/site-packages/wares.py", "pytest_configure", "pytest.PytestDeprecationWarning: unset"),
            Kind.WARNING,
            "",
            "ignore::pytest.PytestDeprecationWarning",
        ),
        ("something else entirely\n", Kind.CONFIGURATION, "", "something else entirely"),
        ("", Kind.CONFIGURATION, "", "said nothing"),
    ],
    ids=lambda value: value.strip().splitlines()[-1][-40:] if isinstance(value, str) and len(value) > 40 else "",
)
def test_the_words_of_pytest(output: str, kind: Kind, distribution: str, said: str) -> None:
    found = explain(output, Surroundings())

    assert (found.kind, found.distribution) == (kind, distribution)
    assert said in f"{found.message}\n{found.remedy}"


def test_a_plugin_that_is_installed_and_yet_unknown_is_off() -> None:
    found = explain("pytest: error: unrecognized arguments: --cov", Surroundings(installed={"pytest-cov": "7.0"}))

    assert found.distribution == ""
    assert "its plugin is off" in found.remedy


@pytest.mark.functional
@pytest.mark.parametrize(
    ("files", "args", "kind", "said"),
    [
        ({"pytest.ini": "[pytest]\naddopts = --wares-of-nowhere\n"}, (), Kind.CONFIGURATION, "--wares-of-nowhere"),
        ({"pytest.ini": "[pytest]\naddopts = -p wares_of_nowhere\n"}, (), Kind.PLUGIN, "pytest-wares-of-nowhere"),
        ({"pytest.ini": "[pytest]\nrequired_plugins = pytest-nowhere\n"}, (), Kind.PLUGIN, "pytest-nowhere"),
        ({"pytest.ini": "[pytest]\nminversion = 99\n"}, (), Kind.CONFIGURATION, "pytest>=99"),
        ({"pytest.ini": "[pytest]\nwares = 1\naddopts = --strict-config\n"}, (), Kind.CONFIGURATION, "setting wares"),
        ({"pytest.ini": "[pytest]\nwares = 1\nfilterwarnings = error\n"}, (), Kind.CONFIGURATION, "setting wares"),
        ({"pytest.ini": "[pytest\n"}, (), Kind.CONFIGURATION, "pytest.ini:1 cannot be read"),
        ({"pyproject.toml": "[tool.pytest.ini_options\n"}, (), Kind.CONFIGURATION, "pyproject.toml cannot be read"),
        ({}, ("nowhere",), Kind.CONFIGURATION, "nothing to collect at nowhere"),
        ({}, ("test_a.py::test_z",), Kind.CONFIGURATION, "there is no test"),
        ({}, ("-m", "(slow"), Kind.CONFIGURATION, "expression of -m"),
        ({}, ("--maxfail=x",), Kind.CONFIGURATION, "argument --maxfail"),
        ({"conftest.py": "import wares_of_nowhere\n"}, (), Kind.CONFTEST, "wares-of-nowhere"),
        ({"conftest.py": "def pytest_wares():\n    pass\n"}, (), Kind.CONFTEST, "pytest_wares"),
        ({"conftest.py": "def pytest_configure():\n    raise KeyError('DSN')\n"}, (), Kind.CONFTEST, "KeyError: 'DSN'"),
    ],
    ids=lambda value: next(iter(value.values()), "").strip()[-30:] if isinstance(value, dict) else "",
)
def test_a_real_pytest_that_gives_up(  # noqa: PLR0917 - what parametrize gives
    tmp_path: Path, python: Path, files: dict[str, str], args: tuple[str, ...], kind: Kind, said: str
) -> None:
    for path, content in {"test_a.py": "def test_a():\n    pass\n", "pytest.ini": "[pytest]\n", **files}.items():
        (tmp_path / path).write_text(content)
    if "pyproject.toml" in files:
        (tmp_path / "pytest.ini").unlink()
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    done = process.run([str(python), "-m", "pytest", "-p", "no:asyncio", *args], cwd=tmp_path, env=env, timeout_s=60)
    found = explain(done.stdout + done.stderr, Surroundings())

    assert done.returncode != 0
    assert found.kind is kind
    assert said in f"{found.message}\n{found.remedy}"
