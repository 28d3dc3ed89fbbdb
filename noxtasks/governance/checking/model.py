"""What `governance.yaml` says, what the project holds, and what comes of it: frozen values."""

from __future__ import annotations

from enum import Enum

import msgspec

from noxtasks.evidence.events import Event
from noxtasks.evidence.gating.model import Document, Evaluation, Gate, Level
from noxtasks.stats import Verdict

NAME = "governance.yaml"
"""The file, at the root of the project."""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Words, and the line on which they stand."""

    text: str
    line: int


class Pattern(Enum):
    """The plan's five patterns (its section 7)."""

    TRIANGLE = "triangle"
    CIRCLE = "circle"
    SPIRAL = "spiral"
    GOLDEN_RATIO = "golden ratio"
    FRACTAL = "fractal"


DIMENSIONS = (
    "motivational", "relational", "situational", "resource", "narrative", "recursive", "computational", "emergent",
    "temporal", "spatial", "holistic", "validation", "integration",
)  # fmt: skip
"""The plan's thirteen (its section 6)."""


class Milestone(msgspec.Struct, frozen=True, kw_only=True):
    """A step on the way. `after` are those that come before it."""

    name: str
    line: int
    title: str = ""
    after: tuple[Text, ...] = ()
    retrospective: Text | None = None

    @property
    def archive(self) -> str:
        """What `noxtasks bundle` calls the archive that closes it."""
        return f"{self.name}-completion.tar.gz"


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted. It begins in the first of its milestones; `after` are objectives that it waits for."""

    name: str
    line: int
    title: str = ""
    milestones: tuple[Text, ...] = ()
    after: tuple[Text, ...] = ()
    question: Text | None = None
    session: Text | None = None
    artifact: Text | None = None
    gate: Text | None = None
    event: Text | None = None


class Deliverable(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed over: an artifact of the reports, or a file of the repository with the digest that it had."""

    name: str
    line: int
    milestone: Text | None = None
    artifact: Text | None = None
    file: Text | None = None
    sha256: Text | None = None


class Dimension(msgspec.Struct, frozen=True, kw_only=True):
    """One side of the whole: what it means in this project, and where that can be seen."""

    name: str
    line: int
    application: Text | None = None
    evidence: tuple[Text, ...] = ()


class Risk(msgspec.Struct, frozen=True, kw_only=True):
    """What may go wrong. `calm` is the gate that holds as long as it does not: the trigger turned round."""

    name: str
    line: int
    title: str
    calm: Gate
    level: Level = Level.ADVISORY
    mitigation: str = ""
    rollback: str = ""
    milestone: Text | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    milestones: tuple[Milestone, ...] = ()
    objectives: tuple[Objective, ...] = ()
    deliverables: tuple[Deliverable, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    risks: tuple[Risk, ...] = ()
    patterns: dict[Pattern, Level] = {}  # where not said: LEVELS
    pattern_lines: dict[Pattern, int] = {}


LEVELS = dict.fromkeys(Pattern, Level.BLOCKING) | {Pattern.GOLDEN_RATIO: Level.ADVISORY}
"""Few tests that do most of the work are a property of a suite, and no fault of it."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The names that there are: what an objective may refer to."""

    sessions: tuple[str, ...]
    gates: tuple[str, ...]
    events: tuple[str, ...]
    artifacts: tuple[str, ...]  # with a schema, or listed among the reports


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """The digests of `SHA256SUMS`, and what its check has found wrong, both by name."""

    digests: dict[str, str] = {}
    wrong: dict[str, str] = {}


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """The events of the project, oldest first; or why they say nothing."""

    events: tuple[Event, ...] = ()
    refusal: str = ""


class Rule(Enum):
    """What can be broken."""

    ORPHAN = "orphan"  # an objective, a deliverable or a risk without a milestone that there is
    IDLE = "idle milestone"  # no objective is anchored to it
    UNKNOWN = "unknown name"
    CYCLE = "cycle"
    DIGEST = "no digest"
    DIMENSION = "dimension"
    EVIDENCE = "evidence"
    PATTERN = "pattern"
    RISK = "risk"


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a rule is broken. `line` is one of `governance.yaml`."""

    rule: Rule
    name: str
    message: str
    line: int
    remedy: str = ""


class Standing(Enum):
    """What became of a piece of evidence that was looked up."""

    FOUND = "found"
    MISSING = "missing"
    UNCHECKED = "unchecked"  # it is elsewhere: its form is right, and nobody has looked


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of evidence, looked up."""

    text: str
    line: int
    standing: Standing
    reason: str = ""


class Addressed(msgspec.Struct, frozen=True, kw_only=True):
    """A dimension, looked into. `wrong` says what its application lacks."""

    name: str
    line: int
    application: str
    wrong: str
    evidence: tuple[Reference, ...]

    @property
    def holds(self) -> bool:
        """Whether it has an application, and evidence all of which stands where it is said to."""
        is_backed = bool(self.evidence) and all(each.standing is not Standing.MISSING for each in self.evidence)
        return is_backed and not self.wrong


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A deliverable, looked for. `reason` says why its digest is not in evidence."""

    deliverable: Deliverable
    sha256: str | None
    reason: str = ""
    remedy: str = ""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern, judged. `details` are what broke it, each with its line, 0 where it is of no line."""

    pattern: Pattern
    verdict: Verdict
    reason: str
    figure: float | None = None
    threshold: float | None = None
    details: tuple[Text, ...] = ()
    told: tuple[str, ...] = ()  # what else to know
    command: str = ""  # that would measure it


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A risk, and its trigger as the artifacts have it: it has fired where the gate of calm fails."""

    risk: Risk
    evaluation: Evaluation

    @property
    def is_fired(self) -> bool:
        """Whether what was feared is there."""
        return self.evaluation.verdict is Verdict.FAIL


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What the whole comes to."""

    plan: Plan
    sha256: str  # of governance.yaml
    verdict: Verdict
    violations: tuple[Violation, ...]
    advice: tuple[Violation, ...]  # what is broken, and only told
    unmeasured: tuple[Text, ...]  # patterns and risks that would block, and of which nothing is known
    dimensions: tuple[Addressed, ...]
    deliverables: tuple[Held, ...]
    patterns: tuple[Judged, ...]
    risks: tuple[Watched, ...]

    @property
    def completeness(self) -> float | None:
        """The share of the deliverables whose digest is in evidence; None without any."""
        return (
            sum(not each.reason for each in self.deliverables) / len(self.deliverables) if self.deliverables else None
        )


Documents = dict[str, Document]
"""Artifacts by name, as they were found."""
