"""What pytest keeps of a test elsewhere than in its reports: what JUnit is to say of it, and which subtests failed.

A worker takes that out of its own copy, and the process that it came from puts it into its.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import pytest


class Taken(NamedTuple):
    """What was kept of one test."""

    properties: List[Tuple[str, str]]  # of the whole suite, for JUnit
    attributes: Dict[Any, Any]  # of the test, for JUnit
    subtests: Dict[Any, int]  # how many failed, by test


class Aside:
    """Where it is kept in this process."""

    def __init__(self, config: pytest.Config) -> None:
        self._xml = _stashed(config, "_pytest.junitxml", "xml_key")
        self._failed = _stashed(config, "_pytest.subtests", "failed_subtests_key")  # since pytest 9
        self._known = len(self._xml.global_properties) if self._xml is not None else 0

    def taken(self, nodeid: str) -> Optional[Taken]:
        """What has come, lately, of the test; None where that is nothing."""
        properties: List[Tuple[str, str]] = []
        attributes: Dict[Any, Any] = {}
        if self._xml is not None:
            properties = self._xml.global_properties[self._known :]
            self._known += len(properties)
            reporter = self._xml.node_reporters.pop((nodeid, None), None)
            attributes = dict(reporter.attrs) if reporter is not None else {}
        subtests: Dict[Any, int] = {}
        if self._failed:
            subtests = dict(self._failed)
            self._failed.clear()
        return Taken(properties, attributes, subtests) if properties or attributes or subtests else None

    def give(self, nodeid: str, taken: Taken) -> None:
        """Keep here what was taken there. What each worker says alike of the whole suite is said once."""
        if self._xml is not None:
            known = self._xml.global_properties
            known += [each for each in taken.properties if each not in known]
            if taken.attributes:
                self._xml.node_reporter(nodeid).attrs.update(taken.attributes)
        for test, failed in taken.subtests.items():
            self._failed[test] += failed


def _stashed(config: pytest.Config, module: str, key: str) -> Any:
    found = getattr(sys.modules.get(module), key, None)
    return config.stash.get(found, None) if found is not None else None
