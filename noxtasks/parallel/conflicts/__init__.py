"""Which tests cannot run at the same time, and what do they share?

One sequential run notes what each test uses of what processes share (files, folders, ports, databases, sockets), by
audit events. Two that use the same thing, of which one changes it, are *nominated*; that proves nothing yet, since many
a shared file does no harm. So they are then run at the same time, in two processes that take turns where they use it,
in each order that may make a difference; and, as a control, one after the other, with pauses at the same places. A
conflict is *proven* where they fail together beyond chance and never one after the other; the trials of the proof are
others than those that raised the suspicion.
"""

from __future__ import annotations

from noxtasks.parallel.conflicts.grouping import group
from noxtasks.parallel.conflicts.model import Conflict, Findings, Kind, Resource, Standing
from noxtasks.parallel.conflicts.run import find, run

__all__ = ["Conflict", "Findings", "Kind", "Resource", "Standing", "find", "group", "run"]
