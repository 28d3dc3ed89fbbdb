from __future__ import annotations

import os
import string
from contextlib import suppress
from datetime import date
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks import config
from noxtasks.config import Override, Settings, parsing
from noxtasks.config.cores import cgroup_quota
from noxtasks.errors import ConfigurationError
from noxtasks.history import DEFAULT_URL
from noxtasks.suite.model import EngineKind, Order

GOOD: dict[str, Any] = {
    "python": ["3.12", "pypy3"],
    "install": ["-e .[test]"],
    "pytest_args": ["-q"],
    "reports": "out/reports",
    "history": "postgresql://me@db/history",
    "flake.runs": 200,
    "flake.budget": "1h30m",
    "flake.order": "full",
    "flake.jobs": 3,
    "flake.engine": "fresh",
    "flake.test_timeout": 2.5,
    "flake.seed": 0,
    "flake.threshold": 0.07,
    "flake.confidence": 0.99,
    "flake.explain": False,
    "flake.explain_budget": "1m",
    "determinism.ignore": ["sleep", "clock"],
    "markers.limit": 44,
    "markers.idle_days": 0,
    "markers.collect": False,
    "markers.collect_timeout": "30s",
    "markers.exclude": ["vendored"],
    "markers.facets": {"component": ["billing"]},
    "markers.rename": {"slowtest": "slow"},
    "bench.rounds": 20,
    "bench.warmup": 0,
    "bench.seconds": 0.2,
    "bench.budget": "20m",
    "bench.thresholds": {"cpu": 0.1, "p95": 2},
    "bench.limits": {"tests/test_api.py::*": "p95 < 200 ms, mean<0.05s", "*": "cpu < 1.5e3 µs"},
    "bench.paths": ["benchmarks"],
    "parallel.workers": 4,
    "parallel.together": "file",
    "parallel.test_timeout": "5m",
    "matrix.cells": ["linux-3.12", "macos-arm64-3.13t", "linux-pypy-3.10"],
    "matrix.workflow": ".github/workflows/ci.yml",
    "matrix.consistency": 1,
    "matrix.pass_rate": 0.9,
    "matrix.ignore": ["encoding", "shell"],
    "ladder.profile": "target",
    "ladder.scope": ["src/shop/**"],
    "ladder.scopes": {"unit": "src/shop/core/**", "system": ["src/shop"]},
    "ladder.markers": {"unit": "not (db or browser)"},
    "ladder.paths": {"integration": ["tests/db/**"], "system": "tests/e2e"},
    "ladder.rest": "unit",
    "ladder.metrics": {"unit": "branch", "system": "combined"},
    "ladder.targets": {"unit": 1, "mutation": 0.7},
    "ladder.levels": {"unit": "advisory", "mutation": "blocking"},
    "ladder.blocking_after": {"mutation": "2026-12-31"},
    "ladder.timeout": "20m",
    "ladder.sprint_days": 7,
    "ladder.sustained": {"unit": "1 sprint", "system": "5 commits"},
    "ladder.tolerance": 0.02,
    "ladder.ratchet_since": "2026-01-31",
    "ladder.new_code": 1,
    "ladder.min_new_lines": 5,
    "ladder.contexts": False,
    "ladder.pytest_args": ["-m", "slow"],
    "mutation.threshold": 0.8,
    "mutation.paths": ["src/shop"],
    "mutation.scopes": {"billing": "src/shop/billing", "rest": ["src/shop/*.py", "src/till"]},
    "mutation.scope_thresholds": {"billing": 0.8},
    "mutation.cap": 50,
    "mutation.gate": True,
    "mutation.budget": "10m",
    "mutation.seed": 3,
    "mutation.mode": "advisory",
    "mutation.blocking_after": "2026-12-31",
    "mutation.ratchet": "mutation.baseline.json",
    "mutation.timeouts": "ignored",
    "mutation.jobs": 2,
    "mutation.engine": "fork",
    "mutation.test_timeout": "10s",
    "mutation.memory": "build/mutants.jsonl",
    "quarantine.threshold": 0.3,
    "quarantine.days": 14,
    "quarantine.reruns": 2,
    "quarantine.owner": "the shop team",
}
WRONG: dict[str, list[Any]] = {
    "python": ["3.12", [3.12], [""], {"a": 1}],
    "install": ["-e .", [["-e", "."]], None],
    "pytest_args": ["-q", [1]],
    "reports": ["", 3, ["reports"], True],
    "history": ["history.db", "", 3],
    "flake.runs": [0, -1, 2.0, "many", True, None, [5]],
    "flake.budget": [0, -5, "", "5", "m", "5 minutes", "5m1h", True, inf, nan, "0s", None],
    "flake.order": ["FULL", "", 1, ["full"], None],
    "flake.jobs": [0, True, 1.5, "auto"],
    "flake.engine": ["forked", 0],
    "flake.test_timeout": [0, "1d", False],
    "flake.seed": [-1, 2**32, 1.0, True],
    "flake.threshold": [0.0, 1.0, 5, "5%", nan, True],
    "flake.confidence": [0.0, 1.0, 95, nan],
    "flake.explain": [0, 1, "false", None],
    "flake.explain_budget": ["", 0, "1x"],
    "determinism.ignore": ["sleep", ["slep"], [3]],
    "markers.limit": [-1, "50", True],
    "markers.idle_days": [-1, "60d"],
    "markers.collect": [0, "no"],
    "markers.collect_timeout": [0, "fast"],
    "markers.exclude": ["vendored", [""], [1]],
    "markers.facets": [["billing"], {"componnt": ["billing"]}, {"component": "billing"}],
    "markers.rename": ["slow", ["slowtest", "slow"], {"slowtest": 3}, {"slowtest": ""}],
    "bench.rounds": [0, "20", True],
    "bench.warmup": [-1, 1.5],
    "bench.seconds": [0, "fast"],
    "bench.budget": ["20 minutes", -1],
    "bench.thresholds": [0.1, {"cpu": 0}, {"cpu": "5%"}, {"cpu": True}, {"cpu": inf}, {"fps": 0.1}],
    "bench.limits": [
        "p95 < 200 ms",
        {"*": 0.2},
        {"*": ""},
        {"*": "p95 < 200"},
        {"*": "p95 > 200 ms"},
        {"*": "p90 < 200 ms"},
        {"*": "memory < 200 ms"},
        {"*": "p95 < 0 ms"},
        {"*": "p95 < -1 ms"},
        {"*": f"p95 < 1{'0' * 400} s"},
        {"*": "p95 < 200 ms,"},
        {"*": "p95 < 200 ms, p95 < 300 ms"},
        {"*": ["p95 < 200 ms"]},
        {"": "p95 < 200 ms"},
    ],
    "bench.paths": ["benchmarks", [""], [1]],
    "parallel.workers": [0, "many"],
    "parallel.together": ["class"],
    "parallel.test_timeout": ["0s"],
    "matrix.cells": ["linux-3.12", ["linux"], ["3.12"], ["linux-3"], ["Linux-3.12"], [3.12]],
    "matrix.workflow": ["", ["ci.yml"]],
    "matrix.consistency": [0, 1.01, 95, "95%", True, nan],
    "matrix.pass_rate": [0.0, -0.5, 2, None],
    "matrix.ignore": ["encoding", ["encodings"], [3]],
    "ladder.profile": ["best", 70],
    "ladder.scope": ["src", [""]],
    "ladder.scopes": [["src"], {"unit": []}, {"mutation": "src"}, {"units": "src"}],
    "ladder.markers": ["unit", {"unit": ""}, {"mutation": "slow"}],
    "ladder.paths": [["tests"], {"unit": []}, {"unit": 3}, {"e2e": "tests/e2e"}],
    "ladder.rest": ["mutation", "", 1],
    "ladder.metrics": ["line", {"unit": "lines"}, {"mutation": "line"}],
    "ladder.targets": [0.8, {"unit": 0}, {"unit": 80}, {"unit": "80%"}, {"unit": True}, {"unit": nan}],
    "ladder.levels": ["blocking", {"unit": "blocks"}, {"unit": True}],
    "ladder.blocking_after": ["2026-12-31", {"unit": 3}, {"unit": 0}, {"unit": "soon"}],
    "ladder.timeout": [0, "soon"],
    "ladder.sprint_days": [0, 366, "two weeks", True],
    "ladder.sustained": ["2 sprints", {"unit": "2"}, {"unit": "-1 sprints"}, {"unit": 2}, {"e2e": "1 sprint"}],
    "ladder.tolerance": [0, 1, "1%"],
    "ladder.ratchet_since": ["soon", 3],
    "ladder.new_code": [0, 80, "80%", True],
    "ladder.min_new_lines": [0, 1.5, "ten", True],
    "ladder.contexts": ["yes", 1],
    "ladder.pytest_args": ["-q", [1]],
    "mutation.threshold": [0.0, 1.0, 60, "60%"],
    "mutation.paths": ["src/shop", [""]],
    "mutation.scopes": [["src"], {"a": ""}, {"a": []}, {"a": 3}, {"": "src"}],
    "mutation.scope_thresholds": [0.8, {"a": 80}, {"a": "80%"}],
    "mutation.cap": [0, "50", 1.5, True],
    "mutation.gate": [60, "yes"],
    "mutation.budget": [0, "10", "soon"],
    "mutation.seed": [-1, 2**32, "0"],
    "mutation.mode": ["blocks", False],
    "mutation.blocking_after": ["soon", 0, 1.5, True, "2026-13-01", "2026-12-31T10:00"],
    "mutation.ratchet": ["", 3],
    "mutation.timeouts": ["alive", True],
    "mutation.jobs": [0, "auto"],
    "mutation.engine": ["mutmut", 1],
    "mutation.test_timeout": [0, "1d"],
    "quarantine.threshold": [0.0, 1.0, 20, "20%"],
    "quarantine.days": [0, -1, 3651, "30d", 1.5, True],
    "quarantine.reruns": [-1, 101, "2", True],
    "quarantine.owner": ["", " ", 3, ["a"]],
}


