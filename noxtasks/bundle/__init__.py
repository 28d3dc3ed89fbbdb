"""Can anyone prove, later, what was measured?

All artifacts, the chain of events and their digests in one archive that is the same, byte for byte, whenever it is
made of the same artifacts, with in-toto statements about them, which may be signed. Who has the archive can verify it
without the project. Each of the plan's milestones has an archive of its own, which says which of its gates hold.
"""

from __future__ import annotations

from noxtasks.bundle.run import run, verify

__all__ = ["run", "verify"]
