import os

import pytest


@pytest.fixture(scope="session")
def worker():
    return os.environ.get("PYTEST_XDIST_WORKER", "")


@pytest.fixture(scope="module")
def breaks_at_the_end():
    yield
    raise RuntimeError("the module's teardown")
