"""Python's own pools: where the next blocks come to lie, in an interpreter of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from noxtasks import probe

SCRIPT = """
import json, sys
from noxtasks_probe import pools

holes = [[bytes(size - 33) for _ in range(700)] for size in range(48, 513, 16)]
for each in holes:
    del each[:: int(sys.argv[1])]
kept = []

def made(size):
    return bytes(size - 33) if size > 33 else 1j + size

def following(size):
    blocks = [None] * 5
    kept.append(blocks)
    for place in range(5):
        blocks[place] = made(size)
    return [(id(block) % pools._POOL - pools._HEADER) / size for block in blocks]

of = pools.Pools()
told = {}
for layout in range(3):
    of.lay_out(layout)
    told[layout] = {size: following(size) for size in (32, 48, 128, 272)}
of.lay_out(0)
print(json.dumps([of._are_used, of._place, told, len(of._before), pools._MOST]))
"""


def places(python: Path, every: int, **variables: str) -> Any:
    """Where the next blocks of some sizes lie in each layout, counted in blocks, where many holes were before."""
    given = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}  # all else lies in memory
    environment = {**given, "PYTHONPATH": str(Path(probe.__file__).parent), "PYTHONHASHSEED": "0", **variables}
    command = [str(python), "-c", SCRIPT, str(every)]
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)


def test_whatever_lay_free_the_next_blocks_lie_in_a_fresh_pool_in_another_part_in_each_layout(python: Path) -> None:
    are_used, taken, told, before, most = places(python, 7)
    if not are_used:
        pytest.skip("this Python does not use pools")
    assert told == places(python, 2)[2]
    assert taken < 20_000
    assert 0 < before < most // 8  # an arena from the other allocator was seen to begin
    for size in (48, 128, 272):
        last, *others = (told[layout][str(size)][-1] for layout in ("0", "1", "2"))
        assert last < 24
        part = 16336 // size // 5 + 5  # blocks that are kept of the layout before
        assert others == pytest.approx([last + part, last + 2 * part], abs=12)


def test_where_there_are_no_pools_nothing_is_taken(python: Path) -> None:
    assert places(python, 2, PYTHONMALLOC="malloc")[:2] == [False, 0]
