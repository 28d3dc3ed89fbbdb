"""See README.md."""

import time


def turns(seconds):
    until, count = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        count += 1
    return count


def test_is_in_time():
    began, cpu_s = time.perf_counter(), time.process_time()
    while time.process_time() - cpu_s < 0.02:
        pass
    assert time.perf_counter() - began < 0.12


def test_steady():
    assert turns(0.001)
