import os


def pytest_collection_modifyitems(items):
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = [item for item in items if item.name != "test_dropped"]
