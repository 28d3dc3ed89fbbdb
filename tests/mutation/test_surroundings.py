"""What trials rest on, by content: what is there counts, and what is not does as soon as it comes."""

from __future__ import annotations

import pytest

from noxtasks.mutation.surroundings import Project
from noxtasks.suite.model import Touched


def project(**files: str) -> Project:
    return Project(digests={name.replace("_", "/"): digest for name, digest in files.items()}, data={})


def test_a_name_of_what_is_not_there_makes_no_difference() -> None:
    """Hypothesis, for one, writes through temporary files, with a new name in each process."""
    one = Touched(read=("data", "cache/.tmp-1"), listed=("cache/1",))
    other = Touched(read=("cache/.tmp-2", "data"), listed=("cache/2",))
    assert project(data="d").digest(one) == project(data="d").digest(other)


@pytest.mark.parametrize("now", [{"data": "d", "more": "m"}, {}, {"data": "e"}, {"data": "d", "folder_new": "n"}])
def test_what_comes_goes_or_changes_does(now: dict[str, str]) -> None:
    touched = Touched(read=("data", "more"), listed=("folder",))
    assert project(**now).digest(touched) != project(data="d").digest(touched)
