"""What the probe tells of a collection, as values: the other end is `noxtasks_probe.collecting`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a dotted module name that is imported."""

    name: str = ""
    file: str = ""
    distribution: str = ""


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """One exception of a chain. `link` says how it hangs on the one before: "cause", "context" or, the first, ""."""

    type: str = ""
    bases: tuple[str, ...] = ()
    message: str = ""
    link: str = ""
    name: str = ""
    path: str = ""
    name_from: str = ""
    parent: Parent = Parent()
    filename: str = ""
    lineno: int = 0
    text: str = ""

    def is_a(self, base: str) -> bool:
        """Whether it is an instance of the built-in class `base`."""
        return base in self.bases


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the user's code."""

    path: str
    line: int
    function: str = ""


class WantedFixture(msgspec.Struct, frozen=True, kw_only=True, rename={"asked": "from"}):
    """A fixture that nobody defines. `asked` is "argument", "usefixtures", "ini" or "fixture"; `by` names who asks."""

    name: str
    asked: str
    by: str = ""
    near: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong."""

    where: str
    path: str = ""
    line: int = 0
    nodeid: str = ""
    chain: tuple[Raised, ...] = ()
    frames: tuple[Frame, ...] = ()
    fixture: WantedFixture | None = None
    modules: tuple[str, ...] = ()
    test_count: int = 0


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What there was to collect. `items` is None when pytest did not get to the end of collecting."""

    rootdir: str = ""
    inifile: str = ""
    modules: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    lost: dict[str, tuple[str, ...]] = {}
    deselected: int = 0
    deselected_modules: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    items: int | None = None
    unrunnable: int = 0
    keyword: str = ""
    markexpr: str = ""
    arguments: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()  # the registered ones
    python_files: tuple[str, ...] = ()
    python_classes: tuple[str, ...] = ()
    python_functions: tuple[str, ...] = ()
    import_mode: str = ""
    seeded: bool = False  # pytest-randomly, or `noxtasks_seed`
    frozen_time: str = ""  # `noxtasks_frozen_time`
    python: str = ""
    pytest: str = ""
    importing: str = ""  # the test file that was being imported when the process died


def read_problems(raw: Sequence[Mapping[str, Any]]) -> tuple[Problem, ...]:
    """The problems that the probe told. Raises `msgspec.ValidationError` for what it never tells."""
    return msgspec.convert(list(raw), tuple[Problem, ...])


def read_facts(raw: Mapping[str, Any]) -> Facts:
    """The facts that the probe told; all default where it told none."""
    return msgspec.convert(dict(raw), Facts)
