"""See README.md."""

import os
import random

import pytest


WIDE = os.urandom(4)


@pytest.fixture
def seeded():
    random.seed(4)
