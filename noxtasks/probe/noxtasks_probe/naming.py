"""The names of tests: what every frame calls them by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest


def names(items: Iterable[pytest.Item], count: Counter[str] | None = None) -> list[str]:
    """Give a name per item: its node id; where several share one, the later ones get a number.

    `count` holds the node ids that have been met before, where the items come in parts.
    """
    count = Counter() if count is None else count
    found = []
    for item in items:
        nodeid = item.nodeid.encode("utf-8", "backslashreplace").decode("utf-8")
        count[nodeid] += 1
        found.append(nodeid if count[nodeid] == 1 else f"{nodeid} #{count[nodeid]}")
    return found
