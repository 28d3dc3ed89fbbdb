"""How many cores there are for this process."""

from __future__ import annotations

import os
from pathlib import Path


def available_cores() -> int:
    """How many cores this process may use: those of its affinity, no more than the quota of its control group."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(affinity, int(cgroup_quota(Path("/sys/fs/cgroup")))))


def cgroup_quota(folder: Path) -> float:
    """Cores that the control group allows (version 2, or version 1 where it is mounted); infinite without a limit."""
    try:
        quota, period = (folder / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:
            quota = (folder / "cpu" / "cpu.cfs_quota_us").read_text("ascii").strip()
            period = (folder / "cpu" / "cpu.cfs_period_us").read_text("ascii").strip()
        except OSError:
            return float(os.cpu_count() or 1)
    if not quota.isdigit():  # "max", or -1
        return float(os.cpu_count() or 1)
    return max(1.0, int(quota) / int(period))
