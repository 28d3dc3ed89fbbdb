"""Expressions of `-m` and `-k` in Python that starts pytest."""

from __future__ import annotations

import pytest

from noxtasks.markers.model import Use
from noxtasks.markers.python import read


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("session.run('pytest', '-m', 'not slow')", ("-m", "not slow", ("slow",)), id="session.run"),
        pytest.param("pytest.main(['-m', 'slow or fast'])", ("-m", "slow or fast", ("slow", "fast")), id="pytest.main"),
        pytest.param("run([sys.executable, '-m', 'pytest', '-m', 'slow'])", ("-m", "slow", ("slow",)), id="subprocess"),
        pytest.param("run(['pytest', '-m=slow'])", ("-m", "slow", ("slow",)), id="with equals sign"),
        pytest.param("run(['pytest', '-mslow'])", ("-m", "slow", ("slow",)), id="in one word"),
        pytest.param("c.run('pytest -m slow tests')", ("-m", "slow", ("slow",)), id="command"),
        pytest.param("c.run('pytest -m \"not slow\" -x')", ("-m", "not slow", ("slow",)), id="command with quotes"),
        pytest.param("c.run('python -m pytest -m slow')", ("-m", "slow", ("slow",)), id="module, then expression"),
        pytest.param("c.run('pytest ' + '-m slow')", ("-m", "slow", ("slow",)), id="concatenated command"),
        pytest.param("c.run(f'pytest {x} -m slow')", ("-m", "slow", ("slow",)), id="f-string"),
        pytest.param("config.option.markexpr = 'not slow'", ("-m", "not slow", ("slow",)), id="markexpr"),
        pytest.param("setattr(config.option, 'markexpr', 'slow')", ("-m", "slow", ("slow",)), id="setattr"),
        pytest.param("run(['pytest', '-k', 'net and not dns'])", ("-k", "net and not dns", ("net", "dns")), id="-k"),
        pytest.param("ARGS = ['-m', 'not slow']", ("-m", "not slow", ("slow",)), id="arguments alone"),
        pytest.param("args += ['-m', EXPRESSION]", ("-m", "not slow", ("slow",)), id="constant"),
        pytest.param("OPTIONS = \"-m 'not slow'\"", ("-m", "not slow", ("slow",)), id="arguments in a string"),
        pytest.param(
            "run(['pytest', '-m', 'db(kind=\"x\") and slow'])",
            ("-m", 'db(kind="x") and slow', ("db", "slow")),
            id="call",
        ),
    ],
)
def test_an_expression_is_found(line: str, expected: tuple[str, str, tuple[str, ...]]) -> None:
    source = f"import nox, pytest, sys\nEXPRESSION = 'not slow'\ndef tests(session, c, args, config, x):\n    {line}\n"
    found = read({"noxfile.py": source.encode()})
    assert [(each.option, each.expression, each.names) for each in found.selectors] == [expected]
    assert all(each.is_literal for each in found.selectors)
    selected = {each.marker for each in found.references if each.use is Use.SELECTED}
    assert selected == (set(expected[2]) if expected[0] == "-m" else set())


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("run([sys.executable, '-m', 'pip', 'install'])", id="module"),
        pytest.param("run(['python3', '-m', 'build'])", id="module of python3"),
        pytest.param("session.run('python', '-m', 'shop.tools')", id="module of the project"),
        pytest.param("run(['git', 'commit', '-m', 'slow'])", id="message"),
        pytest.param("parser.add_argument('-m', '--module')", id="declared option"),
        pytest.param("run(['hdiutil', '-mountpoint', 'x'])", id="another option"),
        pytest.param("c.run('python -m pytest tests')", id="command"),
        pytest.param("runner.invoke(main, ['-m', session])", id="a command of the project's own, tried by click"),
    ],
)
def test_what_is_no_expression_of_pytest_is_not_taken_for_one(line: str) -> None:
    source = f"import nox, sys\ndef tests(session, c, parser):\n    {line}\n"
    found = read({"noxfile.py": source.encode()})
    assert (found.selectors, found.sites) == ((), ())


@pytest.mark.parametrize(
    ("line", "expression", "pattern"),
    [
        pytest.param("session.run('pytest', f'-m not {kind}')", "not …", ".*", id="option and value in one f-string"),
        pytest.param("c.run('pytest -m {0}'.format(kind))", "…", ".*", id="format"),
        pytest.param("run(['pytest', '-m', f'{kind} and not slow'])", "… and not slow", ".*", id="word"),
        pytest.param("run(['pytest', '-m', f'net_{kind}'])", "net_…", "net_.*", id="part of a word"),
        pytest.param("run(['pytest', '-m', kind])", "…", ".*", id="all"),
    ],
)
def test_an_expression_with_unknown_parts_may_select_what_fits(line: str, expression: str, pattern: str) -> None:
    found = read({"noxfile.py": f"import os\nkind = os.environ['KIND']\n{line}\n".encode()})
    assert [(each.expression, each.is_literal) for each in found.selectors] == [(expression, False)]
    assert [(each.use, each.patterns) for each in found.sites] == [(Use.READ, (pattern,))]
