"""The benchmarks of our own critical paths are no tests of this suite; that each of them passes is seen here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.functional
def test_our_own_benchmarks_pass_when_each_is_called_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--benchmark-disable", "benchmarks/test_critical_paths.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) >= 10
