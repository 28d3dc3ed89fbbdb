"""What pytest sees of markers when it collects: which tests carry which, where those come from, what `-m` selects.

Told over the wire, in frames of which each says what is new since the one before:

- `marked`, for each test file: `tests` by name; for each the number of its file and that of the set of marker names
  that it carries, its own and its parents'. Each file and each set is spelled out once, in `files` and `sets`.
- `remarked`, once: the sets of all tests told, before and after `pytest_collection_modifyitems`.
- `places`: where markers were `made` and where they were `added` to a node: name, file, line.
- `selected`, for each expression: the tests that pytest would select, by number, or what it says against it. That of
  the option "configured" are those that pytest would run: what no hook, nor the user's own `-m` and `-k`, takes away.
- `registered`: the lines of `markers` with where they come from, and the `plugins` and conftests that are loaded.
- `elsewhere`: test files under the root that were not collected, where the user did not say which to collect.

What `-m` and `-k` take away of the user's is not taken away here: the tests are to be seen by all hooks.
"""

from __future__ import annotations

import functools
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from _pytest import mark as pytest_mark

from .frames import Wire
from .marker_places import MarkerPlaces
from .naming import names
from .testfiles import files_below

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_CONFIGURED = "configured"
_OWN = ("_pytest", "pytest", "pluggy", "noxtasks", __name__.partition(".")[0])


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """Tell what `method` raises as a defect of ours: watching never breaks what is watched."""

    @functools.wraps(method)
    def guarded(self: MarkWatch, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            self._failed(error)
            return None

    return guarded


class MarkWatch:
    """A pytest plugin, to be registered before conftests are imported; `failed` is told of defects in here.

    `expressions`: options ("-m" or "-k") and their values.
    """

    def __init__(self, wire: Wire, expressions: list[tuple[str, str]], failed: Callable[[BaseException], None]) -> None:
        self._wire = wire
        self._expressions = expressions
        self._failed = failed
        self._places = MarkerPlaces()
        self._count: Counter[str] = Counter()
        self._waiting: list[pytest.Item] = []
        self._items: list[pytest.Item] = []  # those told, by number; held, so that no other gets the id of one
        self._known: set[int] = set()
        self._modules: set[Path] = set()
        self._sets = _Numbers()
        self._files = _Numbers()
        self._before: list[int] = []
        self._has_selected = False

    @pytest.hookimpl(hookwrapper=True)
    def pytest_load_initial_conftests(self) -> Generator[None, Any, None]:
        """Tell what the first conftests have made."""
        yield
        self._tell()

    @pytest.hookimpl(tryfirst=True)
    @_guarded
    def pytest_collection(self, session: pytest.Session) -> None:
        """Get around the one hook that changes what was collected: no plugin's part of it comes before or after."""
        caller: Any = session.config.hook.pytest_collection_modifyitems
        execute = caller._hookexec

        def around(hook: str, implementations: Any, arguments: Any, *rest: Any) -> Any:
            self._see(arguments["items"])
            self._before = self._numbers()
            with_ours = [
                _Instead(each, self._select) if each.plugin is pytest_mark else each for each in implementations
            ]
            try:
                return execute(hook, with_ours, arguments, *rest)
            finally:
                self._after(arguments["items"])

        caller._hookexec = around

    @_guarded
    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Tell of a file when the next begins, so that a crash in that takes nothing along."""
        if isinstance(collector, pytest.File) and not isinstance(collector, pytest.Package):
            self._modules.add(collector.path)
            self._tell()

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Remember the test: what its file has marked it with is known when the file is done."""
        self._waiting.append(item)

    @_guarded
    def finish(self, session: pytest.Session) -> None:
        """Tell what is known once all is collected."""
        config = session.config
        self._tell()
        self._tell_registered(config)
        if not config.known_args_namespace.file_or_dir:
            everywhere = files_below(config, config.rootpath, [config.rootpath])
            self._wire.send("elsewhere", files=[str(file) for file in everywhere if file not in self._modules])

    @_guarded
    def pytest_unconfigure(self) -> None:
        """Tell what came up where pytest gave up before that, and leave no trace."""
        self._tell()
        self._places.restore()

    @_guarded
    def _tell(self) -> None:
        if self._waiting:
            self._see(self._waiting)
            self._waiting = []
        places = self._places.take()
        if places["made"] or places["added"]:
            self._wire.send("places", **places)

    @_guarded
    def _see(self, items: list[pytest.Item]) -> None:
        """Tell of those among `items` that are new."""
        new = [item for item in items if id(item) not in self._known]
        if not new:
            return
        self._known.update(map(id, new))
        self._items += new
        files = [self._files.of(str(item.path)) for item in new]
        sets = self._numbers(new)
        self._wire.send(
            "marked",
            tests=names(new, self._count),
            file=files,
            marks=sets,
            files=self._files.take(),
            sets=[sorted(each) for each in self._sets.take()],
        )

    @_guarded
    def _begin(self, items: list[pytest.Item]) -> None:
        self._see(items)
        self._before = self._numbers()

    def _numbers(self, items: list[pytest.Item] | None = None) -> list[int]:
        """Give the number of the set of names that each item carries, of all that were told by default."""
        of_parents: dict[int, frozenset[str]] = {}
        return [self._sets.of(_carried(item, of_parents)) for item in (self._items if items is None else items)]

    @_guarded
    def _after(self, items: list[pytest.Item]) -> None:
        if items and not self._has_selected:  # a hook has failed
            self._select(items, items[0].config)
        told = len(self._items)
        self._see(items)
        after = self._numbers()
        before = self._before + after[told:]
        if any(option == _CONFIGURED for option, _ in self._expressions):
            self._tell_configured(items)
        self._wire.send("remarked", before=before, after=after, sets=[sorted(each) for each in self._sets.take()])

    @_guarded
    def _select(self, items: list[pytest.Item], config: pytest.Config) -> None:
        """Stand in for pytest's own hook that deselects: try each expression on all tests, and take none away."""
        del items
        self._has_selected = True
        groups: dict[int, list[int]] = defaultdict(list)
        for index, number in enumerate(self._numbers()):
            groups[number].append(index)
        for option, expression in self._expressions:
            if option == _CONFIGURED:
                continue
            try:
                selected = self._selected(option, expression, config, list(groups.values()))
            except Exception as error:  # pytest's own, or what an expression makes of it
                self._wire.send("selected", option=option, expression=expression, error=_first_line(error))
            else:
                self._wire.send("selected", option=option, expression=expression, tests=selected)

    def _tell_configured(self, items: list[pytest.Item]) -> None:
        kept = list(items)
        try:
            if items:  # of which the first may be the last
                config = items[0].config
                pytest_mark.deselect_by_keyword(kept, _configured(config, keyword=config.option.keyword))
                pytest_mark.deselect_by_mark(kept, _configured(config, markexpr=config.option.markexpr))
        except Exception as error:
            self._wire.send("selected", option=_CONFIGURED, expression="", error=_first_line(error))
            return
        places = {id(item): index for index, item in enumerate(self._items)}
        self._wire.send("selected", option=_CONFIGURED, expression="", tests=[places[id(item)] for item in kept])

    def _selected(self, option: str, expression: str, config: Any, groups: list[list[int]]) -> list[int]:
        """Ask pytest. Where names alone count, one test stands for all that carry the same."""
        by_names = option == "-m" and "=" not in expression
        asked = [group[0] for group in groups] if by_names else list(range(len(self._items)))
        places = {id(self._items[index]): index for index in asked}
        kept = [self._items[index] for index in asked]
        if option == "-m":
            pytest_mark.deselect_by_mark(kept, _configured(config, markexpr=expression))
        else:
            pytest_mark.deselect_by_keyword(kept, _configured(config, keyword=expression))
        found = [places[id(item)] for item in kept]
        if not by_names:
            return found
        chosen = set(found)
        return sorted(index for group in groups if group[0] in chosen for index in group)

    def _tell_registered(self, config: pytest.Config) -> None:
        added: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for text, file, line in self._places.registered:
            added[text].append((file, line))
        ini = (str(config.inipath or ""), 0)
        lines = [  # from the end, as those of the ini file come first
            (text, *(added[text].pop() if added[text] else ini)) for text in reversed(config.getini("markers"))
        ]
        if not _is_installed():
            lines = [line for line in lines if not line[1].startswith(_HERE)]
        self._wire.send("registered", lines=lines[::-1], plugins=sorted(set(_plugins(config))))


class _Numbers:
    """Gives each distinct value a number from 0; `take()` gives the values that got theirs since the last time."""

    def __init__(self) -> None:
        self._of: dict[Any, int] = {}
        self._taken = 0

    def of(self, value: Any) -> int:
        return self._of.setdefault(value, len(self._of))

    def take(self) -> list[Any]:
        new = list(self._of)[self._taken :]
        self._taken = len(self._of)
        return new


class _Instead:
    """One part of a hook with another function in its place, which takes `items` and `config`."""

    def __init__(self, part: Any, function: Callable[..., None]) -> None:
        self._part = part
        self.function = function
        self.argnames = ("items", "config")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)


