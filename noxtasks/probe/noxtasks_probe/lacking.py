"""Fixtures that tests ask for and nobody defines, found from the closures that pytest computed: nothing is run.

pytest itself tells only when the test is set up, one by one; this finds all of them after collection, in one pass.
"""

from __future__ import annotations

import difflib
import inspect
from typing import Any

import pytest

from .raised import relative

_TESTS_LIMIT = 50  # node ids kept of the tests that one problem concerns


class Lacking:
    """One pass over the items. `tests`: node ids of the tests that cannot run; `test_count`: how many those are."""

    def __init__(self, session: pytest.Session) -> None:
        self.tests: set[str] = set()
        self.test_count = 0
        self._session = session
        self._rootdir = str(session.config.rootpath)
        self._found: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._infos: dict[int, tuple[str, ...]] = {}  # by id: tests that differ in parameters alone share theirs
        self._overrides: dict[int, bool] = {}
        self._seen_nodes: set[int] = set()
        for item in session.items:
            self._look_at(item)

    @property
    def problems(self) -> list[dict[str, Any]]:
        """One per fixture and place that asks for it."""
        return list(self._found.values())

    def _look_at(self, item: pytest.Item) -> None:
        info = getattr(item, "_fixtureinfo", None)
        if info is None:
            return
        known = self._infos.get(id(info))
        if known is None:
            known = self._infos[id(info)] = self._missing(info)
        self.test_count += bool(known)
        for name in known:
            self._lacks(item, info, name)
        for mark in item.own_markers:
            if mark.name == "usefixtures" and not mark.args:
                self._of_nothing(item)
        parent: Any = item.parent
        while parent is not None and id(parent) not in self._seen_nodes:
            self._seen_nodes.add(id(parent))
            if any(mark.name == "usefixtures" and not mark.args for mark in parent.own_markers):
                self._of_nothing(parent)
            parent = parent.parent

    def _missing(self, info: Any) -> tuple[str, ...]:
        definitions = info.name2fixturedefs
        missing: tuple[str, ...] = ()
        for name in info.names_closure:  # what parametrize gives has a definition of pytest's own
            found = definitions.get(name)
            if found is None:
                if name != "request":
                    missing += (name,)
            elif name in found[-1].argnames and self._overrides_nothing(name, found):
                missing += (name,)
        return missing

    def _overrides_nothing(self, name: str, found: Any) -> bool:
        """Tell whether the fixture asks for the one that it overrides, and there is none."""
        known = self._overrides.get(id(found[-1]))
        if known is None:
            known = self._overrides[id(found[-1])] = all(name in definition.argnames for definition in found)
        return known

    def _lacks(self, item: pytest.Item, info: Any, name: str) -> None:
        self.tests.add(item.nodeid)
        asked = self._asked(item, info, name)
        key = (name, asked["from"], asked["by"], asked["path"], asked["line"])
        problem = self._found.get(key)
        if problem is None:
            problem = self._found[key] = {
                "where": "fixture",
                "path": asked["path"],
                "line": asked["line"],
                "nodeid": item.nodeid,
                "fixture": {"name": name, "from": asked["from"], "by": asked["by"], **self._alike(item, name)},
                "modules": [],
                "tests": [],
                "test_count": 0,
            }
        problem["test_count"] += 1
        if len(problem["tests"]) < _TESTS_LIMIT:
            problem["tests"].append(item.nodeid)
        module = relative(item.path, self._rootdir)
        if module not in problem["modules"]:
            problem["modules"].append(module)

    def _asked(self, item: pytest.Item, info: Any, name: str) -> dict[str, Any]:
        """Who asks for it: the test's own argument, a `usefixtures` mark or setting, or another fixture."""
        if name in info.argnames and name not in info.name2fixturedefs:
            return {"from": "argument", "by": item.name.partition("[")[0], **self._place(item)}
        if name not in info.name2fixturedefs:
            node: Any
            for node in item.listchain()[::-1]:
                if any(mark.name == "usefixtures" and name in mark.args for mark in node.own_markers):
                    return {"from": "usefixtures", "by": node.name.partition("[")[0], **self._place(node)}
            if name in item.config.getini("usefixtures"):
                return {"from": "ini", "by": "", "path": self._inifile(item), "line": 0}
        for asking, definitions in sorted(info.name2fixturedefs.items()):
            if name in definitions[-1].argnames:
                return {"from": "fixture", "by": asking, **self._place_of(definitions[-1].func)}
        return {"from": "argument", "by": item.name.partition("[")[0], **self._place(item)}

    def _of_nothing(self, node: Any) -> None:
        place = self._place(node)
        key = ("usefixtures", place["path"], place["line"], node.name.partition("[")[0])
        if key not in self._found:
            problem = {"where": "usefixtures", "nodeid": node.nodeid, "modules": [place["path"]], **place}
            self._found[key] = problem

    def _place(self, node: Any) -> dict[str, Any]:
        line = 0
        if isinstance(node, (pytest.Function, pytest.Class)):
            line = self._place_of(getattr(node, "function", None) or node.obj)["line"]
        return {"path": relative(node.path, self._rootdir), "line": line}

    def _place_of(self, thing: Any) -> dict[str, Any]:
        path, line = _source(thing)
        return {"path": relative(path, self._rootdir), "line": line}

    def _inifile(self, item: pytest.Item) -> str:
        return relative(item.config.inipath, self._rootdir) if item.config.inipath else ""

    def _alike(self, item: pytest.Item, name: str) -> dict[str, Any]:
        """`near`: visible fixtures of similar names; `elsewhere`: definitions of this name that the test cannot see."""
        manager: Any = self._session._fixturemanager
        every = _definitions(manager)
        near = difflib.get_close_matches(name, [one for one in every if one != name], n=3)
        hidden = () if _visible(manager, name, item) else every.get(name, ())
        return {
            "near": [one for one in near if _visible(manager, one, item)],
            "elsewhere": sorted({"{path}:{line}".format(**self._place_of(one.func)) for one in hidden}),
        }


def _definitions(manager: Any) -> dict[str, list[Any]]:
    """Return every definition of a fixture by its name; empty where this pytest keeps them in a way unknown to us."""
    found: dict[str, list[Any]] = {}
    for name, definitions in getattr(manager, "_arg2fixturedefs", {}).items():
        found.setdefault(name, []).extend(definitions)
    for table in ("_arg2node2fixturedefs", "_arg2nodeid2fixturedefs"):  # since pytest 9.1
        for name, places in getattr(manager, table, {}).items():
            for definitions in places.values():
                found.setdefault(name, []).extend(definitions)
    return found


def _source(thing: Any) -> tuple[str, int]:
    """File and first line of a function or class, its decorators unwrapped; an empty file where none is known."""
    thing = inspect.unwrap(getattr(thing, "__pytest_wrapped__", thing))
    thing = getattr(getattr(thing, "func", thing), "__func__", thing)
    try:
        line = thing.__code__.co_firstlineno if hasattr(thing, "__code__") else inspect.getsourcelines(thing)[1]
        return inspect.getsourcefile(thing) or "", line
    except (OSError, TypeError):
        return "", 0


def _visible(fixtures: Any, name: str, item: pytest.Item) -> bool:
    asked: Any = item if int(pytest.__version__.partition(".")[0]) >= 8 else item.nodeid  # noqa: PLR2004
    return bool(fixtures.getfixturedefs(name, asked))
