"""What pytest saw when it collected, on each interpreter, as what the audit knows of markers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from noxtasks.markers.assembly import Seen
from noxtasks.markers.model import BUILTIN, Observation, Reference, Registration, Use
from noxtasks.suite.marking import Marking, RegisteredLine

_NAME = re.compile(r"\s*([^:(]*[^:(\s])")


def observation(marking: Marking) -> Observation:
    """How far one interpreter's collection got."""
    hello = marking.hello
    return Observation(
        interpreter=f"{hello.implementation} {hello.python}" if hello else "an interpreter that did not start pytest",
        tests=len(marking.tests),
        outside=marking.outside,
        broken=tuple(sorted({path for problem in marking.problems if (path := str(problem.get("path", "")))})),
        is_complete=marking.is_complete,
        reason=marking.reason,
    )


def seen(markings: Sequence[Marking], sources: Collection[str]) -> Seen | None:
    """All that was seen, on all interpreters; None where that is nothing.

    `sources` are the paths of the project's own files: what others do, plugins and what is installed in a virtual
    environment within the project, is not the project's.
    """
    if not any(marking.tests for marking in markings):
        return None
    places: dict[str, int] = {}
    paths: list[str] = []
    carriers: dict[str, set[int]] = defaultdict(set)
    references: set[Reference] = set()
    registrations: set[Registration] = set()
    elsewhere: set[str] = set()
    for marking in markings:
        for test in marking.tests:
            if test.test not in places:
                places[test.test] = len(paths)
                paths.append(test.path)
            for marker in test.before | test.after:
                carriers[marker].add(places[test.test])
        for how, found in (("put on tests when collected", marking.added), ("made when collected", marking.made)):
            references |= {
                Reference(marker=each.marker, path=each.path, line=each.line, use=Use.DYNAMIC, how=how)
                for each in found
                if each.path in sources
            }
        for line in marking.registered:
            registration = _registration(line)
            if registration is not None and line.path in sources:
                registrations.add(registration)
            elif registration is not None and line.line:
                elsewhere.add(registration.marker)
    return Seen(
        paths=tuple(paths),
        carriers={marker: frozenset(tests) for marker, tests in carriers.items()},
        references=tuple(sorted(references)),
        registrations=tuple(sorted(registrations)),
        is_whole=all(marking.is_complete and not marking.problems for marking in markings),
        elsewhere=frozenset(elsewhere - {each.marker for each in registrations}),
    )


def _registration(line: RegisteredLine) -> Registration | None:
    found = _NAME.match(line.text)
    if found is None or found[1] in BUILTIN:
        return None
    head, _, description = line.text.partition(":")
    return Registration(
        marker=found[1],
        path=line.path,
        line=line.line,
        how="addinivalue_line",
        description=description.strip(),
        signature=head.strip() if "(" in head else "",
        is_shipped=False,
    )