def override(key: str, value: Any) -> Override:
    return Override(key=key, value=value, where=f"--given {key}")


def wrong(root: Path, *overrides: Override) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        config.load(root, overrides)
    return caught.value


def write(root: Path, text: str) -> Path:
    (root / "pyproject.toml").write_text(text, "utf-8")
    return root


def test_a_project_without_configuration_gets_the_defaults(tmp_path: Path) -> None:
    assert config.load(tmp_path) == Settings()
    assert config.load(write(tmp_path, "[project]\nname = 'x'\n")) == Settings()


def test_the_defaults_that_are_documented_are_those_that_hold() -> None:
    defaults = Settings()
    assert defaults.history == DEFAULT_URL
    for setting in config.SETTINGS:
        table = setting.key.rpartition(".")[0]
        owner = getattr(defaults, table) if table else defaults
        held = getattr(owner, setting.field)
        if setting.default == "available cores":
            assert held == config.available_cores()
        elif setting.default == "unset":
            assert held is None
        else:
            documented = config.from_assignment(f"{setting.key}={setting.default}").value
            assert setting.parse(documented) == held


def test_the_choices_are_those_that_the_suite_knows() -> None:
    assert set(config.ORDERS) == {order.value for order in Order}
    assert set(config.ENGINES) == {"auto"} | {engine.value for engine in EngineKind}


