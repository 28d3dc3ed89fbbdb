from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.markers.model import Reference, Use
from noxtasks.markers.texts import commands
from noxtasks.markers.texts.commands import CommandReading

NAMES = frozenset({"slow", "fast", "net", "db", "unit"})
WORKFLOW = ".github/workflows/ci.yml"


def read(**texts: str) -> CommandReading:
    """The reading of files whose names are written with __ for a dot."""
    return commands.read({name.replace("__", "."): dedent(text) for name, text in texts.items()}, NAMES)


def read_one(path: str, text: str) -> CommandReading:
    return commands.read({path: dedent(text)}, NAMES)


def uses(reading: CommandReading, use: Use) -> set[tuple[str, int]]:
    return {(one.marker, one.line) for one in reading.references if one.use is use}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (WORKFLOW, "jobs:\n  a:\n    steps:\n      - run: pytest -m 'not slow'"),
        (".github/actions/test/action.yml", "runs:\n  steps:\n    - run: pytest -m slow\n      shell: bash"),
        (".gitlab-ci.yml", "test:\n  script:\n    - pip install .\n    - pytest -m slow"),
        ("azure-pipelines.yml", "steps:\n- script: |\n    python -m pytest -m slow"),
        (".circleci/config.yml", "jobs:\n  a:\n    steps:\n      - run:\n          command: pytest -m slow"),
        (".travis.yml", "script: pytest -m slow"),
        ("appveyor.yml", "test_script:\n  - cmd: pytest -m slow"),
        ("Jenkinsfile", "stage('x') { sh 'pytest -m slow' }"),
        (".buildkite/pipeline.yml", "steps:\n  - command: pytest -m slow"),
        (".cirrus.yml", "task:\n  test_script: pytest -m slow"),
        ("unheard-of.yaml", "do: pytest -m slow"),
        ("tox.ini", "[testenv]\ncommands =\n    pytest {posargs:-m slow}"),
        ("tox.toml", '[env_run_base]\ncommands = [["pytest", "-m", "slow"]]'),
        ("setup.cfg", "[tool:pytest]\naddopts = -m slow"),
        ("Makefile", "test:\n\tpytest -m slow"),
        ("justfile", "test:\n  pytest -m slow"),
        ("Taskfile.yml", "tasks:\n  test:\n    cmds: [pytest -m slow]"),
        ("package.json", '{"scripts": {"test": "pytest -m \'slow\'"}}'),
        (".pre-commit-config.yaml", "- id: tests\n  entry: pytest\n  args: [-m, slow]"),
        ("run.ps1", "pytest `\n  -m slow"),
        ("run.bat", "pytest ^\n  -m slow"),
        ("run", "#!/bin/sh\nexec pytest -m slow"),
        ("Dockerfile", 'CMD ["pytest", "-m", "slow"]'),
        ("docker-compose.yml", "services:\n  x:\n    command: pytest -m slow"),
        ("pyproject.toml", '[tool.poe.tasks]\ntest = "pytest -m slow"'),
        ("pyproject.toml", '[tool.hatch.envs.x.scripts]\ntest = ["pytest -m slow"]'),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["-m", "slow"]'),
        (".env", 'PYTEST_ADDOPTS="-m slow"'),
        ("wrapped.sh", "./ci/run_tests.sh -m slow"),
        ("Makefile", "test:\n\t$(MAKE) all ARGS='-m slow'"),
    ],
)
def test_whatever_starts_pytest_selects(path: str, text: str) -> None:
    reading = read_one(path, text)
    assert {name for name, _ in uses(reading, Use.SELECTED)} == {"slow"}
    assert [one.names for one in reading.selectors] == [("slow",)]
    assert not reading.sites


def test_the_place_and_the_expression_are_told() -> None:
    reading = read_one("Makefile", 'test:\n\tpytest \\\n\t  -m "slow and not other"\n')
    (selector,) = reading.selectors
    assert (selector.line, selector.expression, selector.names) == (3, "slow and not other", ("slow", "other"))
    assert reading.references == (
        Reference(marker="slow", path="Makefile", line=3, use=Use.SELECTED, how="-m 'slow and not other'"),
    )


@pytest.mark.parametrize(
    "line",
    [
        "git commit -m slow",
        "python -m slow",
        "./x -m other",
        "docker run -m 512m slow",
        "uname -m",
        "curl -k slow.example",
    ],
)
def test_other_commands_select_nothing(line: str) -> None:
    reading = read_one("run.sh", f"{line}\n")
    assert not reading.selectors
    assert not uses(reading, Use.SELECTED)


def test_a_keyword_expression_selects_by_the_name_of_a_marker() -> None:
    assert uses(read_one("run.sh", "pytest -k 'slow or test_x'\n"), Use.SELECTED) == {("slow", 1)}


