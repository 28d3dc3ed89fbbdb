import os
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def told_at_the_end():
    yield
    Path(f"torn-down-{os.environ['PYTEST_XDIST_WORKER']}").touch()


@pytest.mark.parametrize("number", range(2))
def test_waits(number):
    Path(f"begun-{number}").write_text(str(os.getpid()))
    time.sleep(600)