def test_every_setting_can_be_given_in_the_file(tmp_path: Path) -> None:
    lines = [config.as_assignment(override(f"tool.noxtasks.{key}", value)) for key, value in GOOD.items()]
    settings = config.load(write(tmp_path, "\n".join(lines)))
    assert settings.python == ("3.12", "pypy3")
    assert settings.install == ("-e .[test]",)
    assert settings.reports == "out/reports"
    flake = settings.flake
    assert (flake.runs, flake.budget_s, flake.order, flake.jobs) == (200, 5400.0, "full", 3)
    assert (flake.engine, flake.test_timeout_s, flake.seed, flake.threshold) == ("fresh", 2.5, 0, 0.07)
    quarantine = settings.quarantine
    assert (quarantine.threshold, quarantine.days, quarantine.reruns) == (0.3, 14, 2)
    assert quarantine.owner == "the shop team"
    mutation = settings.mutation
    assert mutation.scopes == {"billing": ("src/shop/billing",), "rest": ("src/shop/*.py", "src/till")}
    assert (mutation.paths, mutation.cap, mutation.gate, mutation.budget_s) == (("src/shop",), 50, True, 600.0)
    assert (mutation.mode, mutation.blocking_after) == ("advisory", date(2026, 12, 31))


def test_limits_are_seconds_by_metric_and_pattern(tmp_path: Path) -> None:
    limits = config.load(tmp_path, [override("bench.limits", GOOD["bench.limits"])]).bench.limits
    assert limits == {
        "tests/test_api.py::*": {"p95": 0.2, "mean": 0.05},
        "*": {"cpu": pytest.approx(0.0015)},
    }