@pytest.mark.parametrize(
    ("path", "text", "selected"),
    [
        (WORKFLOW, "matrix:\n  m: [slow, not fast]\nrun: pytest -m '${{ matrix.m }}'", {("slow", 2), ("fast", 2)}),
        (
            WORKFLOW,
            "m:\n  - slow\n  - fast or net  # x\nrun: pytest -m '${{ matrix.m }}'",
            {("slow", 2), ("fast", 3), ("net", 3)},
        ),
        (WORKFLOW, "include:\n  - os: x\n    m: slow\nrun: pytest -m ${{ matrix.m }}", {("slow", 3)}),
        (WORKFLOW, "include:\n  - {os: x, m: slow}\nrun: pytest -m ${{ matrix.m }}", {("slow", 2)}),
        (
            WORKFLOW,
            "inputs:\n  m:\n    description: fast\n    default: slow\nrun: pytest -m ${{ inputs.m }}",
            {("slow", 4)},
        ),
        (
            WORKFLOW,
            "inputs:\n  m:\n    options:\n      - slow\n      - net\nrun: pytest -m ${{ inputs.m }}",
            {("slow", 4), ("net", 5)},
        ),
        (WORKFLOW, "env:\n  M: slow\nrun: pytest -m $M", {("slow", 2)}),
        (WORKFLOW, "env: {M: '${{ inputs.n }}'}\nn: slow\nrun: pytest -m $M", {("slow", 2)}),
        (WORKFLOW, "run: pytest -m \"${{ x == 'y' && 'slow' || 'not fast' }}\"", {("slow", 1), ("fast", 1)}),
        (WORKFLOW, "m: slow\nrun: pytest -m 'net and ${{ matrix.m }}'", {("slow", 1), ("net", 2)}),
        ("run.sh", "M='not slow'\npytest -m \"$M\"", {("slow", 1)}),
        ("run.sh", 'pytest -m "${M:-slow}"', {("slow", 1)}),
        ("run.sh", "for m in slow fast; do pytest -m $m; done", {("slow", 1), ("fast", 1)}),
        ("run.sh", "E='and slow'\npytest -m \"net $E\"", {("slow", 1), ("net", 2)}),
        ("Makefile", "M ?= slow\nx:\n\tpytest -m $(M)", {("slow", 1)}),
        ("justfile", "m := 'slow'\nx:\n  pytest -m {{ m }}", {("slow", 1)}),
        ("justfile", "x m='slow':\n  pytest -m {{ m }}", {("slow", 1)}),
        ("tox.ini", "[testenv]\ncommands = pytest -m {env:M:slow}", {("slow", 2)}),
        (
            "tox.ini",
            "[testenv]\nsetenv =\n  a: M = slow\n  b: M = fast\ncommands = pytest -m {env:M}",
            {("slow", 3), ("fast", 4)},
        ),
        (
            ".circleci/config.yml",
            "parameters:\n  m:\n    type: string\n    default: slow\ncommand: pytest -m << parameters.m >>",
            {("slow", 4)},
        ),
        (".gitlab-ci.yml", "variables:\n  M: slow\nx: pytest -m $M", {("slow", 2)}),
        (
            "azure-pipelines.yml",
            "parameters:\n- name: m\n  default: slow\nsteps:\n- script: pytest -m ${{ parameters.m }}",
            {("slow", 3)},
        ),
        (
            "azure-pipelines.yml",
            "variables:\n- name: m\n  value: slow\nsteps:\n- script: pytest -m $(m)",
            {("slow", 3)},
        ),
        (
            "Jenkinsfile",
            "choice(name: 'M', choices: ['slow', 'fast'])\nsh \"pytest -m ${M}\"",
            {("slow", 1), ("fast", 1)},
        ),
        ("run.bat", "set M=slow\npytest -m %M%", {("slow", 1)}),
        ("run.ps1", '$M = "slow"\npytest -m $M', {("slow", 1)}),
        ("Dockerfile", "ENV M slow\nRUN pytest -m $M", {("slow", 1)}),
    ],
)
def test_a_variable_stands_for_every_value_that_it_is_given_anywhere(
    path: str, text: str, selected: set[tuple[str, int]]
) -> None:
    reading = read_one(path, text)
    assert uses(reading, Use.SELECTED) == selected
    assert not reading.sites
    assert not any(selector.is_literal for selector in reading.selectors)


def test_a_value_may_come_from_another_file() -> None:
    reading = read(ci__yml="run: make MARK=slow  # tox\n", Makefile="x:\n\tpytest -m '$(MARK)'\n")
    assert [(one.marker, one.path, one.how) for one in reading.references] == [("slow", "ci.yml", "-m $(MARK)")]


