"""What is installed is told without reading it, and without what is the user's own code."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

import pytest

from noxtasks.probe.noxtasks_probe import installed


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [str(tmp_path / "first"), str(tmp_path / "second"), str(tmp_path / "absent.zip")])
    return tmp_path


def a_distribution(folder: Path, name: str, url: str = "") -> None:
    (folder / name).mkdir(parents=True)
    if url:
        (folder / name / "direct_url.json").write_text(url)


def test_names_are_normalised_and_the_first_on_the_path_counts(path: Path) -> None:
    a_distribution(path / "first", "Zope.Some_Thing-1.0+local.1.dist-info")
    a_distribution(path / "second", "zope_some_thing-2.0.dist-info")
    a_distribution(path / "second", "old-3.1-py3.12.egg-info")
    assert installed.versions() == {"old": "3.1", "zope-some-thing": "1.0+local.1"}


@pytest.mark.parametrize(
    ("url", "counts"),
    [
        ('{"url": "file:///src", "dir_info": {"editable": true}}', False),
        ('{"url": "file:///src", "dir_info": {}}', False),
        ('{"url": "https://x/y.git", "vcs_info": {"vcs": "git", "commit_id": "1"}}', True),
        ("no json", True),
        ("[]", True),
        ("1", True),
    ],
)
def test_what_comes_from_a_folder_is_the_code_and_not_its_environment(path: Path, url: str, counts: bool) -> None:
    a_distribution(path / "first", "shop-0.1.dev3.dist-info", url)
    (path / "first" / "other.egg-info").mkdir()
    assert installed.versions() == ({"shop": "0.1.dev3"} if counts else {})


def test_it_agrees_with_the_metadata() -> None:
    told = installed.versions()
    known = {re.sub(r"[-_.]+", "-", each.name).lower(): each.version for each in metadata.distributions()}
    assert told.items() <= known.items()
    assert {"pytest", "hypothesis", "msgspec"} <= told.keys()
