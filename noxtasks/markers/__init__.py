"""Which markers are alive, and which can go without breaking anything?

No single source knows. The code may apply a marker under a condition that does not hold here, a workflow may select
one that no test carries yet, a plugin may read one. So every source is read: registrations in every configuration file
and by code, applications and readers in the Python source, `-m` and `-k` in whatever starts pytest, git's history, and
what pytest itself sees when it collects. A marker is removable when none of them has a use for it, and unresolved when
a source cannot be read to its end.
"""

from __future__ import annotations

from noxtasks.markers.explain import explain
from noxtasks.markers.run import run

__all__ = ["explain", "run"]
