"""Settings that are meant for one session are out of action in a hundred, wherever they come from."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.probe.noxtasks_probe import protocol, quarantine, taming
from noxtasks.suite.launch import PROBE_FOLDER

HARMFUL = {
    "maxfail": 1,
    "numprocesses": 4,
    "dist": "load",
    "tx": ["4*popen"],
    "usepdb": True,
    "xmlpath": "out.xml",
    "stepwise": True,
    "lf": True,
    "collectonly": True,
    "randomly_reorganize": True,
}


@given(st.sets(st.sampled_from(sorted(HARMFUL))))
def test_only_the_options_that_are_there_are_settled_and_the_users_others_stay(given_options: set[str]) -> None:
    option = argparse.Namespace(keyword="not slow", **{name: HARMFUL[name] for name in given_options})
    taming.settle(SimpleNamespace(option=option))  # type: ignore[arg-type] # all that it uses of a Config
    assert vars(option).keys() == {"keyword", *given_options}
    assert option.keyword == "not slow"
    assert not any(vars(option)[name] for name in given_options - {"dist"})
    assert getattr(option, "dist", "no") == "no"


@pytest.mark.parametrize("has_plugin", [True, False])
def test_coverage_is_told_not_to_measure_where_it_is_installed(has_plugin: bool) -> None:
    known = argparse.Namespace()
    config: Any = SimpleNamespace(
        pluginmanager=SimpleNamespace(hasplugin=lambda name: has_plugin and name == "pytest_cov"),
        known_args_namespace=known,
    )
    args: list[str] = []
    taming.before_conftests(config, args)
    assert (args, vars(known)) == ((["--no-cov"], {"no_cov": True}) if has_plugin else ([], {}))


RUNS_AFTER_THE_FAILURE = """
import sys
sys.path.insert(0, {folder!r})
from hypothesis import given, settings, strategies
from noxtasks_probe import taming

{call}
runs = []

@settings(derandomize=True, database=None)
@given(strategies.lists(strategies.integers(), min_size=1))
def test_sum(numbers):
    runs.append(sum(numbers) < 1000)
    assert runs[-1]

try:
    test_sum()
except AssertionError:
    print(len(runs) - runs.index(False))
"""


def test_hypothesis_tells_a_failure_as_it_was_found_where_it_need_not_be_smaller() -> None:
    """To make an example smaller takes many more runs of a test than passing does, and a trial its time limit."""

    def runs(call: str) -> int:
        code = RUNS_AFTER_THE_FAILURE.format(folder=str(PROBE_FOLDER), call=call)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert runs("taming.leave_failures_large()") < 15 < runs("")


class Reporter:
    """A plugin that only reports to people."""

    def __init__(self, heard: Callable[[str], None], name: str) -> None:
        self._heard, self._name = heard, name

    def pytest_runtest_logstart(self) -> None:
        self._heard(self._name)

    def pytest_warning_recorded(self) -> None:
        self._heard(f"{self._name} warned")


def test_reporters_to_people_are_spared_the_telling_of_each_test() -> None:
    heard: list[str] = []
    manager = pytest.PytestPluginManager()
    manager.register(Reporter(heard.append, "terminal"), "terminalreporter")
    manager.register(Reporter(heard.append, "another"), "another")
    taming.silence(SimpleNamespace(pluginmanager=manager))  # type: ignore[arg-type] # all that it uses of a Config
    manager.hook.pytest_runtest_logstart(nodeid="a", location=("a", 0, "a"))
    manager.hook.pytest_warning_recorded.call_historic(
        kwargs={"warning_message": None, "when": "runtest", "nodeid": "a", "location": None}
    )
    assert heard == ["another", "another warned", "terminal warned"]


def test_the_quarantine_keeps_no_test_from_doing_without_reports() -> None:
    manager = pytest.PytestPluginManager()
    manager.register(quarantine.Quarantine(date.min), quarantine.NAME)
    hooks = [getattr(manager.hook, name) for name in protocol._CONTENT]
    assert any(hook.get_hookimpls() for hook in hooks)
    taming.silence(SimpleNamespace(pluginmanager=manager))  # type: ignore[arg-type] # all that it uses of a Config
    assert not any(hook.get_hookimpls() for hook in hooks)
