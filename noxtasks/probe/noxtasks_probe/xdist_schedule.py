"""Has pytest-xdist hand out the longest tests first, by what they took before: a plugin that does nothing unless asked.

`pytest -n 4 --noxtasks-schedule` (ini `noxtasks_schedule = true`). What stays together is what `--dist` says: nothing
(`load`, `worksteal`), the tests of a class or module (`loadscope`), of a file (`loadfile`), or with the same mark
`xdist_group` (`loadgroup`). At the end, a worker that has nothing left takes half of what waits at another.

Each session keeps what its tests took in `.noxtasks/durations.json`, as `noxtasks run` does; a test that is not in it
is taken to be as long as the others of its file. Python 3.9+, pytest 7+ and pytest-xdist 3.2+.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import pytest

from . import durations
from .schedule import Schedule, Timed

NAME = "noxtasks-schedule"
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
    wanted = config.option.noxtasks_schedule or config.getini("noxtasks_schedule")
    if wanted and not hasattr(config, "workerinput") and not config.pluginmanager.hasplugin(NAME):
        config.pluginmanager.register(LongestFirst(durations.path_in(Path(str(config.rootpath)))), NAME)


class LongestFirst:
    """The plugin, which knows the file of durations."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._took_s: Dict[str, float] = {}
        self._grouped = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A phase of a test ended."""
        name = named(report.nodeid, grouped=self._grouped)[0]
        self._took_s[name] = self._took_s.get(name, 0.0) + max(0.0, getattr(report, "duration", 0.0))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Take the place of xdist's own, unless tests are to run on each worker."""
        dist = config.getvalue("dist")
        self._grouped = dist == "loadgroup"
        return scheduler(config, log, durations.read(self._kept), dist) if dist in _DISTRIBUTIONS else None

    def pytest_sessionfinish(self) -> None:
        """Keep what the tests took."""
        durations.keep(self._kept, self._took_s)


def named(nodeid: str, *, grouped: bool) -> Tuple[str, str]:
    """The node id as pytest has it, and the group that xdist has put behind it."""
    if grouped and nodeid.rfind("@") > nodeid.rfind("]"):
        name, _, group = nodeid.rpartition("@")
        return name, group
    return nodeid, ""


def timed(nodeids: Sequence[str], known_s: Dict[str, float], dist: str) -> List[Timed]:
    """What a schedule has to know of the tests that workers have collected."""
    found = []
    for nodeid in nodeids:
        name, group = named(nodeid, grouped=dist == "loadgroup")
        file = name.partition("::")[0]
        if dist in ("loadscope", "loadfile"):
            group = file if dist == "loadfile" else name.partition("[")[0].rpartition("::")[0]
        found.append(Timed(file=file, group=group, duration_s=known_s.get(name)))
    return found


def scheduler(config: pytest.Config, log: Any, known_s: Dict[str, float], dist: str) -> Any:
    """What xdist asks for tests. It is made here, since xdist may not be installed."""
    from xdist.scheduler import WorkStealingScheduling

    class LongestFirstScheduling(WorkStealingScheduling):  # type: ignore[misc,unused-ignore] # Any, where xdist is not there
        """A worker of xdist begins a test when it knows the next one, so that it holds two: a long one, then short."""

        def __init__(self) -> None:
            super().__init__(config, log)
            self._tests: List[Timed] = []
            self._plan: Optional[Schedule] = None

        @property
        def tests_finished(self) -> bool:
            return super().tests_finished and not self._has_more()

        @property
        def has_pending(self) -> bool:
            return super().has_pending or self._has_more()

        def _has_more(self) -> bool:
            return self._plan is not None and not self._plan.is_empty()

        def schedule(self) -> None:
            """Begin, once all workers have collected; or have one that came later join."""
            if self.collection is None:
                if not self._check_nodes_have_same_collection():
                    self.log("**Different tests collected, aborting run**")
                    return
                self.collection = next(iter(self.node2collection.values()))
                self._tests = timed(self.collection, known_s, dist)
                self._plan = Schedule(self._tests, max(1, len(self.nodes)))
            self.check_schedule()

        def mark_test_pending(self, item: str) -> None:
            assert self.collection is not None and self._plan is not None
            self._plan.give_back([self.collection.index(item)])
            self.check_schedule()

        def remove_pending_tests_from_node(self, node: Any, indices: Sequence[int]) -> None:
            """Take what a worker has given up."""
            assert self._plan is not None
            super().remove_pending_tests_from_node(node, [])
            taken = set(indices)
            self.node2pending[node] = [place for place in self.node2pending[node] if place not in taken]
            self._plan.give_back(list(indices))
            self.check_schedule()

        def remove_node(self, node: Any) -> Optional[str]:
            """Let a worker go; the test that it was in, where it has died."""
            pending = self.node2pending.pop(node)
            if self.steal_requested_from_node is node:
                self.steal_requested_from_node = None
            if self._plan is not None:
                self._plan.give_back(pending[1:])
            self.check_schedule()
            return self.collection[pending[0]] if pending and self.collection else None

        def check_schedule(self) -> None:
            """Give each worker what it lacks."""
            if self._plan is None:
                return
            up = [node for node in self.nodes if not node.shutting_down]
            for wanted in (1, 2):
                for node in up:
                    self._fill(node, wanted)
            idle = [node for node in up if len(self.node2pending[node]) < 2]
            if not idle or self.steal_requested_from_node is not None:
                return
            victim, places = max(
                ((node, self._stealable(node)) for node in up), key=lambda each: len(each[1]), default=(None, [])
            )
            if places:
                self.steal_requested_from_node = victim
                victim.send_steal(places)
            else:
                for node in idle:
                    node.shutdown()  # it runs what it holds, without a next one

        def _fill(self, node: Any, wanted: int) -> None:
            assert self._plan is not None
            pending, name = self.node2pending[node], node.gateway.id
            while len(pending) < wanted:
                chunk = self._plan.take(name) if not pending else self._plan.take_short(name)
                if not chunk:
                    return
                pending.extend(chunk)
                node.send_runtest_some(chunk)

        def _stealable(self, node: Any) -> List[int]:
            """The second half of what waits at a worker and does not have to stay together."""
            waiting = [place for place in self.node2pending[node][2:] if not self._tests[place].group]
            return waiting[len(waiting) // 2 :]

    return LongestFirstScheduling()
