"""A pytest plugin that tells how much CPU its process has used: up to the end of collection, and in all.

Of the processes that noxtasks starts, only the warm ones get as far as the end of a session; the children that they
fork for the runs end before it, and are in the account of the process that has waited for them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

_collected = 0.0


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Note the CPU that start-up, imports and collection took."""
    global _collected  # noqa: PLW0603 - a plugin is a module, and this is its state
    times = os.times()
    _collected = times.user + times.system


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Append one line to the file that `NOXTASKS_SPEED_ACCOUNT` names: seconds of CPU."""
    times = os.times()
    account = {
        "start_up": _collected,
        "serving": times.user + times.system - _collected,
        "children": times.children_user + times.children_system,
    }
    with Path(os.environ["NOXTASKS_SPEED_ACCOUNT"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(account) + "\n")
