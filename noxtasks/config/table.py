"""Every setting: its key, what it expects, its default and its meaning. README's table is this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from noxtasks.config import parsing

ORDERS = ("buckets", "full", "collected")
ENGINES = ("auto", "fork", "fresh")
TIMEOUTS = ("killed", "survived", "ignored")
MODES = ("blocking", "advisory")
KINDS = (
    "randomness", "clock", "sleep", "set-order", "listing", "network", "port", "shared-path", "environment",
    "shared-state", "thread", "hash", "locale",
)  # fmt: skip
BREAKS = (
    "separator", "fixed-path", "file-name", "letter-case", "rename", "open-file", "encoding", "newline", "strftime",
    "locale", "system-call", "platform-name", "shell", "mode-bits",
)  # fmt: skip
METRICS = ("cpu", "wall", "instructions", "mean", "p50", "p95", "p99", "memory")
TOGETHER = ("test", "scope", "file")
DISTRIBUTIONS = ("ours", "load", "worksteal", "loadscope", "loadfile", "loadgroup")
FACETS = ("level", "type", "quality", "component", "governance", "execution")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as users write it. `parse` raises `ValueError` for what it does not expect."""

    key: str
    field: str  # its name in `Settings` or in the table's values, with the unit
    parse: Callable[[Any], Any]
    expects: str
    default: str
    meaning: str


_DURATIONS = 'a duration such as "90s", "10m", "1h30m", or a number of seconds, more than 0'
_RATES = "a number between 0 and 1, such as 0.05"
_TEXTS = 'a list of strings, such as ["…"]'
_MOST = 2**31 - 1

