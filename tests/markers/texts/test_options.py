from __future__ import annotations

import pytest

from noxtasks.markers.texts import options
from noxtasks.markers.texts.expressions import names_in


def expressions(text: str) -> list[str]:
    """The first reading of each option that is an expression."""
    readings = ([way.value for way in ways if names_in(way.value)] for ways in options.find(text))
    return [ways[0] for ways in readings if ways and ways[0] != "pytest"]


@pytest.mark.parametrize(
    "text",
    [
        'pytest -m "not slow" tests',
        "pytest -m 'not slow'",
        "pytest -m='not slow'",
        "pytest -m'not slow'",
        "pytest -vm 'not slow'",
        r"pytest -m not\ slow",
        "py.test -m 'not slow'",
        "python -m pytest -m 'not slow'",
        "python3.11 -W error -X dev -m pytest -m 'not slow'",
        "py -3.11 -m pytest -m 'not slow'",
        "coverage run --branch -m pytest -m 'not slow'",
        r'run: "pytest -m \"not slow\" tests"',
        "run: 'pytest -m ''not slow'' tests'",
        r'"test": "pytest -m \"not slow\"",',
        '"test": "pytest -m \'not slow\'",',
        'args: [-m, "not slow"]',
        "args: [-m, not slow]",
        "args: ['--strict', '-m', 'not slow']",
        "args:\n  - -m\n  - not slow  # why\n  - -x",
        'args:\n  - "-m"\n  - "not slow"',
        'cmd = ["pytest", "-m", "not slow"]',
        'cmd = [\n  "pytest",\n  "-m",  # markers\n  "not slow",\n]',
        "addopts = \"-m 'not slow'\"",
        'addopts =\n    -ra\n    -m "not slow"',
        'addopts =\n    -m\n    "not slow"',
        'PYTEST_ADDOPTS="-m not slow"',
        "commands = pytest {posargs:-m 'not slow'}",
        "pytest ${ARGS:--m 'not slow'}",
        "pytest \\\n    -x \\\n    -m \\\n    'not slow'",
        "run: >\n  pytest\n  -m 'not slow'",
        'pytest `\n  -m "not slow"',
        'pytest ^\n  -m "not slow"',
        'pytest -m "not \\\nslow"',
        "tox -e py -- -m 'not slow'",
        "sh \"docker run image pytest -m 'not slow'\"",
        "RUN pip install pytest && pytest -m 'not slow'",
        "Run `pytest -m 'not slow'` first.",
        "<exec>pytest -m &quot;not slow&quot;</exec>",
        'cmd /c pytest -m ""not slow""',
    ],
)
def test_an_expression_is_read_however_it_is_written(text: str) -> None:
    assert [" ".join(one.split()) for one in expressions(text)] == ["not slow"]


@pytest.mark.parametrize(
    "text",
    [
        "python -m build",
        "python3.12 -I -m build",
        "$(PYTHON) -m build",
        "${{ env.PYTHON }} -m build",
        "{envpython} -m build",
        '["python", "-m", "build"]',
        "coverage run --source=x -m build",
        "uv run -m build",
        'git commit -m "slow"',
        "git -C x tag -a v1 -m slow",
        "gh pr merge -m slow",
        'alembic -c $(CONFIG) revision --autogenerate -m "slow"',
        "flask db migrate -m slow",
        "x-m slow",
        "--m slow",
        "pytest -mark",
    ],
)
def test_what_other_commands_are_given_is_not_for_pytest(text: str) -> None:
    assert [name for name in expressions(text) if name != "ark"] == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("pytest -m ${{ matrix.x }} tests", ["${{ matrix.x }}"]),
        ("pytest -m 'a and ${{ x == 'y' && 'b' || 'c' }}'", ["a and ${{ x == 'y' && 'b' || 'c' }}"]),
        ("pytest -m $X", ["$X"]),
        ('pytest -m "$X and not y"', ["$X and not y"]),
        ("pytest -m 'not '\"$X\"", ["not $X"]),
        ("pytest -m ${X:-not slow} tests", ["${X:-not slow}"]),
        ("pytest -m $(X) tests", ["$(X)"]),
        ("pytest -m {env:X:not slow} tests", ["{env:X:not slow}"]),
        ("pytest -m %X% tests", ["%X%"]),
        ("pytest -m << parameters.x >> tests", ["<< parameters.x >>"]),
        ("pytest -m {{ x }} tests", ["{{ x }}"]),
        ("pytest -m $[[ inputs.x ]]", ["$[[ inputs.x ]]"]),
        ("pytest -m $env:X", ["$env:X"]),
        ('pytest -m "$@"', ["$@"]),
    ],
)
def test_parts_that_are_filled_in_stay_whole(text: str, values: list[str]) -> None:
    found = list(options.find(text))
    assert [ways[0].value for ways in found] == values
    assert all(ways[0].units for ways in found)


@pytest.mark.parametrize("text", ["-m", "-m ", "pytest -m", "pytest -m\n", "-", "", 'x = "-m'])
def test_an_option_without_a_value_is_none(text: str) -> None:
    assert expressions(text) == []


def test_a_quote_that_never_closes_is_given_up_soon() -> None:
    text = 'pytest -m "' + "${{ a }} $b {c} " * 60
    assert [[way.value for way in ways] for ways in options.find(f"{text}\n-m x")] == [[], ["x"]]