@given(st.floats(1e-3, 1e6), st.sampled_from([("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)]))
def test_a_limit_is_read_in_every_unit(number: float, unit: tuple[str, float]) -> None:
    assert parsing.limits({"*": f"wall < {number!r} {unit[0]}"}) == {"*": {"wall": pytest.approx(number * unit[1])}}


def test_a_wrong_limit_is_told_with_what_was_expected(tmp_path: Path) -> None:
    write(tmp_path, '[tool.noxtasks.bench.limits]\n"tests/test_a.py::*" = "p95 < 200"\n')
    said = str(wrong(tmp_path))
    assert said.startswith("pyproject.toml: tool.noxtasks.bench.limits: expected ")
    assert '{"tests/test_api.py::*" = "p95 < 200 ms, mean < 50 ms"}' in said
    assert '"p95 < 200"' in said


def test_a_date_of_toml_is_one_too(tmp_path: Path) -> None:
    settings = config.load(write(tmp_path, "[tool.noxtasks.mutation]\nblocking_after = 2026-12-31\n"))
    assert settings.mutation.blocking_after == date(2026, 12, 31)
    settings = config.load(tmp_path, [config.from_assignment("mutation.blocking_after=5")])
    assert settings.mutation.blocking_after == 5


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG.items() for value in values])
def test_a_wrong_value_is_told_with_its_place_and_with_what_was_expected(tmp_path: Path, key: str, value: Any) -> None:
    said = str(wrong(tmp_path, override(key, value)))
    assert said.startswith(f"--given {key}: ")
    expected = next(setting.expects for setting in config.SETTINGS if setting.key == key)
    assert expected in said or "there is no such setting" in said


@given(data=st.data(), wrongs=st.sets(st.sampled_from(sorted(WRONG)), min_size=1))
def test_all_problems_are_told_at_once(data: st.DataObject, wrongs: set[str]) -> None:
    """DESIGN: all configuration problems are reported at once."""
    given_values = [
        override(key, data.draw(st.sampled_from(WRONG[key])) if key in wrongs else GOOD[key]) for key in sorted(WRONG)
    ]
    error = wrong(Path("/nowhere"), *given_values)
    told = error.problems or (error,)
    assert {problem.where.removeprefix("--given ") for problem in told} == wrongs
    assert all(str(problem) in str(error) for problem in told)


def test_problems_of_all_sources_name_their_source(tmp_path: Path) -> None:
    write(tmp_path, "[tool.noxtasks]\nreprots = 'x'\n[tool.noxtasks.flake]\nruns = 'many'\n")
    given_values = [*config.from_keywords({"flake": {"order": "x"}}), config.from_assignment("flake.jobs=0")]
    assert [problem.where for problem in wrong(tmp_path, *given_values).problems] == [
        "pyproject.toml: tool.noxtasks.reprots",
        "pyproject.toml: tool.noxtasks.flake.runs",
        "noxtasks.register(): flake.order",
        "-S flake.jobs",
    ]


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("reprots", "Did you mean reports?"),
        ("flake.rnus", "Did you mean flake.runs?"),
        ("runs", "Did you mean flake.runs?"),
        ("flake.reports", "Did you mean reports?"),
        ("flaek.budget", "Did you mean flake.budget?"),
        ("zzzzzz", "The settings are bench.budget, bench."),
        ("flake.runs.x", "Did you mean flake.runs?"),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest_known_one(tmp_path: Path, key: str, nearest: str) -> None:
    assert nearest in str(wrong(tmp_path, override(key, 1)))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("tool.noxtasks = 3", "tool.noxtasks"),
        ("tool.noxtasks.flake = 'x'", "tool.noxtasks.flake"),
        ("[[tool.noxtasks.flake]]\nruns = 3", "tool.noxtasks.flake"),
    ],
)
def test_a_value_in_place_of_a_table_is_told(tmp_path: Path, text: str, where: str) -> None:
    assert str(wrong(write(tmp_path, text))).startswith(f"pyproject.toml: {where}: expected a table; got ")


