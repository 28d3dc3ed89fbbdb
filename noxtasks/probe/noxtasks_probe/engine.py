"""What this process does for an engine: collect, and then end, serve runs by forking, or carry out one and end.

The task file (JSON) holds `mode` ("collect", "mark", "fork", "cold" or "fresh") and

- for "mark": `expressions`, pairs of an option and its value (see `marking`).
- for "fork": `commands` and `events`, two inherited descriptors. After collection the process reads one run a line
  from `commands`, forks a child for each, and tells on `events` what became of it.
- for "cold": the same; the children are forked before anything of the user's is imported, and do that themselves. Those
  whose run has `at`, the name of a function with mutants, are forked when that is about to run for the first time. Runs
  that begin at the same place come together, and the places in the order in which the process meets them.
- for "fresh": `run`, the one run to carry out.

A run holds: `wire` (the file its frames go to), `folder` (its own temporary folder), `dump` (where stacks are written),
`output` (where a child of a cold process writes what it prints), `seed`, `order`, `tests` (their names in the order to
run, or null for all, ordered by `order` and `seed`), `worker` (null, or the name of this one among several at once),
`workers`, `known` (fingerprints already rendered), `circumstances` (see `circumstances`), `observed` (the tests whose
traces are to be told), `leaks` (whether to look for what each test leaves open), `mutant` (the one that is active, or
""), `stops` (at the first failure), `at` (see "cold"), `only` (whether nothing but `tests` is to be collected),
`shared` (a temporary folder that it has with other runs, or ""), `footprints` (whether to tell what each test uses of
what processes share), `meeting` (null, or what is to be used at the same time as another run: see `meeting`),
and `bench` (null, or how benchmarks are to be timed: see `benching`).
"""

from __future__ import annotations

import functools
import json
import os
import platform
import sys
import threading
from collections.abc import Callable, Generator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from . import benching, circumstances, forking, installed, isolation, ordering, quarantine, seeding, taming
from .collecting import CollectionWatch
from .frames import VERSION, Real, Wire
from .leaks import LeakWatch
from .marking import MarkWatch
from .mutants import CallWatch, activate
from .naming import names
from .processes import adopt_orphans, cut_off_by_a_fork
from .protocol import Protocol
from .recording import FailureNotes
from .running import Relay, Runner
from .selecting import Selection
from .touching import TouchWatch


def from_task(wire: Wire, task_path: str, mutated: list[str]) -> Engine:
    """The plugin that carries out the task at `task_path` and tells of it over `wire`.

    `mutated` are the packages and modules of the project that hold mutants.
    """
    task: dict[str, Any] = json.loads(Path(task_path).read_text("utf-8"))
    return Engine(wire, task, mutated)


