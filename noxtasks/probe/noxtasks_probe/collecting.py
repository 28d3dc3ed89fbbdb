"""Watches pytest collect: what cannot be imported, which fixtures nobody defines, and what there was to collect.

Every problem is found in one pass. One broken file does not hide another: neither `--maxfail`, nor `sys.exit()` in a
test module, nor the conftest of a sub-directory ends the collection. An exception in here becomes a problem itself.
"""

from __future__ import annotations

import functools
import platform
import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from _pytest.config import ConftestImportFailure

from . import determinism
from .lacking import Lacking
from .raised import describe, distributions, relative
from .recording import why_skipped
from .testfiles import files_below, targets

_DIRECTORIES_COLLECT = int(pytest.__version__.partition(".")[0]) >= 8  # noqa: PLR2004
"""Since pytest 8 each directory is a collector, and a conftest that fails is the failure of its directory alone."""

_DUPLICATES_LIMIT = 100  # names kept of tests that share theirs with another


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """Record what the hook `method` raises: watching never breaks what is watched."""

    @functools.wraps(method)
    def hook(self: CollectionWatch, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self.record_own_failure(error)
            return None

    return hook


class CollectionWatch:
    """A pytest plugin, to be registered before conftests are imported.

    With `names_deselected`, the facts name the tests that were deselected, which may be many.

    `problems`: one dict of raw facts for each thing that is wrong; complete after `finish()`, or when pytest gave up
    before collecting. `facts`: what there was to collect. `importing` is told the path of each test file before it is
    imported, so that a crash can be laid at its door.
    """

    def __init__(self, importing: Callable[[str], None] | None = None, *, names_deselected: bool = False) -> None:
        self.problems: list[dict[str, Any]] = []
        self._importing = importing
        self._names_deselected = names_deselected
        self._config: Any = None
        self._rootdir = ""
        self._modules: dict[str, str] = {}  # path to "collected" or "skipped"
        self._reasons: dict[str, str] = {}  # path of a skipped module to why
        self._lost: dict[str, list[str]] = {}  # conftest to the test files that could not be collected for it
        self._deselected: list[pytest.Item] = []
        self._counts: dict[str, Any] = {}
        self._maxfail = 0

    @property
    def facts(self) -> dict[str, Any]:
        """What was there. Paths are relative to the root directory; JSON-able."""
        return self._read_facts() or {}

    @_guarded
    def _read_facts(self) -> dict[str, Any] | None:
        config = self._config
        if config is None:
            return None
        return {
            "rootdir": self._rootdir,
            "inifile": relative(config.inipath, self._rootdir) if config.inipath else "",
            "modules": sorted(self._modules),
            "skipped": sorted(path for path, state in self._modules.items() if state == "skipped"),
            "skip_reasons": self._reasons,
            "lost": self._lost,
            "deselected": len(self._deselected),
            "deselected_tests": [item.nodeid for item in self._deselected] if self._names_deselected else [],
            "keyword": getattr(config.known_args_namespace, "keyword", "") or "",
            "markexpr": getattr(config.known_args_namespace, "markexpr", "") or "",
            "arguments": list(config.known_args_namespace.file_or_dir),
            "testpaths": list(config.getini("testpaths")),
            "markers": [re.split(r"[:(]", line)[0].strip() for line in config.getini("markers")],
            "python_files": list(config.getini("python_files")),
            "python_classes": list(config.getini("python_classes")),
            "python_functions": list(config.getini("python_functions")),
            "import_mode": str(getattr(config.known_args_namespace, "importmode", "prepend")),
            **determinism.facts(config),
            "python": platform.python_version(),
            "pytest": pytest.__version__,
            "distributions": distributions(self._rootdir) if self.problems else {},
            **self._counts,
        }

    def finish(self, session: pytest.Session) -> set[str]:
        """Look at what was collected: the fixtures. Returns the node ids of the tests that cannot run."""
        try:
            lacking = Lacking(session)
            self.problems += lacking.problems
            self._count(session, lacking)
        except Exception as error:
            self.record_own_failure(error)
            return set()
        return set(lacking.tests)

    def record_own_failure(self, error: BaseException) -> None:
        """Tell of a defect of this plugin instead of raising it."""
        self.problems.append({"where": "watcher", "path": "", **describe(error, self._rootdir)})

    @pytest.hookimpl(hookwrapper=True)
    def pytest_load_initial_conftests(self, early_config: pytest.Config) -> Generator[None, Any, None]:
        """Record a conftest or a plugin that fails before collection; go on if only some of the tests need it."""
        self._meet(early_config)
        outcome = yield
        if outcome.excinfo is not None and self._is_partial(outcome.excinfo[1]):
            outcome.force_result(None)

    @pytest.hookimpl(tryfirst=True)
    @_guarded
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Prepare the older pytest, whose whole collection ends at the first conftest that fails."""
        self._meet(session.config)
        if not _DIRECTORIES_COLLECT:
            session.config.pluginmanager.register(_BrokenDirectories(self), "noxtasks-broken-directories")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, Any, None]:
        """Lift `--maxfail` while collecting."""
        option = session.config.option
        limit, option.maxfail = option.maxfail, 0
        yield
        option.maxfail = limit

    @_guarded
    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Note each test file before it is imported."""
        if isinstance(collector, pytest.File) and not isinstance(collector, pytest.Package):
            path = relative(collector.path, self._rootdir)
            self._modules.setdefault(path, "collected")
            if self._importing is not None:
                self._importing(path)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, None]:
        """Turn `sys.exit()` at import, which would end pytest, into a failure of that file."""
        outcome = yield
        excinfo = outcome.excinfo
        if excinfo is not None and isinstance(excinfo[1], SystemExit):
            self._record(collector, excinfo[1])
            text = f"SystemExit: {excinfo[1]}"
            outcome.force_result(pytest.CollectReport(collector.nodeid, "failed", text, None))

    @_guarded
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note the files that skip themselves."""
        if report.skipped and report.nodeid in self._modules:
            self._modules[report.nodeid] = "skipped"
            self._reasons[report.nodeid] = why_skipped(report.longrepr)

    @_guarded
    def pytest_exception_interact(self, node: Any, call: Any) -> None:
        """Record what a collector raised."""
        if isinstance(node, pytest.Collector):
            self._record(node, call.excinfo.value)

    @_guarded
    def pytest_internalerror(self, excinfo: Any) -> None:
        """Record what a hook of a plugin or of a conftest raised while pytest collected."""
        if not self._counts:
            problem = {"where": "internal", "path": "", "nodeid": "", "modules": sorted(self._modules)}
            self.problems.append({**problem, **describe(excinfo.value, self._rootdir)})

    @_guarded
    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Note what `-k`, `-m` or a plugin took out."""
        self._deselected += items

    @_guarded
    def record_conftest(self, error: ConftestImportFailure) -> None:
        """Record a conftest that cannot be imported, once, with the test files that cannot be collected for it."""
        conftest = Path(error.path)
        path = relative(conftest, self._rootdir)
        if path in self._lost:
            return
        files = files_below(self._config, conftest.parent, targets(self._config))
        self._lost[path] = [relative(file, self._rootdir) for file in files]
        problem = {"where": "conftest", "path": path, "nodeid": "", "modules": self._lost[path]}
        self.problems.append({**problem, **describe(error, self._rootdir)})

    def _meet(self, config: Any) -> None:
        self._config = config
        self._rootdir = str(config.rootpath)

    @_guarded
    def _is_partial(self, error: BaseException) -> bool:
        """Whether some tests can be collected without what raised `error`; if not, it is recorded now."""
        if isinstance(error, ConftestImportFailure):
            folder = Path(error.path).parent
            if not all(folder == top or folder in top.parents for top in targets(self._config)):
                return True
            self.record_conftest(error)
        else:
            files = {file for top in targets(self._config) for file in files_below(self._config, top, [top])}
            modules = sorted(relative(file, self._rootdir) for file in files)
            path = relative(_loading(error), self._rootdir)
            problem = {"where": "startup", "path": path, "nodeid": "", "modules": modules}
            self.problems.append({**problem, **describe(error, self._rootdir)})
        return False

    @_guarded
    def _record(self, collector: pytest.Collector, error: BaseException) -> None:
        if isinstance(error, ConftestImportFailure):
            self.record_conftest(error)
            return
        path = relative(collector.path, self._rootdir)
        kinds = ((pytest.Package, "directory"), (pytest.Module, "module"), (pytest.Class, "class"))
        where = next((name for kind, name in kinds if isinstance(collector, kind)), "collector")
        known = {"where": where, "path": path, "nodeid": collector.nodeid}
        modules = [path] if path in self._modules else []
        self.problems.append({**known, "modules": modules, **describe(error, self._rootdir)})

    def _count(self, session: pytest.Session, lacking: Lacking) -> None:
        parents: dict[int, str] = {}  # an item's own nodeid is costly in pytest 9
        names: dict[str, set[str]] = {}
        twice = set()
        for item in session.items:
            parent = parents.get(id(item.parent))
            if parent is None:
                parent = parents[id(item.parent)] = item.parent.nodeid if item.parent else ""
                names.setdefault(parent, set())
            if item.name in names[parent]:
                twice.add(item.nodeid)
            names[parent].add(item.name)
        kept = {parent.partition("::")[0] for parent in names}
        gone = {item.nodeid.partition("::")[0] for item in self._deselected}
        self._counts = {
            "items": len(session.items),
            "unrunnable": lacking.test_count,
            "duplicates": sorted(twice)[:_DUPLICATES_LIMIT],
            "deselected_modules": sorted(gone - kept),
        }


def _loading(error: BaseException) -> object:
    """Find the conftest that pytest was loading when `error` was raised, as the frames of pytest know it; or ""."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_name == "_importconftest":
            return traceback.tb_frame.f_locals.get("conftestpath", "")
        traceback = traceback.tb_next
    return ""


class _BrokenDirectories:
    """Leaves out a directory whose conftest fails, as pytest 8 and later do of themselves."""

    def __init__(self, watch: CollectionWatch) -> None:
        self._watch = watch

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path, config: pytest.Config) -> bool | None:
        """Try the conftest of a directory before pytest does."""
        if not (collection_path / "conftest.py").is_file():
            return None
        manager: Any = config.pluginmanager
        try:
            manager._getconftestmodules(collection_path, config.getoption("importmode"), config.rootpath)
        except ConftestImportFailure as error:
            self._watch.record_conftest(error)
            return True
        return None
