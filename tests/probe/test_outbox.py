"""What a worker notes of its tests is there for the other process, whatever becomes of the worker."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.probe.noxtasks_probe.outbox import Outbox, parted, single


@given(st.lists(st.binary(max_size=30), max_size=10))
def test_what_was_noted_is_read_in_its_order(told: list[bytes]) -> None:
    outbox = Outbox()
    assert all(outbox.end(each) for each in told)
    assert list(parted(outbox.content())) == told
    outbox.clear()
    assert outbox.content() == b""


def test_what_has_no_room_is_left_to_the_caller() -> None:
    outbox = Outbox(size=4096)
    assert outbox.end(b"first")
    assert not outbox.end(b"x" * 4096)
    assert list(parted(outbox.content())) == [b"first"]
    assert list(parted(single(b"alone"))) == [b"alone"]


def test_a_test_is_under_way_until_it_is_noted() -> None:
    outbox = Outbox()
    assert outbox.under_way() == (None, 0.0)
    outbox.begin(0, 12.5)
    place, since_s = outbox.under_way()
    assert place == 0
    assert since_s == pytest.approx(12.5)
    outbox.end(b"")
    assert outbox.under_way()[0] is None


@pytest.mark.skipif(sys.platform == "win32", reason="workers are forked")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_what_a_process_noted_outlives_it_and_it_sees_that_it_shall_stop() -> None:
    outbox = Outbox()
    outbox.stop()
    if (pid := os.fork()) == 0:
        outbox.end(b"stopped" if outbox.is_stopped() else b"not stopped")
        outbox.begin(7, 1.0)
        os._exit(3)
    os.waitpid(pid, 0)
    assert list(parted(outbox.content())) == [b"stopped"]
    assert outbox.under_way()[0] == 7
    outbox.close()