@pytest.mark.parametrize(
    ("expression", "patterns"),
    [("$1", (".*",)), ("$@", (".*",)), ("not $NOWHERE", (".*",)), ("x_$1 and y", ("x_.*",)), ("{posargs}", (".*",))],
)
def test_a_variable_without_a_value_may_be_any_marker(expression: str, patterns: tuple[str, ...]) -> None:
    (site,) = read_one("run.sh", f'pytest -m "{expression}"\n').sites
    assert (site.line, site.use, site.how, site.patterns) == (1, Use.READ, f"-m {expression}", patterns)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("M=${1:-slow}\npytest -m $M", id="a default is what it is without a caller"),
        pytest.param("pytest -m ${1:-slow}", id="beside its option"),
        pytest.param("M=$1\npytest -m $M", id="handed on"),
        pytest.param("x:\n  M: *marks\nrun: pytest -m $M", id="an anchor"),
        pytest.param("$M = @'\nslow\n'@\npytest -m $M", id="a here-string"),
        pytest.param("T=SLOW\npytest -m ${T,,}", id="another spelling"),
        pytest.param("set M=x\npytest -m !M!", id="a delayed variable of batch files"),
    ],
)
def test_a_variable_with_other_values_than_those_written_may_be_any_marker(text: str) -> None:
    assert [site.patterns for site in read_one("run.sh", text).sites] == [(".*",)]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("build.gradle", "def m = 'slow'\ncommandLine 'pytest', '-m', m", id="its value"),
        pytest.param("meson.build", "foreach m : ['slow']\ntest(py, args: ['-m', 'pytest', '-m', m])", id="a loop"),
    ],
)
def test_an_item_without_quotes_beside_one_with_them_is_a_variable(path: str, text: str) -> None:
    reading = read_one(path, text)
    assert [one.is_literal for one in reading.selectors if one.option == "-m" and one.names == ("m",)] == [False]
    assert uses(reading, Use.SELECTED) or reading.sites


@pytest.mark.parametrize("line", ["echo slow x | xargs -n1 pytest -m", "parallel pytest -m ::: slow x"])
def test_what_a_pipe_hands_on_to_pytest_is_selected(line: str) -> None:
    assert uses(read_one("run.sh", f"{line}\necho fast | xargs rm\n"), Use.SELECTED) == {("slow", 1)}


@pytest.mark.parametrize("text", ["-m=not slow\n", "-m\nnot slow\n", "-q\n-m not slow", "-m slow or net\n"])
def test_a_file_of_arguments_has_an_expression_on_a_line(text: str) -> None:
    assert "slow" in {name for name, _ in uses(read_one("ci.args", text), Use.SELECTED)}


@pytest.mark.parametrize("path", ["CMakeLists.txt", "meson.build", "BUILD", "ci/main.go", "build.gradle"])
def test_any_text_that_starts_pytest_is_a_command(path: str) -> None:
    assert read_one(path, "pytest -m ${NOWHERE}\n").sites


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "pytest -m $MARK"),
        ("run.sh", "# pytest -m $1"),
        ("run.sh", "./other -m $1"),
        ("run.sh", "python -m $1"),
    ],
)
def test_nothing_is_open_where_nothing_is_run(path: str, text: str) -> None:
    assert read_one(path, text).sites == ()


def test_the_setting_of_pytest_is_no_variable_that_is_called_markers() -> None:
    registered = '[tool.pytest.ini_options]\nmarkers = [\n  "slow: run by -m slow, or pytest.mark.slow",\n]\n'
    reading = read(pyproject__toml=registered, ci__yml="markers: [fast]\nx: pytest -m ${{ matrix.markers }}\n")
    assert uses(reading, Use.SELECTED) == {("fast", 1)}
    assert {one.use for one in reading.references if one.path == "pyproject.toml"} == {Use.MENTIONED}
    assert "slow" not in reading.strings


@pytest.mark.parametrize(
    "line",
    [
        "grep -rl 'pytest.mark.slow' tests",
        r"sed -i '/@pytest\.mark\.slow/d' tests/*.py",
        r"rg '\bslow\b' tests",
        "awk '/slow/' x",
        "findstr /s slow tests",
        "Get-Item x | Select-String slow",
        "perl -ne 'print if /slow/' x",
        "python -c 'import re; re.search(\"slow\", x)'",
        "git grep \\\n  slow",
    ],
)
def test_a_tool_that_looks_for_a_name_selects_it(line: str) -> None:
    reading = read_one("run.sh", f"{line}\n")
    assert {name for name, _ in uses(reading, Use.SELECTED)} == {"slow"}


def test_a_search_for_other_words_selects_nothing() -> None:
    assert not uses(read_one("run.sh", "grep slowly x\negrep x\necho slow\n"), Use.SELECTED)
    assert not uses(read_one("run.sh", "python -c 'print(\"all slow tests passed\")'\n"), Use.SELECTED)


