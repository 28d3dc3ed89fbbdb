"""Has pytest-xdist hand out the longest tests first, by what they took before: a plugin that does nothing unless asked.

`pytest -n 4 --noxtasks-schedule` (ini `noxtasks_schedule = true`). What stays together is what `--dist` says: nothing
(`load`, `worksteal`), the tests of a class or module (`loadscope`), of a file (`loadfile`), or with the same mark
`xdist_group` (`loadgroup`). At the end, a worker that has nothing left takes half of what waits at another.

Each session keeps what its tests took in `.noxtasks/durations.json`, as `noxtasks run` does; a test that is not in it
is taken to be as long as the others of its file. Python 3.9+, pytest 7+ and pytest-xdist 3.2+.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import pytest

from . import durations
from .schedule import Schedule, Timed

NAME = "noxtasks-schedule"
_GROUPS = "noxtasks_groups"
_HELD = 2  # tests, at a worker that is to run
_DISTRIBUTIONS = ("load", "worksteal", "loadscope", "loadfile", "loadgroup")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("noxtasks", "noxtasks").addoption(
        "--noxtasks-schedule",
        action="store_true",
        dest="noxtasks_schedule",
        help="keep what tests took, and have pytest-xdist hand out the longest first",
    )
    parser.addini("noxtasks_schedule", "as --noxtasks-schedule", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Join the session that hands tests out, where that is wanted."""
    if config.pluginmanager.hasplugin(NAME):
        return
    told = getattr(config, "workerinput", {}).get(_GROUPS)
    if told is not None:
        config.pluginmanager.register(_Worker(Path(told)), NAME)
    elif config.option.noxtasks_schedule or config.getini("noxtasks_schedule"):
        config.pluginmanager.register(LongestFirst(durations.path_in(Path(str(config.rootpath)))), NAME)