class Engine:
    """Takes pytest over between collection and the end of the session."""

    def __init__(self, wire: Wire, task: dict[str, Any], mutated: list[str]) -> None:
        self._wire = wire
        self._task = task
        self._calls = CallWatch(mutated) if mutated else None
        self._touched = TouchWatch(os.getcwd()) if mutated else None
        self._watch = CollectionWatch(
            lambda path: wire.send("importing", path=path), names_deselected=task["mode"] == "collect"
        )
        self._marks: MarkWatch | None = None
        self._told = 0
        self._items: dict[str, pytest.Item] = {}
        self._places: dict[int, int] = {}  # id of an item -> its place in the order of collection
        self._sequential: set[str] = set()
        self._seeders: list[seeding.Seeder] = []
        self._is_child = False  # of a cold process
        self._selection = Selection()
        self._notes = FailureNotes([], quick=True)
        self._relay = Relay()
        self._config: Any = None
        self._service: forking.Service | None = None  # of a cold process, as long as it goes on

    def watch(self, manager: pytest.PytestPluginManager) -> None:
        """Watch the collection from before the first file of the user is imported."""
        manager.register(self._watch, "noxtasks-collecting")
        manager.register(self._selection, "noxtasks-selecting")
        if self._calls is not None:
            manager.register(self._calls, "noxtasks-mutants")
        if self._task["mode"] == "mark":
            expressions = [(option, value) for option, value in self._task["expressions"]]
            self._marks = MarkWatch(self._wire, expressions, self._watch.record_own_failure)
            manager.register(self._marks, "noxtasks-marking")

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: pytest.Config, args: list[str]) -> Generator[None, Any, None]:
        """Introduce this process, and put out of action what starts early."""
        taming.before_conftests(early_config, args)
        if self._task.get("run", {}).get("bench") is not None:
            benching.before_conftests(args)
        self._wire.send("hello", version=VERSION, **_environment())
        self._config = early_config
        if self._task["mode"] == "cold":
            self._serve_cold()
        elif self._task.get("run", {}).get("only"):
            self._selection.limit(self._task["run"]["tests"])
        yield
        self._tell_problems()

    def _serve_cold(self) -> None:
        """Come back in a child, as a process that was started for its run alone; or in this one, to go on by itself."""
        ran = self._calls.seen() if self._calls is not None else []
        self._wire.send("collected", tests=[], threads=cut_off_by_a_fork(), rootdir="", ran=ran)
        self._seeders = seeding.seeders()
        self._service = forking.Service(self._task["commands"], self._task["events"])
        if self._calls is not None:
            self._calls.stop_before(self._pause)
        self._stand_at("", self._service)

    def _pause(self, function: str) -> None:
        service = self._service
        if service is None or function != service.next_place:
            return
        if _can_stop():
            self._stand_at(function, service)
        else:
            service.refuse(function)

    def _stand_at(self, place: str, service: forking.Service) -> None:
        run = service.hand_over(place)
        if run is None:
            return
        self._service, self._is_child = None, True
        if self._calls is not None:
            self._calls.stop_no_more()
        self._task = {"mode": "fresh", "run": run}
        self._wire = Wire.to_file(run["wire"])
        if place:
            isolation.dump_on_request(run["dump"])
            isolation.own_temporary_folder(self._config, run["folder"])
            isolation.own_output(self._config, forked=True)
        else:
            isolation.own_streams(run["output"])
        if run["stops"]:
            self._config.option.tbstyle = "native"
        if run["only"]:
            self._selection.limit(run["tests"])
        if run["mutant"]:
            activate(run["mutant"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Put out of action what is not meant for many runs."""
        taming.settle(config)
        if self._task.get("run", {}).get("bench") is not None:
            benching.open_to_all(config)
        if self._task.get("run", {}).get("stops"):
            config.option.tbstyle = "native"  # pytest's own would parse the module, which is long, for each frame

    @pytest.hookimpl(hookwrapper=True)
    def pytest_pycollect_makemodule(self) -> Generator[None, Any, None]:
        """Have a module that a mutant keeps from being imported end its trial: the rest would be for people."""
        outcome = yield
        if self._service is not None or self._is_child:
            module = outcome.get_result()
            module._getobj = functools.partial(self._imported, module.nodeid, module._getobj)

    def _imported(self, nodeid: str, imported: Callable[[], Any]) -> Any:
        try:
            return imported()
        except Exception as error:
            run = self._task.get("run", {})
            if self._is_child and run["mutant"] and any(test.startswith(f"{nodeid}::") for test in run["tests"]):
                self._wire.send("order", indices=[])
                if self._calls is not None and self._touched is not None:
                    self._wire.send("ran", test="", functions=self._calls.seen(), touched=self._touched.told())
                self._wire.send("end", whole=True, reason=f"{type(error).__name__}: {error}".rstrip(": "))
                Real.exit(0)
            raise

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Tell what was collected, then serve. Collection errors do not keep the sound tests from running."""
        if self._marks is not None:
            self._marks.finish(session)
            self._tell_problems()
            self._wire.send("end", whole=True)
            return True
        self._end_service()
        self._name(session)
        self._wire.send("collected", **self._collected(session))
        if self._task["mode"] == "fork":
            self._prepare(session)
            forking.serve(
                self._task["commands"], self._task["events"], lambda run: self._run(session, run, forked=True)
            )
        elif self._task["mode"] == "fresh":
            self._prepare(session)
            adopt_orphans()
            self._run(session, self._task["run"], forked=False)
            if self._is_child:
                Real.exit(0)  # as a child of a warm process does
        return True

    def _end_service(self) -> None:
        """Where a cold process has come further than any of its runs should begin."""
        if self._service is not None:
            self._service.refuse(None)

    def _name(self, session: pytest.Session) -> None:
        """Settle which tests can run, and what they are called."""
        run = self._task.get("run", {})
        unrunnable = set() if run.get("stops") else self._watch.finish(session)  # its tests have run before
        self._tell_problems()
        runnable = [item for item in session.items if item.nodeid not in unrunnable]
        self._items = dict(zip(names(runnable), runnable))
        if run.get("only"):
            self._items = {name: self._items[name] for name in run["tests"] if name in self._items}
        self._places = {id(item): place for place, item in enumerate(self._items.values())}
        self._sequential = ordering.sequential_modules(runnable)

    def pytest_unconfigure(self) -> None:
        """Tell what came up where pytest did not get as far as running tests."""
        self._end_service()
        if self._told < len(self._watch.problems):
            self._tell_problems()

    def _collected(self, session: pytest.Session) -> dict[str, Any]:
        rootdir = str(session.config.rootpath)
        fields: dict[str, Any] = {"tests": list(self._items), "threads": cut_off_by_a_fork(), "rootdir": rootdir}
        if self._calls is not None:
            fields.update(ran=self._calls.seen(), modules=self._calls.places())
            if not self._is_child:
                fields["quarantined"] = quarantine.reasons(session.config, self._items)
        if self._touched is not None:
            fields.update(touched=self._touched.told())
        return fields

    def _prepare(self, session: pytest.Session) -> None:
        self._seeders = [*self._seeders, *seeding.hypothesis()] if self._is_child else seeding.seeders()
        taming.silence(session.config)
        session.config.pluginmanager.register(self._notes, "noxtasks-failures")
        session.config.pluginmanager.register(self._relay, "noxtasks-runner")
        shared: Any = session
        shared.gethookproxy = functools.lru_cache(maxsize=None)(session.gethookproxy)  # asked eleven times a test
        for item in self._items.values() if self._task["mode"] == "fork" else ():
            _ = item.location  # pytest computes it once per item; here it is once for all runs

    def _run(self, session: pytest.Session, run: dict[str, Any], *, forked: bool) -> None:
        wire = Wire.to_file(run["wire"])
        config = session.config
        if forked and self._touched is not None:
            self._touched.forget()
        isolation.dump_on_request(run["dump"])
        isolation.own_temporary_folder(config, run["folder"], run["shared"])
        if run["worker"] is not None:
            isolation.own_identity(config, run["worker"], run["workers"])
        floods = isolation.own_output(config, forked=forked)
        try:
            circumstances.apply(run["circumstances"], config, run["folder"])
        except circumstances.UnavailableError as error:
            wire.send("order", indices=[])
            wire.send("unavailable", reason=str(error))
            wire.send("end", whole=True)
            return
        if self._calls is not None:
            isolation.limit_memory()
        if run["mutant"]:
            activate(run["mutant"])
        elif self._calls is not None and not run["stops"]:
            self._calls.listen(os.path.join(run["folder"], "calls"))
        if run["stops"]:
            config.option.maxfail = 1  # pytest's own end of a session: what is set up is torn down
            taming.leave_failures_large()
        runner = Runner(
            wire,
            Protocol(config, is_terse=run["stops"]),
            self._seeders,
            seed=run["seed"],
            floods=floods,
            observed=frozenset(run["observed"]),
            leaks=LeakWatch() if run["leaks"] else None,
            calls=self._calls if run["mutant"] or not run["stops"] else None,
            touched=self._touched if run["mutant"] else None,
            footprint=_footprint(config, run) if run["footprints"] else None,
        )
        self._notes.expect(run["known"], most=0 if run["stops"] else None)
        self._relay.runner = runner
        timed = run["bench"] is not None
        items = benching.begin(config, self._items, run, wire) if timed else self._chosen(run)
        wire.send("order", indices=[self._places[id(item)] for item in items])
        whole = runner.run(items)
        if timed:
            wire.send("compiled", modules=benching.compiled())
        wire.send("end", whole=whole)

    def _chosen(self, run: dict[str, Any]) -> list[pytest.Item]:
        if run["tests"] is not None:
            return [self._items[name] for name in run["tests"] if name in self._items]
        return ordering.ordered(list(self._items.values()), run["order"], run["seed"], self._sequential)

    def _tell_problems(self) -> None:
        for problem in self._watch.problems[self._told :]:
            self._wire.send("problem", problem=problem)
        self._told = len(self._watch.problems)
        self._wire.send("facts", facts=self._watch.facts)


def _footprint(config: pytest.Config, run: dict[str, Any]) -> Any:
    from .footprint import FootprintWatch
    from .meeting import Meeting

    wish = run["meeting"]
    meeting = Meeting(wish) if wish is not None else None
    folders = [run["folder"], os.path.dirname(run["wire"]), wish["place"] if wish is not None else ""]
    watch = FootprintWatch(folders, run["worker"] or "", meeting)
    config.pluginmanager.register(watch, "noxtasks-footprint")
    return watch


def _environment() -> dict[str, Any]:
    plugins = {}
    for distribution in metadata.distributions():
        if any(point.group == "pytest11" for point in distribution.entry_points):
            plugins[distribution.metadata["Name"]] = distribution.version
    return {
        "pid": os.getpid(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "free_threaded": "free-threading" in sys.version,
        "platform": f"{platform.system()}-{platform.release()}-{platform.machine()}",
        "pytest": pytest.__version__,
        "plugins": plugins,
        "distributions": installed.versions(),
        "hash_seed": os.environ.get("PYTHONHASHSEED", "random"),
    }


def _can_stop() -> bool:
    """Whether children of this process may begin at this place."""
    asyncio: Any = sys.modules.get("asyncio")
    is_in_loop = asyncio is not None and asyncio._get_running_loop() is not None
    return threading.current_thread() is threading.main_thread() and not is_in_loop and not cut_off_by_a_fork()
