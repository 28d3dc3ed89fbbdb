"""How much longer every benchmark really takes for more units: the median ratio of many rounds in turn, in one process.

Called with percentages; writes a JSON object of those, each with the share (0.1 is 10 %) by benchmark.
"""

from __future__ import annotations

import functools
import json
import sys
import tempfile
import time
from collections.abc import Callable
from math import ceil
from pathlib import Path
from statistics import median

import workshop
from units import UNITS

_ROUNDS = 50
_ROUND_S = 0.01


def main(percentages: list[int]) -> None:
    """Measure all and write."""
    with tempfile.TemporaryDirectory() as folder:
        found = {percent: {name: _share(name, percent, Path(folder)) for name in UNITS} for percent in percentages}
    json.dump(found, sys.stdout)


def _share(name: str, percent: int, folder: Path) -> float:
    more = UNITS[name] * percent // 100
    old, new = (_work(name, UNITS[name] + each, folder) for each in (0, more))
    _round(old, 1)
    calls = ceil(_ROUND_S / _round(old, 1))
    rounds = [(_round(old, calls), _round(new, calls)) for _ in range(_ROUNDS)]
    return median(new_s / old_s for old_s, new_s in rounds) - 1


def _work(name: str, units: int, folder: Path) -> Callable[[], object]:
    places = (folder,) if name == "stored" else ()
    return functools.partial(getattr(workshop, name), units, *places)


def _round(work: Callable[[], object], calls: int) -> float:
    began_s = time.process_time()
    for _ in range(calls):
        work()
    return time.process_time() - began_s


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
