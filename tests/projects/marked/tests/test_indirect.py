"""What is marked without the marker's name at the place."""

import pytest

from support import names
from support.everything import *  # noqa: F403
from support.marks import audited as checked


@again  # noqa: F405
@second_law  # noqa: F405
def test_alias():
    pass


@checked
def test_composed():
    pass


@getattr(pytest.mark, names.QUALITY)
def test_named_elsewhere():
    pass


def test_dimensions():
    pass


for name in names.COF:
    test_dimensions = getattr(pytest.mark, name)(test_dimensions)


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=[getattr(pytest.mark, name)]) for case, name in names.ACCOUNTS.items()]
)
def test_account(case):
    assert case
