"""Other names of markers, and decorators that are made of several."""

import pytest

second_law = pytest.mark.ucl2
again = pytest.mark.regression(since="1.0")
gated = pytest.mark.constitutional_gate  # nobody uses it


def audited(function):
    return pytest.mark.security(pytest.mark.ucl1(function))
