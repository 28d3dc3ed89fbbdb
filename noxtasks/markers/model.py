"""What the audit knows: places in the project that say something of a marker, and what follows for each marker."""

from __future__ import annotations

from enum import Enum

import msgspec


class Use(Enum):
    """What a place in the project has to do with a marker, the most telling first."""

    APPLIED = "applied"  # a test gets it here, by its name
    DYNAMIC = "dynamic"  # a test gets it here, by a name that is computed
    READ = "read"  # code looks for it on tests
    SELECTED = "selected"  # `-m` or `-k` of a command, or a tool that looks for its text
    ALIASED = "aliased"  # it has another name here, which is used nowhere
    POSSIBLE = "possible"  # a string, data or a text that may stand for a use: nothing tells
    MENTIONED = "mentioned"  # prose, comments, change logs: no use


class Reference(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One place that names a marker. `path` is relative to the root, with slashes; lines count from 1, 0 is unknown."""

    marker: str
    path: str
    line: int
    use: Use
    how: str  # for people: "decorator", "pytestmark", "-m 'not slow'", "get_closest_marker"


class Registration(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One place that registers a marker.

    `is_shipped` where it is code that other projects run too: a plugin's, not that of a conftest or of the tests.
    """

    marker: str
    path: str
    line: int
    how: str  # "pytest.ini", "pyproject.toml: tool.pytest.ini_options", "addinivalue_line", …
    description: str = ""  # what stands after the colon
    signature: str = ""  # "slow(reason)", where it is written with arguments
    is_shipped: bool = False


class Selector(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """An expression of `-m` or `-k` in a command, as it is written; `names` are the identifiers in it."""

    path: str
    line: int
    option: str  # "-m" or "-k"
    expression: str
    names: tuple[str, ...]
    is_literal: bool = True  # false where a part comes from a variable: it cannot be evaluated as it stands


class Site(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Code that applies or reads markers whose name is computed.

    `patterns` are regular expressions for whole names, one for each way the name may come about; `.*` is any name.
    """

    path: str
    line: int
    use: Use  # DYNAMIC or READ
    how: str
    patterns: tuple[str, ...]
