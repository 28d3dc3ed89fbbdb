"""An audit with a marker of each class, and the plan that follows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from noxtasks.markers import consolidation, rules, taxonomy
from noxtasks.markers.model import (
    Age,
    Audit,
    Class,
    Consolidation,
    Marker,
    Observation,
    Reference,
    Registration,
    Selector,
    Usage,
    Use,
)

TAXONOMY = taxonomy.load()
_USES = {
    Class.APPLIED: Use.APPLIED,
    Class.DYNAMIC: Use.DYNAMIC,
    Class.READ: Use.READ,
    Class.SELECTED: Use.SELECTED,
    Class.ALIASED: Use.ALIASED,
    Class.UNREGISTERED: Use.APPLIED,
    Class.UNRESOLVED: Use.POSSIBLE,
    Class.REMOVABLE: Use.MENTIONED,
}


def _marker(name: str, kind: Class, *, folders: dict[str, int] | None = None) -> Marker:
    reference = Reference(marker=name, path="tests/test_a.py", line=3, use=_USES[kind], how=f"[bold]{kind.value}")
    registered = Registration(marker=name, path="pytest.ini", line=9, how="pytest.ini", description="says <b>so</b>")
    found = folders or {}
    return Marker(
        name=name,
        kind=kind,
        reason=f"{reference.how} at tests/test_a.py:3",
        registrations=() if kind is Class.UNREGISTERED else (registered,),
        references=(reference,),
        usage=Usage(tests=sum(found.values()), folders=found),
        age=Age(registered="2024-01-02", idle_days=400),
        term=TAXONOMY.place(name),
    )


@pytest.fixture
def a_marker() -> Callable[..., Marker]:
    """Makes a marker of a name and a class, on as many tests by folder as are given."""
    return _marker


@pytest.fixture
def audit() -> Audit:
    markers = (
        _marker("slow", Class.APPLIED, folders={"tests/unit": 4, "tests/api": 900}),
        _marker("slow_test", Class.APPLIED, folders={"tests/api": 1}),
        _marker("cof_ethical", Class.DYNAMIC, folders={"tests/unit": 30}),
        _marker("zebra", Class.READ),
        _marker("gpu", Class.SELECTED),
        _marker("unit", Class.ALIASED),
        _marker("wip", Class.UNREGISTERED, folders={"tests/unit": 2}),
        _marker("perhaps", Class.UNRESOLVED),
        _marker("gone\x1b[31m", Class.REMOVABLE),
    )
    return Audit(
        markers=markers,
        selectors=(Selector(path="Makefile", line=4, option="-m", expression="gpu", names=("gpu",)),),
        sites=(),
        observations=(
            Observation(
                interpreter="CPython 3.12.1",
                tests=1000,
                outside=3,
                broken=("tests/test_b.py",),
                is_complete=True,
                reason="",
            ),
        ),
        unread=("old.py",),
        tests=1000,
        gates=rules.gates(markers, tests=1000, removed=(), limit=50, collected=True),
    )


@pytest.fixture
def plan(audit: Audit) -> Consolidation:
    return consolidation.consolidate(
        audit.markers,
        carriers={"slow": frozenset({1, 2}), "slow_test": frozenset({3})},
        selectors=audit.selectors,
        taxonomy=TAXONOMY,
        renames={},
        idle_days=60,
        limit=50,
    )
