"""Raw facts of a collection in, causes and remedies out."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.evidence import schemas
from noxtasks.suite.causes import Cause, Health, Kind
from noxtasks.suite.health import diagnose, render, to_artifact

FACTS = {"rootdir": "/home/shop", "inifile": "pytest.ini", "python": "3.12.1", "pytest": "8.4.2", "items": 3}


def raised(kind: str, message: str, *bases: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "bases": [kind, *bases, "Exception", "BaseException", "object"], "message": message, **more}


def module(*chain: dict[str, Any], path: str = "tests/test_a.py", line: int = 4, **more: Any) -> dict[str, Any]:
    frames = [{"path": path, "line": line, "function": "<module>"}]
    return {
        "where": "module",
        "path": path,
        "nodeid": path,
        "modules": [path],
        "chain": chain,
        "frames": frames,
        **more,
    }


def fixture(name: str, asked: str = "argument", by: str = "test_it", **more: Any) -> dict[str, Any]:
    return {
        "where": "fixture",
        "path": "tests/test_a.py",
        "line": 7,
        "nodeid": "tests/test_a.py::test_it",
        "fixture": {"name": name, "from": asked, "by": by, **more},
        "modules": ["tests/test_a.py"],
        "test_count": 2,
    }


def health_of(
    *problems: dict[str, Any],
    facts: dict[str, Any] | None = None,
    exit_code: int | None = 1,
    output: str = "",
    installed: dict[str, str] | None = None,
    local: dict[str, tuple[str, ...]] | None = None,
) -> Health:
    return diagnose(
        problems,
        {**FACTS, "modules": ["tests/test_a.py", "tests/test_b.py"], **(facts or {})},
        exit_code=exit_code,
        output=output,
        installed=installed or {},
        local=local or {},
    )


def the_cause(*problems: dict[str, Any], **more: Any) -> Cause:
    (cause,) = health_of(*problems, **more).causes
    return cause


@pytest.mark.parametrize(
    ("error", "kind", "remedy"),
    [
        (
            raised("SyntaxError", "Missing parentheses in call to 'print'. Did", text='print "x"'),
            Kind.SYNTAX,
            "Python 2",
        ),
        (raised("SyntaxError", "invalid syntax", text="def first[T](x: T): ..."), Kind.SYNTAX, "Correct the line"),
        (raised("SyntaxError", "invalid syntax", text="<<<<<<< HEAD"), Kind.SYNTAX, "merge"),
        (raised("SyntaxError", "invalid syntax", text="except A, B:"), Kind.SYNTAX, "Python 3.14"),
        (raised("TabError", "inconsistent use of tabs", "SyntaxError"), Kind.SYNTAX, "spaces"),
        (raised("SystemExit", "1"), Kind.EXIT, "__main__"),
        (raised("_pytest.outcomes.Exit", "stop"), Kind.EXIT, "__main__"),
        (raised("DeprecationWarning", "old", "Warning"), Kind.WARNING, "ignore::DeprecationWarning"),
        (raised("pytest.PytestRemovedIn9Warning", "gone", "Warning"), Kind.WARNING, "pytest<9"),
        (raised("UserWarning", "Try: `pip install 'wares[fresh]'`", "Warning"), Kind.WARNING, "Add wares[fresh] "),
        (raised("PytestUnknownMarkWarning", "Unknown pytest.mark.slwo - is", "Warning"), Kind.UNKNOWN_MARKER, "slow"),
        (raised("Failed", "'slwo' not found in `markers` configuration"), Kind.UNKNOWN_MARKER, "Did you mean slow"),
        (raised("Failed", "'django_db' not found in `markers` conf"), Kind.UNKNOWN_MARKER, "Add pytest-django"),
        (raised("Failed", "'mine' not found in `markers` conf"), Kind.UNKNOWN_MARKER, "Register mine"),
        (raised("PytestWarning", "usefixtures() in t.py::t without", "Warning"), Kind.USEFIXTURES_OF_NOTHING, "Take"),
        (raised("CollectError", "Using pytest.skip outside of a test will"), Kind.RAISED, "allow_module_level"),
        (raised("Failed", "In test_it: function uses no argument 'size'"), Kind.RAISED, "Add size to the arguments"),
        (raised("KeyError", "'DSN'"), Kind.RAISED, "the environment"),
        (raised("FileNotFoundError", "no prices.csv"), Kind.RAISED, "__file__"),
        (raised("NameError", "name 'unicode' is not defined"), Kind.RAISED, "Python 2"),
        (raised("AttributeError", "module 'numpy' has no attribute 'float'"), Kind.RAISED, "installed numpy"),
        (raised("django.core.exceptions.ImproperlyConfigured", "x"), Kind.RAISED, "DJANGO_SETTINGS_MODULE"),
        (raised("ValueError", "no apples"), Kind.RAISED, "into a fixture"),
        (raised("RuntimeError", "this needs wares: pip install wares"), Kind.RAISED, "Add wares to"),
    ],
    ids=lambda value: value["message"][:30] if isinstance(value, dict) else "",
)
def test_what_a_module_raises_has_a_kind_a_place_and_a_remedy(error: dict[str, Any], kind: Kind, remedy: str) -> None:
    cause = the_cause(module(error), facts={"markers": ["slow"]})

    assert cause.kind is kind
    assert remedy in cause.remedy
    assert (cause.path, cause.line, cause.modules) == ("tests/test_a.py", 4, ("tests/test_a.py",))


def test_a_syntax_error_is_where_python_says_and_not_where_the_import_stands() -> None:
    cause = the_cause(module(raised("SyntaxError", "bad", filename="shop/till.py", lineno=9)))

    assert (cause.path, cause.line) == ("shop/till.py", 9)


def test_syntax_newer_than_the_interpreter_is_told_as_that() -> None:
    error = raised("SyntaxError", "expected '('", text="def first[T](x: T): ...")

    assert "syntax of Python 3.12" in the_cause(module(error), facts={"python": "3.11.7"}).remedy


def test_files_with_one_basename_are_both_named() -> None:
    message = (
        "import file mismatch:\nimported module 'test_a' has this __file__ attribute:\n  /home/shop/one/test_a.py\n"
        "which is not the same as the test file we want to collect:\n  /home/shop/two/test_a.py\nHINT: remove"
    )
    wrapper = raised("_pytest.nodes.Collector.CollectError", message)
    clash = raised("_pytest.pathlib.ImportPathMismatchError", "(…)", "ImportError", link="cause")

    cause = the_cause(
        {"where": "module", "path": "two/test_a.py", "modules": ["two/test_a.py"], "chain": [wrapper, clash]}
    )

    assert cause.kind is Kind.BASENAME_CLASH
    assert "one/test_a.py" in cause.message
    assert cause.path == "two/test_a.py"


def test_a_conftest_is_told_with_the_reason_and_the_files_that_it_breaks() -> None:
    wrapper = raised("_pytest.config.ConftestImportFailure", "…")
    missing = raised("ModuleNotFoundError", "No module named 'yaml'", "ImportError", name="yaml", link="cause")
    files = ["tests/sub/test_b.py", "tests/sub/test_a.py"]
    problem = module(wrapper, missing, path="tests/sub/conftest.py")

    cause = the_cause({**problem, "where": "conftest", "modules": files})

    assert (cause.kind, cause.reason) == (Kind.CONFTEST, Kind.MISSING_IMPORT)
    assert cause.distribution == "PyYAML"
    assert cause.modules == tuple(sorted(files))


@pytest.mark.parametrize("link", ["cause", "context"])
def test_an_error_raised_because_of_a_missing_import_is_a_missing_import(link: str) -> None:
    outer = raised("RuntimeError", "the client requires the httpx package")
    inner = raised("ModuleNotFoundError", "No module named 'httpx'", "ImportError", name="httpx", link=link)

    cause = the_cause(module(outer, inner))

    assert cause.kind is Kind.MISSING_IMPORT
    assert cause.distribution == "httpx"
    assert "requires the httpx package" in cause.message


def test_an_import_that_failed_before_and_was_dealt_with_is_not_blamed() -> None:
    inner = raised("ModuleNotFoundError", "No module named 'speedups'", "ImportError", name="speedups", link="context")

    assert the_cause(module(raised("ValueError", "no apples"), inner)).kind is Kind.RAISED


@pytest.mark.parametrize(
    ("problem", "installed", "kind", "distribution", "remedy"),
    [
        (fixture("mocker"), {}, Kind.FIXTURE, "pytest-mock", "Add pytest-mock"),
        (fixture("mocker"), {"pytest-mock": "3.14"}, Kind.FIXTURE, "pytest-mock", "3.14 is installed, but"),
        (fixture("event_loop"), {"pytest-asyncio": "1.2"}, Kind.FIXTURE, "pytest-asyncio<1", "no longer has"),
        (fixture("client"), {}, Kind.FIXTURE, "pytest-django", "pytest-flask"),
        (fixture("databse", near=["database"]), {}, Kind.FIXTURE, "", "Did you mean database?"),
        (fixture("till", elsewhere=["other/conftest.py:3"]), {}, Kind.FIXTURE, "", "other/conftest.py:3 defines it"),
        (fixture("testdir"), {}, Kind.FIXTURE, "", 'pytest_plugins = ["pytester"]'),
        (fixture("tmpdir"), {}, Kind.FIXTURE, "", "-p no:"),
        (fixture("self"), {}, Kind.FIXTURE, "", "class"),
        (fixture("basket"), {}, Kind.FIXTURE, "", "Define basket"),
        (fixture("basket", "fixture", "till"), {}, Kind.FIXTURE, "", "Define basket"),
        (fixture("basket", "usefixtures", "TestTill"), {}, Kind.USEFIXTURES_UNKNOWN, "", "Define basket"),
        (fixture("basket", "ini", ""), {}, Kind.USEFIXTURES_UNKNOWN, "", "Define basket"),
    ],
)
def test_a_fixture_that_nobody_defines(
    problem: dict[str, Any], installed: dict[str, str], kind: Kind, distribution: str, remedy: str
) -> None:
    cause = the_cause(problem, installed=installed)

    assert (cause.kind, cause.distribution, cause.tests) == (kind, distribution, 2)
    assert remedy in cause.remedy


def test_usefixtures_of_nothing_breaks_no_module() -> None:
    health = health_of(
        {"where": "usefixtures", "path": "tests/test_a.py", "line": 3, "modules": ["tests/test_a.py"]}, exit_code=0
    )

    assert [(cause.kind, cause.blocking) for cause in health.causes] == [(Kind.USEFIXTURES_OF_NOTHING, False)]
    assert health.error_rate == 0


def test_the_error_rate_counts_a_module_once_and_lost_files_too() -> None:
    health = health_of(
        fixture("one"), fixture("two"), facts={"lost": {"sub/conftest.py": ["sub/test_c.py", "sub/test_d.py"]}}
    )

    assert health.broken == ("tests/test_a.py",)
    assert health.modules == 4
    assert health.error_rate == 1 / 4


def test_modules_that_nobody_counted_give_no_rate_rather_than_a_good_one() -> None:
    health = diagnose([], {}, exit_code=4, output="ERROR: Missing required plugins: pytest-x", installed={}, local={})

    assert health.error_rate is None
    assert not health.complete
    assert to_artifact(health)["error_rate"] is None


@pytest.mark.parametrize(
    ("exit_code", "kind", "said"),
    [(-11, Kind.CRASH, "signal 11"), (9, Kind.CRASH, "exit status 9"), (None, Kind.HANG, "when the time was up")],
)
def test_a_process_that_dies_or_hangs_is_laid_at_the_file_that_it_was_importing(
    exit_code: int | None, kind: Kind, said: str
) -> None:
    health = diagnose([], {"importing": "tests/test_b.py"}, exit_code=exit_code, output="", installed={}, local={})

    (cause,) = health.causes
    assert (cause.kind, cause.path, cause.modules) == (kind, "tests/test_b.py", ("tests/test_b.py",))
    assert said in cause.message
    assert not health.complete


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"deselected": 3, "keyword": "apples"}, "-k 'apples' (3 in all)"),
        ({"deselected": 3, "markexpr": "not slow", "keyword": "a"}, "-k 'a' and -m 'not slow'"),
        ({"deselected": 3}, "a plugin or a conftest.py"),
        ({"skipped": ["tests/test_a.py", "tests/test_b.py"]}, "every test file skips itself"),
        ({"python_functions": ["check"], "python_classes": ["Check"]}, "functions check; classes Check"),
        (
            {"modules": [], "testpaths": ["checks"], "python_files": ["test_*.py"]},
            "no file in checks matches test_*.py",
        ),
        ({"modules": [], "python_files": ["test_*.py"]}, "no file in the root directory matches"),
    ],
)
def test_no_tests_at_all_is_told_with_the_reason(facts: dict[str, Any], said: str) -> None:
    cause = the_cause(facts={**facts, "items": 0}, exit_code=5)

    assert cause.kind is Kind.NO_TESTS
    assert said in cause.message


def test_no_tests_because_all_is_broken_is_not_told_as_no_tests() -> None:
    assert the_cause(module(raised("KeyError", "x")), facts={"items": 0}).kind is Kind.RAISED


def test_a_missing_plugin_of_a_conftest_is_a_plugin_failure_at_that_conftest() -> None:
    told = "Error importing plugin \"pytest_wares\": No module named 'pytest_wares'"
    cause = the_cause(
        {
            "where": "startup",
            "path": "conftest.py",
            "modules": ["tests/test_a.py"],
            "chain": [raised("ImportError", told), raised("ModuleNotFoundError", "…", "ImportError", link="cause")],
        },
        facts={"items": None},
    )

    assert (cause.kind, cause.reason, cause.path) == (Kind.PLUGIN, Kind.MISSING_IMPORT, "conftest.py")
    assert cause.distribution == "pytest-wares"
    assert cause.guessed


def test_what_a_hook_of_a_conftest_raises_is_the_conftests_fault() -> None:
    problem = module(raised("KeyError", "'wares'"), path="conftest.py")
    problem["frames"][0]["function"] = "pytest_configure"

    cause = the_cause({**problem, "where": "internal"}, facts={"items": None}, exit_code=3)

    assert cause.kind is Kind.CONFTEST
    assert "hook pytest_configure" in cause.message


def test_a_sound_suite_has_no_cause() -> None:
    health = health_of(exit_code=None)

    assert health.causes == ()
    assert render(health) == "Collection: 0 of 2 test modules are broken (0.0 %); 3 tests can run.\n"


PROBLEMS = [
    module(raised("ModuleNotFoundError", "No module named 'yaml'", "ImportError", name="yaml"), path=path)
    for path in ("tests/test_c.py", "tests/test_a.py", "tests/test_b.py")
] + [
    fixture("mocker"),
    module(raised("KeyError", "'a very long key " + "of words " * 30 + "'")),
    {"where": "usefixtures", "path": "tests/test_a.py", "line": 3, "modules": ["tests/test_a.py"]},
    {**module(raised("ZeroDivisionError", "division"), path="sub/conftest.py"), "where": "conftest"},
]


@given(st.randoms(use_true_random=False), st.integers(0, len(PROBLEMS)))
def test_the_report_does_not_depend_on_the_order_of_what_was_told(order: random.Random, count: int) -> None:
    """DESIGN: what is not reproducible is separate from what is; the report is deterministic."""
    problems = PROBLEMS[:count]
    shuffled = order.sample(problems, count)

    assert health_of(*shuffled) == health_of(*problems)
    assert render(health_of(*shuffled)) == render(health_of(*problems))


@given(st.lists(st.sampled_from(PROBLEMS)))
def test_broken_modules_are_among_the_modules_and_the_report_fits_80_columns(problems: list[dict[str, Any]]) -> None:
    health = health_of(*problems)

    assert len(health.broken) <= health.modules
    assert health.error_rate is not None
    assert 0 <= health.error_rate <= 1
    assert bool(health.broken) == any(cause.blocking for cause in health.causes)
    assert all(len(line) <= 80 for line in render(health).splitlines())
    assert all(cause.remedy for cause in health.causes)


def test_files_with_the_same_fault_stand_together_under_one_remedy() -> None:
    report = render(health_of(*PROBLEMS[:3]))

    assert report.count("Add PyYAML") == 1
    assert [line.strip() for line in report.splitlines() if line.strip().startswith("tests/")] == [
        "tests/test_a.py:4",
        "tests/test_b.py:4",
        "tests/test_c.py:4",
    ]


def faults_of_the_result(health: Health) -> list[schemas.Fault]:
    """What the shipped schema finds wrong with the result; the envelope around it is not ours."""
    every = schemas.faults("collection.health", {"schema": "collection.health/1", "result": to_artifact(health)})
    return [fault for fault in every if fault.pointer.startswith("/result")]


@given(st.lists(st.sampled_from(PROBLEMS)))
def test_the_artifact_fits_the_shipped_schema(problems: list[dict[str, Any]]) -> None:
    """DESIGN: every artifact is validated against the shipped JSON Schema before it is written."""
    assert faults_of_the_result(health_of(*problems)) == []


def test_the_shipped_schema_does_look_at_the_result() -> None:
    document = {"schema": "collection.health/1", "result": {**to_artifact(health_of(fixture("mocker"))), "stranger": 1}}

    assert any(fault.pointer.startswith("/result") for fault in schemas.faults("collection.health", document))
    assert {kind.value for kind in Kind} == set(
        schemas.shipped()["collection.health"]["properties"]["result"]["properties"]["causes"]["items"]["properties"][
            "kind"
        ]["enum"]
    )


def test_the_artifact_names_kinds_by_their_words() -> None:
    artifact = to_artifact(health_of(fixture("mocker"), facts={"unrunnable": 2}))

    assert artifact["causes"][0]["kind"] == "fixture not found"
    assert artifact["tests"] == {"collected": 3, "unrunnable": 2, "deselected": 0}
    assert artifact["error_rate"] == 1 / 2
