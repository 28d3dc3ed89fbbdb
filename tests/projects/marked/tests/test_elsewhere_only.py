"""Marks that no collection on this system and this Python can see."""

import sys

import pytest

if sys.platform == "sunos5":

    @pytest.mark.sacred_triangle
    def test_on_another_system():
        pass


if sys.version_info < (3, 8):

    @pytest.mark.sacred_golden_ratio
    def test_on_an_older_python():
        pass


def test_anywhere():
    # sacred_cube is planned: @pytest.mark.sacred_cube once the geometry is settled
    pass
