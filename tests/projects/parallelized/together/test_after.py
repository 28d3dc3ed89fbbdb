import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

LICENCE = Path(tempfile.gettempdir(), "licence.lock")  # the program has its place, and there is one


@contextmanager
def licence():
    os.close(os.open(LICENCE, os.O_CREAT | os.O_EXCL))
    time.sleep(0.1)
    yield
    LICENCE.unlink()


@pytest.mark.xdist_group("licence")
def test_the_program_starts():
    with licence():
        assert LICENCE.exists()


@pytest.mark.xdist_group("licence")
def test_the_program_starts_again():
    with licence():
        assert LICENCE.exists()
    assert not LICENCE.exists()