class _Worker:
    """Tells of the groups that marks name: xdist writes them into node ids, which pytest 9.2 no longer lets it do."""

    def __init__(self, told: Path) -> None:
        self._told = told

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write them down before xdist says that the tests are collected."""
        found = {item.nodeid: group for item in session.items for group in [_group(item)] if group}
        whole = self._told.with_suffix(f".{os.getpid()}")
        whole.write_text(json.dumps(found), "utf-8")
        whole.replace(self._told)


def _group(item: pytest.Item) -> str:
    """As xdist names it: all of its marks, in alphabetical order."""
    marks = item.iter_markers("xdist_group")
    return "_".join(sorted({str(mark.args[0] if mark.args else mark.kwargs.get("name", "default")) for mark in marks}))


class LongestFirst:
    """The plugin, which knows the file of durations."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._scratch: Optional[tempfile.TemporaryDirectory[str]] = None
        self._took_s: Dict[str, float] = {}
        self._grouped = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A phase of a test ended."""
        name = named(report.nodeid, grouped=self._grouped)[0]
        self._took_s[name] = self._took_s.get(name, 0.0) + max(0.0, getattr(report, "duration", 0.0))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where to write down its groups, where they are wanted and it runs on this machine."""
        if node.config.getvalue("dist") == "loadgroup" and node.gateway.spec.popen:
            self._scratch = self._scratch or tempfile.TemporaryDirectory(prefix="nx")
            node.workerinput[_GROUPS] = str(Path(self._scratch.name) / "groups.json")

    def _groups(self) -> Dict[str, str]:
        path = Path(self._scratch.name) / "groups.json" if self._scratch is not None else None
        return json.loads(path.read_text("utf-8")) if path is not None and path.exists() else {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Take the place of xdist's own, unless tests are to run on each worker."""
        dist = config.getvalue("dist")
        self._grouped = dist == "loadgroup"
        if dist not in _DISTRIBUTIONS:
            return None
        known_s = durations.read(self._kept)
        return scheduler(config, log, lambda nodeids: timed(nodeids, known_s, dist, self._groups()))

    def pytest_sessionfinish(self) -> None:
        """Keep what the tests took."""
        durations.keep(self._kept, self._took_s)
        if self._scratch is not None:
            self._scratch.cleanup()


def named(nodeid: str, *, grouped: bool) -> Tuple[str, str]:
    """The node id as pytest has it, and the group that xdist has put behind it."""
    if grouped and nodeid.rfind("@") > nodeid.rfind("]"):
        name, _, group = nodeid.rpartition("@")
        return name, group
    return nodeid, ""


def timed(nodeids: Sequence[str], known_s: Dict[str, float], dist: str, groups: Dict[str, str]) -> List[Timed]:
    """What a schedule has to know of the tests that workers have collected; `groups`: by node id, of their marks."""
    found = []
    for nodeid in nodeids:
        name, group = named(nodeid, grouped=dist == "loadgroup")
        file = name.partition("::")[0]
        if dist in ("loadscope", "loadfile"):
            group = file if dist == "loadfile" else name.partition("[")[0].rpartition("::")[0]
        elif dist == "loadgroup":
            group = groups.get(nodeid, group)
        found.append(Timed(file=file, group=group, duration_s=known_s.get(name)))
    return found


def scheduler(config: pytest.Config, log: Any, describe: Callable[[Sequence[str]], List[Timed]]) -> Any:
    """What xdist asks for tests. Its class is made here, since xdist need not be installed."""
    try:
        from xdist.scheduler import WorkStealingScheduling
    except ImportError:
        raise pytest.UsageError("--noxtasks-schedule takes pytest-xdist 3.2 or later") from None

    made: Any = type("LongestFirstScheduling", (_LongestFirst, WorkStealingScheduling), {})(config, log)
    made.describe = describe
    return made


class _LongestFirst:
    """Beside xdist's own, which knows the workers, what they have collected, and what each holds, by place.

    A worker begins a test when it knows the next one, so that it holds two at least: behind a long one, a short one.
    """

    describe: Callable[[Sequence[str]], List[Timed]]
    collection: Any
    node2pending: Dict[Any, List[int]]
    node2collection: Dict[Any, List[str]]
    steal_requested_from_node: Any
    _tests: List[Timed]
    _plan: Optional[Schedule] = None

    @property
    def tests_finished(self) -> bool:
        """Whether the workers hold all that is left."""
        finished: bool = super().tests_finished  # type: ignore[misc]
        return finished and (self._plan is None or self._plan.is_empty())

    @property
    def has_pending(self) -> bool:
        """Whether a test has not ended."""
        return any(self.node2pending.values()) or not (self._plan is None or self._plan.is_empty())

    def schedule(self) -> None:
        """Begin, once all workers have collected; or have one that came later join."""
        xdist: Any = self
        if self.collection is None:
            if not xdist._check_nodes_have_same_collection():
                xdist.log("**Different tests collected, aborting run**")
                return
            self.collection = next(iter(self.node2collection.values()))
            self._tests = self.describe(self.collection)
            self._plan = Schedule(self._tests, max(1, len(self.node2pending)))
        self.check_schedule()

    def mark_test_pending(self, item: str) -> None:
        """Have a test run again."""
        self._take_back([self.collection.index(item)])

    def remove_pending_tests_from_node(self, node: Any, indices: Sequence[int]) -> None:
        """Take what a worker was asked for and has given up."""
        self.steal_requested_from_node = None
        taken = set(indices)
        self.node2pending[node] = [place for place in self.node2pending[node] if place not in taken]
        self._take_back(indices)

    def remove_node(self, node: Any) -> Optional[str]:
        """Let a worker go; the test that it was in, where it has died."""
        pending = self.node2pending.pop(node)
        if self.steal_requested_from_node is node:
            self.steal_requested_from_node = None
        self._take_back(pending[1:])
        return self.collection[pending[0]] if pending else None

    def _take_back(self, places: Sequence[int]) -> None:
        if self._plan is not None:
            self._plan.give_back(places)
        self.check_schedule()

    def check_schedule(self) -> None:
        """Give each worker what it lacks."""
        if self._plan is None:
            return
        up = [node for node in self.node2pending if not node.shutting_down]
        for wanted in (1, _HELD):
            for node in up:
                self._fill(self._plan, node, wanted)
        idle = [node for node in up if len(self.node2pending[node]) < _HELD]
        if not idle or self.steal_requested_from_node is not None:
            return
        victim = max(up, key=lambda node: len(self._stealable(node)))
        places = self._stealable(victim)
        if places:
            self.steal_requested_from_node = victim
            victim.send_steal(places)
        else:
            for node in idle:
                node.shutdown()  # it runs what it holds, without a next one

    def _fill(self, plan: Schedule, node: Any, wanted: int) -> None:
        pending, name = self.node2pending[node], node.gateway.id
        while len(pending) < wanted:
            chunk = plan.take_short(name) if pending else plan.take(name)
            if not chunk:
                return
            pending.extend(chunk)
            node.send_runtest_some(chunk)

    def _stealable(self, node: Any) -> List[int]:
        """The second half of what waits at a worker and does not have to stay together."""
        waiting = [place for place in self.node2pending[node][_HELD:] if not self._tests[place].group]
        return waiting[len(waiting) // 2 :]
