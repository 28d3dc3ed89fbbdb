"""Each deliverable has a digest in evidence: among the reports, or recorded, and still true."""

from __future__ import annotations

import hashlib

from noxtasks.governance.checking import deliverables
from noxtasks.governance.checking.model import Deliverable, Held, Listed, Plan, Rule, Text

GUIDE = b"Read this.\n"
SHA256 = hashlib.sha256(GUIDE).hexdigest()


def held(**parts: str) -> Held:
    said = {name: Text(text=text, line=place) for place, (name, text) in enumerate(parts.items(), start=5)}
    plan = Plan(deliverables=(Deliverable(name="it", line=4, **said),))
    contents = {"guide.md": GUIDE}
    (found,) = deliverables.look_for(
        plan,
        Listed(digests={"a.json": "a" * 64, "b.json": "b" * 64}, wrong={"b.json": "changed"}),
        contents.get,
        "there is no file {}".format,
    )
    return found


def test_an_artifact_that_is_listed_and_whole_has_one() -> None:
    assert (held(artifact="a.json").sha256, held(artifact="a.json").reason) == ("a" * 64, "")


def test_one_that_is_altered_or_not_there_has_none() -> None:
    assert held(artifact="b.json").reason == "b.json: changed"
    assert held(artifact="c.json").reason == "c.json is not among the reports"
    assert held(artifact="b.json").sha256 is None


def test_a_file_has_the_digest_that_is_recorded_while_it_is_true() -> None:
    assert held(file="guide.md", sha256=SHA256).sha256 == SHA256
    changed = held(file="guide.md", sha256="0" * 64)
    assert (changed.reason, changed.remedy) == ("guide.md is not what was recorded", deliverables.RECORD)
    unrecorded = held(file="guide.md")
    assert (unrecorded.reason, unrecorded.remedy) == ("no digest of it is recorded", deliverables.RECORD)
    assert held(file="guido.md", sha256=SHA256).reason == "there is no file guido.md"


def test_each_without_one_is_named_with_the_line_to_look_at() -> None:
    (violation,) = deliverables.violations([held(artifact="a.json"), held(file="guide.md", sha256="0" * 64)])
    assert (violation.rule, violation.name, violation.line) == (Rule.DIGEST, "it", 6)
    (violation,) = deliverables.violations([held()])
    assert (violation.line, violation.message) == (4, "it: it is neither an artifact nor a file")
