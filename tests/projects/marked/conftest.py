"""Registers by loops and concatenation, and marks by what a test's folder, file and fixtures are called."""

import os

import pytest

from support.names import COMPONENTS, LEVELS

pytest_plugins = ["support.periods"]

PLANS = "abcdef"


def pytest_configure(config):
    for number in range(1, 6):
        config.addinivalue_line("markers", f"sprint_{number}: planned for sprint {number}")
    for plan in PLANS:
        config.addinivalue_line("markers", "wave_" + plan + ": of wave " + plan.upper())


def pytest_collection_modifyitems(items):
    for item in items:
        for level in LEVELS:
            if level in item.path.parts:
                item.add_marker(level)
        component = item.path.stem[len("test_") :]
        if component in COMPONENTS:
            item.add_marker(getattr(pytest.mark, component))
        if "db" in item.fixturenames:
            item.add_marker("requires_" + "db")
        if os.environ.get("TENANT"):
            item.add_marker("tenant_" + os.environ["TENANT"])


def marks_named(node, name):
    return list(node.iter_markers(name=name))


def pytest_runtest_setup(item):
    if item.get_closest_marker("ucl4"):
        pytest.skip("not before the fourth law is in force")
    if marks_named(item, "ucl5"):
        item.user_properties.append(("law", 5))
    if "evidence_bundle" in item.keywords:
        item.user_properties.append(("evidence", "bundle"))
    if any(mark.name in {known.name for known in LIMITED} for mark in item.iter_markers()):
        item.user_properties.append(("limited", True))


LIMITED = [pytest.mark.cof_resource]


@pytest.fixture
def db():
    return {}
