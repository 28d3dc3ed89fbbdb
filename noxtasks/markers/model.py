"""What the audit knows: places in the project that say something of a marker, and what follows for each marker."""

from __future__ import annotations

from enum import Enum

import msgspec

BUILTIN = frozenset(
    {"filterwarnings", "parametrize", "skip", "skipif", "usefixtures", "xfail"}
    | {"tryfirst", "trylast", "hookwrapper", "wrapper", "optionalhook", "specname", "historic", "firstresult"}
)
"""What pytest itself has as marks, of tests and, in earlier versions, of hooks."""


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


class Class(Enum):
    """What becomes of a marker: each gets one."""

    APPLIED = "applied"
    DYNAMIC = "dynamic"
    READ = "read by code only"
    SELECTED = "selected only"
    ALIASED = "alias only"
    UNREGISTERED = "unregistered but used"
    REMOVABLE = "removable"
    UNRESOLVED = "unresolved"

    @property
    def is_live(self) -> bool:
        """Whether something has a use for the marker, as far as can be told."""
        return self is not Class.REMOVABLE and self is not Class.UNRESOLVED


class Facet(Enum):
    """The side of a test that a marker speaks of."""

    LEVEL = "level"  # ISTQB
    TYPE = "type"  # ISTQB
    QUALITY = "quality"  # ISO/IEC 25010
    COMPONENT = "component"
    GOVERNANCE = "governance"
    EXECUTION = "execution"


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A marker's place in the taxonomy."""

    facet: Facet
    term: str  # as the standard has it: "component testing"
    meaning: str  # one line, fit to be a marker's description
    marker: str = ""  # the name that the taxonomy would give it; empty where it has none
    source: str = ""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """On which tests a marker was seen when pytest collected. `folders` counts tests by the folder of their file."""

    tests: int
    folders: dict[str, int]


class Age(msgspec.Struct, frozen=True, kw_only=True):
    """What git knows of a marker: ISO dates, or None where it does not know."""

    registered: str | None = None
    first_use: str | None = None
    last_use: str | None = None
    idle_days: int | None = None  # since its last use, or since its registration where it was never used


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """A marker, with all that is known of it. `usage` is None where pytest has not collected."""

    name: str
    kind: Class
    reason: str
    registrations: tuple[Registration, ...]
    references: tuple[Reference, ...]
    usage: Usage | None
    age: Age
    term: Term | None

    @property
    def description(self) -> str:
        """The first that a registration gives."""
        return next((each.description for each in self.registrations if each.description), "")


class Grade(Enum):
    """How a gate of the audit ended."""

    PASS = "PASS"  # noqa: S105 - a verdict
    WARN = "WARN"
    FAIL = "FAIL"
    UNMEASURED = "UNMEASURED"


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """One gate: what it asks, and what was found."""

    name: str
    grade: Grade
    figure: float | None
    threshold: float
    reason: str


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """How far pytest's own collection could be used."""

    interpreter: str
    tests: int
    outside: int  # of them, outside of what a plain `pytest` collects
    broken: tuple[str, ...]  # files that cannot be collected
    is_complete: bool
    reason: str  # why it is not complete


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """The audit of a project. `unread` are files that could not be read as what they are."""

    markers: tuple[Marker, ...]
    selectors: tuple[Selector, ...]
    sites: tuple[Site, ...]
    observations: tuple[Observation, ...]
    unread: tuple[str, ...]
    tests: int | None
    gates: tuple[Gate, ...]

    def of(self, *kinds: Class) -> tuple[Marker, ...]:
        """The markers of these classes."""
        return tuple(marker for marker in self.markers if marker.kind in kinds)


class Likeness(Enum):
    """Why two markers may be one."""

    SPELLING = "the same word"
    SYNONYM = "synonyms"
    TESTS = "on the same tests"
    CONFIGURED = "renamed by the configuration"


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """A marker that may become another. `both` of the tests carry the two; all three are None without a collection."""

    old: str
    new: str
    likeness: Likeness
    old_tests: int | None
    new_tests: int | None
    both: int | None
    is_decided: bool  # carried out by `--apply`; else a proposal to a person
    reason: str


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """A registration that can go. `criteria` are the plan's: whether each is met, None where that is not known."""

    marker: str
    criteria: dict[str, bool | None]
    is_decided: bool
    reason: str


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A marker of the set that shall be there after the consolidation."""

    name: str
    term: Term | None
    description: str
    is_new: bool  # not registered yet


class Consolidation(msgspec.Struct, frozen=True, kw_only=True):
    """From the markers that are there to those that shall be. `described` are descriptions for those without one."""

    target: tuple[Target, ...]
    merges: tuple[Merge, ...]
    removals: tuple[Removal, ...]
    added: dict[str, str]
    described: dict[str, str]
    limit: int

    @property
    def renamed(self) -> dict[str, str]:
        """Old to new, of the merges that are decided."""
        return {merge.old: merge.new for merge in self.merges if merge.is_decided}

    @property
    def removed(self) -> frozenset[str]:
        """The markers whose removal is decided."""
        return frozenset(removal.marker for removal in self.removals if removal.is_decided)