def test_a_file_that_is_not_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert "pyproject.toml: this is not TOML" in (said := str(wrong(write(tmp_path, "[project]\nname = \n"))))
    assert "line 2" in said


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[project]\nname = 'm\xfcsli'\n")
    assert str(wrong(tmp_path)) == "pyproject.toml: this is not UTF-8 (at line 2)"


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    assert "pyproject.toml: it cannot be read" in str(wrong(tmp_path))


def test_the_later_source_wins(tmp_path: Path) -> None:
    write(tmp_path, "[tool.noxtasks.flake]\nruns = 7\nseed = 1\n")
    settings = config.load(
        tmp_path, [*config.from_keywords({"flake": {"runs": 8, "seed": 2}}), override("flake.runs", 9)]
    )
    assert (settings.flake.runs, settings.flake.seed) == (9, 2)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k=200", 200),
        ("k = 200 ", 200),
        ("k=full", "full"),
        ("k=10m", "10m"),
        ("k=", ""),
        ("k='a b'", "a b"),
        ('k=["a", "b"]', ["a", "b"]),
        ("k=sqlite:///x.db?a=b", "sqlite:///x.db?a=b"),
        ("k=2024-01-01", "2024-01-01"),
        ("k=1\nother=2", "1\nother=2"),
        ("k=true", True),
        ("k=0.5", 0.5),
    ],
)
def test_an_assignment_takes_toml_values_and_bare_words(text: str, value: Any) -> None:
    assert config.from_assignment(text) == Override(key="k", value=value, where="-S k")


@pytest.mark.parametrize("text", ["flake.runs", "=3", "", "k=[1", "k='a", "k={a"])
def test_an_assignment_that_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"-S"):
        config.from_assignment(text)


values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=values)
def test_an_assignment_that_we_write_reads_as_the_same_value(value: Any) -> None:
    assert config.from_assignment(config.as_assignment(override("k", value))).value == value


def test_a_value_that_toml_does_not_have_cannot_be_written() -> None:
    with pytest.raises(ConfigurationError, match=r"--given k: None"):
        config.as_assignment(override("k", None))


@given(hours=st.integers(0, 99), minutes=st.integers(0, 999), seconds=st.integers(1, 999))
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"))
    text = "".join(f"{number}{unit}" for number, unit in parts if number)
    total = hours * 3600 + minutes * 60 + seconds
    assert config.parse_duration(text) == config.parse_duration(total) == total


@given(text=st.text(string.digits + "hms. -+e"))
def test_a_duration_is_read_as_more_than_nothing_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert 0 < config.parse_duration(text) < inf


def test_cores_are_those_that_this_process_may_use() -> None:
    assert 1 <= config.available_cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "20000 100000\n"}, 1.0),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3.0),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.max": "nonsense"}, None),
        ({}, None),
    ],
)
def test_the_quota_of_the_control_group_counts(tmp_path: Path, files: dict[str, str], cores: float | None) -> None:
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert cgroup_quota(tmp_path) == (cores if cores is not None else float(os.cpu_count() or 1))


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("sqlite:///.noxtasks/history.db", "sqlite:////project/.noxtasks/history.db"),
        ("sqlite:////var/history.db", "sqlite:////var/history.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql://me@db/history", "postgresql://me@db/history"),
    ],
)
def test_a_relative_history_is_found_from_the_root(url: str, resolved: str) -> None:
    assert Settings(history=url).history_url(Path("/project")) == resolved


def test_the_ends_of_a_range_belong_to_it() -> None:
    parse = parsing.whole(1, 5)
    assert [parse(1), parse(5)] == [1, 5]
    for beyond in (0, 6):
        with pytest.raises(ValueError, match=str(beyond)):
            parse(beyond)
