"""Carries out the order in the file that `NOXTASKS_ORDER` names; see the package.

The order has `functions` (each with `key` and `mutants`: name, before, after), `tests` and `pytest_args` for the
calls, `folder` (an empty one), `limit_s` for all on the clock, `cpu_s` of processor time for all and `each_s` for each
mutant, and `answer`, the file that gets a line of JSON for each mutant that is told from its original.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from . import searching
from .recording import Recorder, Target


def main() -> int:
    """Record, search, answer; the exit status."""
    order = json.loads(Path(os.environ.pop("NOXTASKS_ORDER")).read_text("utf-8"))
    sys.path[:] = [os.path.abspath(entry) for entry in sys.path]
    os.environ["MUTANT_UNDER_TEST"] = ""
    functions = {each["key"]: each["mutants"] for each in order["functions"]}
    recorder = Recorder(list(functions), order["tests"])
    pytest.main(order["pytest_args"], plugins=[recorder])
    ends_s, ends_cpu_s = time.monotonic() + order["limit_s"], _cpu_s() + order["cpu_s"]
    waiting = [(target, functions[key]) for key, target in recorder.targets.items()]
    errors: list[str] = []
    with open(order["answer"], "w", encoding="utf-8") as answer:
        while waiting and (left_s := min(ends_s - time.monotonic(), ends_cpu_s - _cpu_s())) > 0:
            target, mutants = waiting.pop(0)
            fair_s = 2 * left_s / (len(waiting) + 2)
            found, error = _search(target, mutants, order["folder"], min(fair_s, order["each_s"] * len(mutants)))
            errors += [f"{target.key}: {error}"] if error else []
            answer.writelines(json.dumps(told) + "\n" for told in found)
            answer.flush()
    print(*errors, sep="\n", file=sys.stderr)
    return 1 if errors else 0


def _cpu_s() -> float:
    """Of this process and of the children that it has waited for."""
    return sum(os.times()[:4])


def _search(
    target: Target, mutants: list[dict[str, str]], folder: str, limit_s: float
) -> tuple[list[dict[str, str]], str]:
    try:
        return searching.search(target, mutants, folder, limit_s)
    except OSError:  # no process to be had: the next function may have more luck
        return [], ""


if __name__ == "__main__":
    sys.exit(main())
