"""Does the project keep the rules that it has set itself?

`governance.yaml` says what the project is for: milestones, objectives, deliverables, dimensions and risks. What it says
is held against itself (no orphan, no cycle), against the repository (files, headings, digests) and against the
artifacts and events that the other objectives have written. What cannot be looked up is told as unmeasured.

- `document`      YAML as a tree with lines
- `reading`       the tree as values, and all that is wrong with it
- `names`         what was meant by a name, and which there are
- `graphs`        cycles
- `anchoring`     every objective in a milestone, every milestone with an objective
- `references`    where evidence stands: in an artifact, in a file, elsewhere
- `deliverables`  digests
- `dimensions`    the thirteen dimensions, each with an application and evidence
- `patterns`      the five patterns, as predicates that can fail
- `ratio`         the one of them about tests that do most of the work
- `covering`      how few tests do most of the work
- `risks`         triggers, and what to do when one fires
- `recording`     the digests of files as they are now, written into the plan
"""

from __future__ import annotations

from noxtasks.governance.checking.run import run

__all__ = ["run"]
