"""How long a process waits for a processor that others have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from noxtasks.suite.launch import PROBE_FOLDER

TOLD = Path("/proc/self/schedstat")
SHARED = """
import os, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from noxtasks_probe.delays import Delay
delay, parent = Delay(), os.getpid()
if os.fork() == 0:
    while os.getppid() == parent:
        pass
    os._exit(0)
cpu_s, wall_s, delay_s = time.process_time(), time.perf_counter(), delay()
while time.process_time() < cpu_s + 0.02 or delay() - delay_s < 0.005:
    pass
time.sleep(0.01)
ends = time.process_time(), delay(), time.perf_counter()  # so that a turn of others between them counts as sleep
print(ends[0] - cpu_s, ends[1] - delay_s, ends[2] - wall_s)
"""


@pytest.mark.skipif(not TOLD.exists(), reason="this system does not tell it")
def test_what_others_take_is_told_and_what_is_slept_is_not() -> None:
    env = {**os.environ, "PYTHONPATH": str(PROBE_FOLDER)}
    done = subprocess.run([sys.executable, "-c", SHARED], env=env, check=True, capture_output=True, text=True)
    cpu_s, delay_s, wall_s = map(float, done.stdout.split())
    assert 0.005 <= delay_s <= wall_s - cpu_s - 0.009