def _carried(node: Any, of_parents: dict[int, frozenset[str]]) -> frozenset[str]:
    inherited: frozenset[str] = frozenset()
    if node.parent is not None:
        known = of_parents.get(id(node.parent))
        inherited = of_parents[id(node.parent)] = _carried(node.parent, of_parents) if known is None else known
    own = [name for name in (getattr(mark, "name", None) for mark in node.own_markers) if isinstance(name, str)]
    return inherited.union(own) if own else inherited


def _configured(config: Any, **options: str) -> Any:
    """`config` as the functions of pytest that deselect would meet it under other options; nobody hears of it."""
    return SimpleNamespace(
        option=SimpleNamespace(**options),
        hook=SimpleNamespace(pytest_deselected=lambda **_: None),
        getini=config.getini,
        getoption=config.getoption,
        _iter_registered_markers=getattr(config, "_iter_registered_markers", None),
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _plugins(config: pytest.Config) -> Iterator[tuple[str, str, str]]:
    """Name, file and distribution (where it is known) of each plugin and conftest, but for pytest's own and ours."""
    manager = config.pluginmanager
    owners = {id(plugin): _name(distribution) for plugin, distribution in manager.list_plugin_distinfo()}
    for name, plugin in manager.list_name_plugin():
        module: Any = plugin if isinstance(plugin, ModuleType) else sys.modules.get(type(plugin).__module__)
        file = getattr(module, "__file__", None)
        if file and module.__name__.partition(".")[0] not in _OWN:
            yield str(name), str(file), owners.get(id(plugin), "")


def _is_installed() -> bool:
    """Tell whether the user's pytest would know our markers without us, too."""
    try:
        metadata.distribution("noxtasks")
    except metadata.PackageNotFoundError:
        return False
    return True


def _name(distribution: Any) -> str:
    name = getattr(distribution, "project_name", None) or distribution.metadata["Name"]
    return str(name or "")