SETTINGS = (
    Setting(
        key="python",
        field="python",
        parse=parsing.texts,
        expects='a list of strings, such as ["3.12", "3.13"]',
        default="[]",
        meaning="Interpreters to run each session on; without any, the one that runs nox.",
    ),
    Setting(
        key="install",
        field="install",
        parse=parsing.texts,
        expects='a list of strings, such as ["-e .", "-r requirements-test.txt"]',
        default="[]",
        meaning="What `pip install` gets so that the suite can run, one string per call; without any, it is found.",
    ),
    Setting(
        key="pytest_args",
        field="pytest_args",
        parse=parsing.texts,
        expects=_TEXTS,
        default="[]",
        meaning="Arguments for every pytest that is started.",
    ),
    Setting(
        key="project",
        field="project",
        parse=parsing.text,
        expects="a name",
        default="unset",
        meaning="The project's name in the history, unique in its database; unset: the name of its folder.",
    ),
    Setting(
        key="reports",
        field="reports",
        parse=parsing.text,
        expects="the path of a folder",
        default='"reports"',
        meaning="The folder for the artifacts, from the project's root.",
    ),
    Setting(
        key="history",
        field="history",
        parse=parsing.url,
        expects='the URL of a database, such as "sqlite:///.noxtasks/history.db"',
        default='"sqlite:///.noxtasks/history.db"',
        meaning="The database of all outcomes; a relative SQLite path starts at the project's root.",
    ),
    Setting(
        key="flake.runs",
        field="runs",
        parse=parsing.whole(1, _MOST),
        expects="a whole number of runs, at least 1",
        default="unset",
        meaning="How often the suite runs; unset: as often as the budget allows, at least 5 and at most 100 times.",
    ),
    Setting(
        key="flake.budget",
        field="budget_s",
        parse=parsing.duration,
        expects=_DURATIONS,
        default='"5m"',
        meaning="How long the runs may take together, where `runs` is unset.",
    ),
    Setting(
        key="flake.order",
        field="order",
        parse=parsing.choice(*ORDERS),
        expects='"buckets", "full" or "collected"',
        default='"buckets"',
        meaning="Shuffle modules, classes and the tests within them; or all tests; or nothing.",
    ),
    Setting(
        key="flake.jobs",
        field="jobs",
        parse=parsing.whole(1, _MOST),
        expects="a whole number of runs, at least 1",
        default="available cores",
        meaning="How many runs go on at the same time.",
    ),
    Setting(
        key="flake.engine",
        field="engine",
        parse=parsing.choice(*ENGINES),
        expects='"auto", "fork" or "fresh"',
        default='"auto"',
        meaning="Fork each run from one process that has collected, or start one for each; auto: fork where safe.",
    ),
    Setting(
        key="flake.test_timeout",
        field="test_timeout_s",
        parse=parsing.duration,
        expects=_DURATIONS,
        default='"60s"',
        meaning="How long one test may take at most; one that was always quick counts as hanging sooner.",
    ),
    Setting(
        key="flake.seed",
        field="seed",
        parse=parsing.whole(0, 2**32 - 1),
        expects="a whole number from 0 to 4294967295",
        default="unset",
        meaning="The seed that those of all runs come from; unset: another one each time.",
    ),
    Setting(
        key="flake.threshold",
        field="threshold",
        parse=parsing.rate,
        expects=_RATES,
        default="0.05",
        meaning="The flake rate that each test has to stay under.",
    ),
    Setting(
        key="flake.confidence",
        field="confidence",
        parse=parsing.rate,
        expects=_RATES,
        default="0.95",
        meaning="The confidence of every interval.",
    ),
    Setting(
        key="flake.explain",
        field="explain",
        parse=parsing.flag,
        expects="true or false",
        default="true",
        meaning="Find the cause of each flaky test by experiments, and provoke what no run has shown to be flaky.",
    ),
    Setting(
        key="flake.explain_budget",
        field="explain_budget_s",
        parse=parsing.duration,
        expects=_DURATIONS,
        default='"2m"',
        meaning="How long the experiments may take, of flaky tests and again of provoked ones.",
    ),
    Setting(
        key="quarantine.threshold",
        field="threshold",
        parse=parsing.rate,
        expects=_RATES,
        default="0.2",
        meaning="A test goes into quarantine when the lower bound of its flake rate is above.",
    ),
    Setting(
        key="quarantine.days",
        field="days",
        parse=parsing.whole(1, 3650),
        expects="a whole number of days, from 1 to 3650",
        default="30",
        meaning="How long a quarantine lasts; after that, failures count again and the gate fails.",
    ),
    Setting(
        key="quarantine.reruns",
        field="reruns",
        parse=parsing.whole(0, 100),
        expects="a whole number from 0 to 100",
        default="0",
        meaning="How often pytest-rerunfailures runs a test in quarantine again when it fails.",
    ),
    Setting(
        key="quarantine.owner",
        field="owner",
        parse=parsing.text,
        expects="a name",
        default="unset",
        meaning="Who looks after the tests in quarantine; unset: whom git names as the user.",
    ),
    Setting(
        key="determinism.ignore",
        field="ignore",
        parse=parsing.choices(*KINDS),
        expects=f"a list of kinds of findings, of {', '.join(KINDS)}",
        default="[]",
        meaning="Kinds of findings that the audit does not tell, such as `sleep`.",
    ),
    Setting(
        key="markers.limit",
        field="limit",
        parse=parsing.whole(0, _MOST),
        expects="a whole number of markers",
        default="50",
        meaning="How many markers the consolidated set should have at most.",
    ),
    Setting(
        key="markers.idle_days",
        field="idle_days",
        parse=parsing.whole(0, _MOST),
        expects="a whole number of days",
        default="60",
        meaning="How long a marker has to be without use before it is removed, where git knows its age.",
    ),
    Setting(
        key="markers.collect",
        field="collect",
        parse=parsing.flag,
        expects="true or false",
        default="true",
        meaning="Let pytest collect, to see which tests carry which markers; without, the files alone are read.",
    ),
    Setting(
        key="markers.collect_timeout",
        field="collect_timeout_s",
        parse=parsing.duration,
        expects=_DURATIONS,
        default='"2m"',
        meaning="How long a collection may take; what was not seen until then is read from the files alone.",
    ),
    Setting(
        key="markers.exclude",
        field="exclude",
        parse=parsing.texts,
        expects='a list of folders or files, such as ["vendored"]',
        default="[]",
        meaning="What is no part of the project and says nothing of its markers, by paths from its root.",
    ),
    Setting(
        key="markers.facets",
        field="facets",
        parse=parsing.groups(*FACETS),
        expects=f'a table of lists of markers by facet, of {", ".join(FACETS)}: {{component = ["billing"]}}',
        default="{}",
        meaning="Markers of the project's own, and the facet of the taxonomy that each belongs to.",
    ),
    Setting(
        key="markers.rename",
        field="rename",
        parse=parsing.names,
        expects='a table of new names by old ones: {slowtest = "slow"}',
        default="{}",
        meaning="Markers that `noxtasks markers --apply` renames, or merges into another.",
    ),
    Setting(
        key="bench.rounds",
        field="rounds",
        parse=parsing.whole(1, _MOST),
        expects="a whole number of rounds, at least 1",
        default="10",
        meaning="How often each benchmark is timed in each process, at least.",
    ),
    Setting(
        key="bench.warmup",
        field="warmup",
        parse=parsing.whole(0, _MOST),
        expects="a whole number of rounds",
        default="2",
        meaning="How many rounds go before that are not timed.",
    ),
    Setting(
        key="bench.seconds",
        field="seconds_s",
        parse=parsing.duration,
        expects=_DURATIONS,
        default="0.05",
        meaning="How long each benchmark is timed in each process, at least.",
    ),
    Setting(
        key="bench.budget",
        field="budget_s",
        parse=parsing.duration,
        expects=_DURATIONS,
        default='"10m"',
        meaning="How long both sides may run; what is not decided then is unmeasured.",
    ),
    Setting(
        key="bench.thresholds",
        field="thresholds",
        parse=parsing.shares(*METRICS),
        expects=f"a table of numbers above 0, by metric, of {', '.join(METRICS)}: {{cpu = 0.05}}",
        default="{}",
        meaning="By how much slower or larger it may become; the defaults are 5, 10, 1, 10, 15, 20, 25 and 25 %.",
    ),
    Setting(
        key="bench.limits",
        field="limits",
        parse=parsing.limits,
        expects="a table of limits by pattern of test id, such as "
        '{"tests/test_api.py::*" = "p95 < 200 ms, mean < 50 ms"}, '
        f"with a metric of {', '.join(parsing.LIMITED)}, and ns, us, ms or s",
        default="{}",
        meaning="What benchmarks may take, by pattern of test id, whatever they took before.",
    ),
    Setting(
        key="bench.paths",
        field="paths",
        parse=parsing.texts,
        expects='a list of files or folders, such as ["benchmarks"]',
        default="[]",
        meaning="Where the benchmarks are, by paths from the root; without any, where pytest looks by itself.",
    ),
    Setting(
        key="parallel.workers",
        field="workers",
        parse=parsing.whole(1, _MOST),
        expects="a whole number of workers, at least 1",
        default="available cores",
        meaning="How many processes `noxtasks run` has run the tests.",
    ),
    Setting(
        key="parallel.together",
        field="together",
        parse=parsing.choice(*TOGETHER),
        expects='"test", "scope" or "file"',
        default='"test"',
        meaning="What one worker runs as a whole: nothing but `xdist_group` marks, classes and modules, or files.",
    ),
    Setting(
        key="parallel.test_timeout",
        field="test_timeout_s",
        parse=parsing.duration,
        expects=_DURATIONS,
        default='"10m"',
        meaning="How long a test of `noxtasks run` may take before its worker is taken to hang.",
    ),
    Setting(
        key="parallel.budget",
        field="budget_s",
        parse=parsing.duration,
        expects=_DURATIONS,
        default='"5m"',
        meaning="How long `noxtasks parallel` may run the suite, one way and another.",
    ),
    Setting(
        key="parallel.speedup",
        field="speedup",
        parse=parsing.factor,
        expects="a number of at least 1, such as 3.0",
        default="3.0",
        meaning="How many times as fast the suite has to be in parallel, where the limit allows it; else 0.8 of that.",
    ),
    Setting(
        key="parallel.flake_increase",
        field="flake_increase",
        parse=parsing.rate,
        expects=_RATES,
        default="0.02",
        meaning="By which share more of the results may fail in parallel than do one after the other.",
    ),
    Setting(
        key="matrix.cells",
        field="cells",
        parse=parsing.cells,
        expects='a list of systems and interpreters, such as ["linux-3.12", "macos-arm64-3.13", "linux-pypy-3.10"]',
        default="[]",
        meaning="The cells that have to have a record, by system and interpreter.",
    ),
    Setting(
        key="matrix.workflow",
        field="workflow",
        parse=parsing.text,
        expects='the path of a GitHub workflow, such as ".github/workflows/ci.yml"',
        default="unset",
        meaning="A workflow with a matrix of systems and interpreters, whose cells have to have a record, too.",
    ),
    Setting(
        key="matrix.consistency",
        field="consistency",
        parse=parsing.least_share,
        expects="a number above 0, and at most 1, such as 0.95",
        default="0.95",
        meaning="The share of tests that have to end alike in every cell where they are meant to run.",
    ),
    Setting(
        key="matrix.pass_rate",
        field="pass_rate",
        parse=parsing.least_share,
        expects="a number above 0, and at most 1, such as 0.95",
        default="0.95",
        meaning="The share of the tests that ran that has to pass in each cell.",
    ),
    Setting(
        key="matrix.ignore",
        field="ignore",
        parse=parsing.choices(*BREAKS),
        expects=f"a list of kinds of findings, of {', '.join(BREAKS)}",
        default="[]",
        meaning="Kinds of findings that `noxtasks matrix lint` does not tell, such as `encoding`.",
    ),
    Setting(
        key="mutation.threshold",
        field="threshold",
        parse=parsing.rate,
        expects=_RATES,
        default="0.6",
        meaning="The share of mutants that the tests have to kill.",
    ),
    Setting(
        key="mutation.paths",
        field="paths",
        parse=parsing.texts,
        expects='a list of files or folders, such as ["src/shop"]',
        default="[]",
        meaning="The sources to mutate, by paths from the project's root; without any, they are found.",
    ),
    Setting(
        key="mutation.scopes",
        field="scopes",
        parse=parsing.named_texts,
        expects='a table of files, folders or globs by name: {billing = "src/shop/billing", rest = ["src/shop/*"]}',
        default="{}",
        meaning="Parts of the sources that have to reach the threshold each; with any, nothing else is mutated.",
    ),
    Setting(
        key="mutation.scope_thresholds",
        field="scope_thresholds",
        parse=parsing.rates,
        expects="a table of numbers between 0 and 1 by scope: {billing = 0.8}",
        default="{}",
        meaning="Other thresholds than `mutation.threshold`, of some scopes.",
    ),
    Setting(
        key="mutation.cap",
        field="cap",
        parse=parsing.whole(1, _MOST),
        expects="a whole number of mutants, at least 1",
        default="unset",
        meaning="How many mutants are tried at most, a sample by function and operator; unset: all.",
    ),
    Setting(
        key="mutation.gate",
        field="gate",
        parse=parsing.flag,
        expects="true or false",
        default="false",
        meaning="Try mutants in random order, and stop as soon as the verdict is certain.",
    ),
    Setting(
        key="mutation.budget",
        field="budget_s",
        parse=parsing.duration,
        expects=_DURATIONS,
        default="unset",
        meaning="How long the whole may take; what was tried until then is told with its interval.",
    ),
    Setting(
        key="mutation.seed",
        field="seed",
        parse=parsing.whole(0, 2**32 - 1),
        expects="a whole number from 0 to 4294967295",
        default="0",
        meaning="The seed of samples and random orders of mutants.",
    ),
    Setting(
        key="mutation.mode",
        field="mode",
        parse=parsing.choice(*MODES),
        expects='"blocking" or "advisory"',
        default='"blocking"',
        meaning="Whether the verdict decides the exit status, or is only told.",
    ),
    Setting(
        key="mutation.blocking_after",
        field="blocking_after",
        parse=parsing.day_or_whole(1, _MOST),
        expects='a date such as "2026-12-31", or a whole number of scans, at least 1',
        default="unset",
        meaning="The last day on which the verdict is advisory, or how many scans of `events.jsonl` it is.",
    ),
    Setting(
        key="mutation.ratchet",
        field="ratchet",
        parse=parsing.text,
        expects="the path of a file",
        default="unset",
        meaning="A kept `mutation.initial.report.json`: mutants that live and did not in it fail the gate.",
    ),
    Setting(
        key="mutation.timeouts",
        field="timeouts",
        parse=parsing.choice(*TIMEOUTS),
        expects='"killed", "survived" or "ignored"',
        default='"killed"',
        meaning="What a mutant counts as on which the tests never end.",
    ),
    Setting(
        key="mutation.jobs",
        field="jobs",
        parse=parsing.whole(1, _MOST),
        expects="a whole number of mutants, at least 1",
        default="available cores",
        meaning="How many mutants are tried at the same time.",
    ),
    Setting(
        key="mutation.engine",
        field="engine",
        parse=parsing.choice(*ENGINES),
        expects='"auto", "fork" or "fresh"',
        default='"auto"',
        meaning="Try mutants in forks of one process that has collected, or each in its own; auto: fork where safe.",
    ),
    Setting(
        key="mutation.test_timeout",
        field="test_timeout_s",
        parse=parsing.duration,
        expects=_DURATIONS,
        default='"60s"',
        meaning="How long one test may take at most, whatever the mutant.",
    ),
    Setting(
        key="mutation.memory",
        field="memory",
        parse=parsing.text,
        expects="the path of a file",
        default='".noxtasks/mutation.memory.jsonl"',
        meaning="The file of what scans have found, from the project's root; CI may keep it and share it.",
    ),
)

BY_KEY = {setting.key: setting for setting in SETTINGS}
TABLES = {key.rpartition(".")[0] for key in BY_KEY} - {""}