@pytest.mark.parametrize(
    ("path", "text", "use"),
    [
        ("data.json", '{"x": "@pytest.mark.slow"}', Use.POSSIBLE),
        ("template.py.j2", "@pytest.mark.slow", Use.POSSIBLE),
        ("README.md", "```python\n@pytest.mark.slow\n```", Use.POSSIBLE),
        ("docs/x.rst", ".. code-block:: python\n\n    @pytest.mark.slow\n", Use.POSSIBLE),
        ("README.md", "<!-- pytest.mark.slow -->\nprose", Use.POSSIBLE),
        ("README.md", "Use pytest.mark.slow for those.", Use.MENTIONED),
        ("CHANGELOG.md", "```\n@pytest.mark.slow\n```", Use.MENTIONED),
        ("docs/changelog/1.rst", "run by -m slow", Use.MENTIONED),
        ("README.md", "| `slow` | takes long |", Use.MENTIONED),
        ("README.md", "- slow: takes long", Use.MENTIONED),
        ("README.md", "Run `pytest -m slow`.", Use.SELECTED),
        ("x.feature", "@slow\nScenario: x", Use.POSSIBLE),
        ("test_x.tavern.yaml", "test_name: x\nmarks:\n  - slow\nstages: []", Use.POSSIBLE),
    ],
)
def test_a_name_elsewhere_weighs_by_what_the_file_is_for(path: str, text: str, use: Use) -> None:
    assert {(one.marker, one.use) for one in read_one(path, text).references} == {("slow", use)}


@pytest.mark.parametrize("text", ["This is a slow test.", "as fast as it can", "unit tests"])
def test_a_common_word_in_prose_is_nothing(text: str) -> None:
    assert read_one("README.md", text).references == ()


def test_prose_that_repeats_a_name_is_told_a_few_times() -> None:
    assert len(read_one("README.md", "`slow`\n\n" * 50).references) == 3


@pytest.mark.parametrize(
    ("path", "text", "strings"),
    [
        ("x.json", '{"a": "slow",\n "fast": ["net", "slow things"]}', {"slow": 1, "fast": 2, "net": 2}),
        ("x.yaml", "a: slow\nb:\n  - fast\n  - the net is\n", {"slow": 1, "fast": 3}),
        ("x.toml", "a = 'slow'\n", {"slow": 1}),
        ("x.csv", "name,slow\n", {"slow": 1}),
        ("x.md", "slow\n", {}),
        ("poetry.lock", 'name = "slow"\n', {}),
    ],
)
def test_values_in_data_are_kept_for_names_that_are_computed(path: str, text: str, strings: dict[str, int]) -> None:
    reading = read_one(path, text)
    assert reading.strings == {name: ((path, line),) for name, line in strings.items()}
    assert not [one for one in reading.references if one.use is not Use.MENTIONED]


def test_variables_that_stand_for_each_other_come_to_an_end() -> None:
    reading = read_one("run.sh", "A=$B\nB=$A\npytest -m $A\n")
    assert len(reading.sites) == 1


_BITS = st.sampled_from(
    [
        *(
            "pytest ",
            "-m",
            "-k ",
            " ",
            "=",
            ":",
            "\n",
            "\n  - ",
            '"',
            "'",
            "\\",
            "\\\n",
            "`",
            "$",
            "${",
            "{",
            "}",
            "${{ ",
        ),
        *("}}", "X", "slow", " not ", "(", ")", "[", "]", ",", "#", "grep ", "mark.", "name: ", "for X in ", "value: "),
        *("|", "@"),
    ]
)


@given(
    text=st.lists(_BITS, max_size=30).map("".join),
    path=st.sampled_from(["run.sh", "a.yml", "tox.ini", "a.md", "x.feature", "x.tavern.yaml", "x"]),
)
def test_any_text_can_be_read(text: str, path: str) -> None:
    """Works on text: whatever stands there, places are within it, and names are those that are known."""
    reading = commands.read({path: text}, NAMES)
    lines = text.count("\n") + 1
    assert all(1 <= one.line <= lines for one in reading.references)
    assert all(1 <= one.line <= lines for one in reading.selectors)
    assert all(1 <= one.line <= lines for one in reading.sites)
    assert {one.marker for one in reading.references} <= NAMES


def test_a_long_line_takes_no_longer_than_its_length() -> None:
    line = '"a": "pytest -m slow", "X": "$X", "b": "pytest -m $X", "c": "grep slow", ' * 2000
    reading = commands.read({"package.json": "{" + line + "}"}, NAMES)
    assert uses(reading, Use.SELECTED) == {("slow", 1)}
