"""May this be merged?

One table of gates over artifacts: each names the artifact, the figure in it, the operator and the threshold. Digests
are verified first; an artifact that is not there, altered, unfinished or about other code leaves its gate unmeasured.
"""

from __future__ import annotations

from noxtasks.gates.run import run

__all__ = ["run"]
