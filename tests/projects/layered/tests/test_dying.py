import os

import pytest


@pytest.mark.integration
def test_dying():
    if "LAYERED_DIES" in os.environ:
        os._exit(3)
