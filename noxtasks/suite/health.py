"""How far a suite can be collected, and what keeps the rest from it: the probe's facts in, causes with remedies out.

Every broken file is told, each with its own cause; the sound ones are not held back by them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from noxtasks.suite import collection_errors, fixture_errors, startup_errors
from noxtasks.suite.causes import Cause, Finding, Health, Kind
from noxtasks.suite.collection import Collection
from noxtasks.suite.import_errors import Surroundings
from noxtasks.suite.problems import Facts, Problem, Raised, read_facts, read_problems

__all__ = ["Cause", "Health", "Kind", "diagnose", "render", "to_artifact"]

_WIDTH = 80  # columns of the terminal report
_FILES_SHOWN = 12  # files listed under one cause
_ORDER = {kind: place for place, kind in enumerate(Kind)}
_EXIT_CODES_OF_PYTEST = range(6)


def of(collection: Collection, *, local: Mapping[str, Sequence[str]], installed: Mapping[str, str] = {}) -> Health:
    """Judge `collection`, as `diagnose` does; `installed` is for one whose probe did not come to tell what is there."""
    return diagnose(
        collection.problems,
        collection.facts,
        exit_code=collection.exit_code,
        output=collection.output,
        installed=collection.facts.get("distributions") or installed,
        local=local,
    )


def diagnose(
    problems: Sequence[Mapping[str, Any]],
    facts: Mapping[str, Any],
    *,
    exit_code: int | None,
    output: str,
    installed: Mapping[str, str],
    local: Mapping[str, Sequence[str]],
) -> Health:
    """Judge a collection.

    `problems` and `facts` are what the probe told, `exit_code` how the process ended (None: it did not, and either is
    ready to run or hangs; negative: by a signal), `output` what pytest printed. `installed` maps normalised names of
    distributions to versions (`facts["distributions"]`), `local` is what `local_names` found in the user's tree.
    Where the process died or hung, `facts["importing"]` names the file that it had begun to import.

    Raises `msgspec.ValidationError` for problems or facts that the probe never tells.
    """
    known = read_facts(facts)
    around = Surroundings(
        installed=installed, local=local, python=known.python, pytest=known.pytest, inifile=known.inifile
    )
    causes = [_cause(problem, known, around) for problem in read_problems(problems)]
    complete = known.items is not None
    if not complete and not any(cause.blocking for cause in causes):
        causes.append(_at_startup(known, around, exit_code, output))
    if known.items == 0 and not any(cause.blocking for cause in causes):
        causes.append(_no_tests(known))
    broken = {module for cause in causes if cause.blocking for module in cause.modules}
    lost = {path for paths in known.lost.values() for path in paths}
    return Health(
        modules=len({*known.modules, *lost, *broken}),
        broken=tuple(sorted(broken)),
        skipped=len(known.skipped),
        items=known.items or 0,
        unrunnable=known.unrunnable,
        deselected=known.deselected,
        complete=complete,
        causes=tuple(sorted(causes, key=_place)),
    )


def render(health: Health) -> str:
    """The report for a terminal: at most 80 columns (paths longer than that apart), always in the same order."""
    lines = textwrap.wrap(_summary(health), _WIDTH)
    blocking = [cause for cause in health.causes if cause.blocking]
    remarks = [cause for cause in health.causes if not cause.blocking]
    for causes, title in ((blocking, ""), (remarks, "not broken, but worth mending: ")):
        for kind, group in groupby(causes, key=lambda cause: cause.kind):
            lines += ["", f"{title}{kind.value}"]
            for _, same in groupby(group, key=lambda cause: (cause.message, cause.remedy)):
                lines += _rendered(list(same))
    return "\n".join(lines) + "\n"


def to_artifact(health: Health) -> dict[str, Any]:
    """The body of `collection.health.json`."""
    return {
        "modules": health.modules,
        "broken_modules": list(health.broken),
        "error_rate": health.error_rate,
        "skipped_modules": health.skipped,
        "tests": {"collected": health.items, "unrunnable": health.unrunnable, "deselected": health.deselected},
        "complete": health.complete,
        "causes": [_told_in_full(cause) for cause in health.causes],
    }


def _told_in_full(cause: Cause) -> dict[str, Any]:
    """A cause as the artifact holds it. That a distribution is a guess stands in the remedy, in words."""
    told: dict[str, Any] = msgspec.to_builtins(cause)
    del told["guessed"]
    return {**told, "modules": list(cause.modules)}


def _cause(problem: Problem, facts: Facts, around: Surroundings) -> Cause:  # noqa: PLR0911 - one for each place
    """The cause that one problem of the probe tells of."""
    if problem.where == "watcher":
        message = f"the probe could not watch the collection: {problem.chain[0].type}: {problem.chain[0].message}"
        remedy = "This is a defect of noxtasks: please report it, with the versions of Python and pytest."
        return Cause(kind=Kind.DEFECT, message=message, remedy=remedy, blocking=False)
    if problem.where == "usefixtures":
        return _with_place(
            problem,
            Finding(
                kind=Kind.USEFIXTURES_OF_NOTHING,
                message="usefixtures names no fixture, so it has no effect",
                remedy="Take the mark away, or name the fixtures that it shall use.",
            ),
            blocking=False,
        )
    if problem.fixture is not None:
        return _with_place(problem, fixture_errors.explain(problem.fixture, around))
    if problem.where == "startup":
        return _started_badly(problem, facts, around)
    found = collection_errors.explain(problem, facts, around)
    if problem.where == "internal":
        return _with_place(problem, _of_hook(problem, found))
    if problem.where == "conftest" and found.kind is not Kind.CONFTEST:
        return _with_place(problem, msgspec.structs.replace(found, kind=Kind.CONFTEST), reason=found.kind)
    return _with_place(problem, found)


def _of_hook(problem: Problem, found: Finding) -> Finding:
    """What a hook raised: the fault of the conftest that holds it, or else of a plugin."""
    hook = next((frame.function for frame in problem.frames if frame.function.startswith("pytest_")), "")
    at_home = any(frame.path.endswith("conftest.py") for frame in problem.frames)
    return msgspec.structs.replace(
        found,
        kind=Kind.CONFTEST if at_home else Kind.PLUGIN,
        message=f"{found.message}, raised by the hook {hook}" if hook else found.message,
        remedy=startup_errors.MEND_HOOK if found.kind is Kind.RAISED else found.remedy,
    )


def _with_place(problem: Problem, found: Finding, *, reason: Kind | None = None, blocking: bool = True) -> Cause:
    """The cause at the place that the finding knows, else at the user's innermost frame, else at the file itself."""
    frame = problem.frames[-1] if problem.frames else None
    at_file = frame is None or problem.where in {"fixture", "usefixtures"}
    path = found.path or (problem.path if at_file or frame is None else frame.path)
    line = found.line or (problem.line if at_file or frame is None else frame.line)
    return Cause(
        kind=found.kind,
        message=found.message,
        remedy=found.remedy,
        path=path,
        line=line,
        nodeid=problem.nodeid,
        reason=reason,
        distribution=found.distribution,
        guessed=found.guessed,
        modules=tuple(sorted(problem.modules)),
        tests=problem.test_count,
        blocking=blocking,
    )


def _started_badly(problem: Problem, facts: Facts, around: Surroundings) -> Cause:
    """What made pytest give up while it loaded plugins and conftests."""
    error = problem.chain[0] if problem.chain else Raised()
    found = startup_errors.explain(f"ERROR: {error.message}\n", around)
    if found.kind is not Kind.PLUGIN and not error.type.endswith("UsageError"):
        found = _of_hook(problem, collection_errors.explain(problem, facts, around))
    imports = len(problem.chain) > 1 and problem.chain[1].is_a("ImportError")
    return _with_place(problem, found, reason=Kind.MISSING_IMPORT if imports and found.kind is Kind.PLUGIN else None)


def _at_startup(facts: Facts, around: Surroundings, exit_code: int | None, output: str) -> Cause:
    """Why pytest did not get to the end of collecting, where the probe told of no problem."""
    modules = (facts.importing,) if facts.importing else ()
    where = f" while it imported {facts.importing}" if facts.importing else " while it collected"
    if exit_code is None:
        return Cause(
            kind=Kind.HANG,
            message=f"pytest was still collecting{where} when the time was up",
            remedy="Look for what waits at import: a connection, a lock, input; move it into a fixture.",
            path=facts.importing,
            modules=modules,
        )
    if exit_code not in _EXIT_CODES_OF_PYTEST:
        how = f"signal {-exit_code}" if exit_code < 0 else f"exit status {exit_code}"
        return Cause(
            kind=Kind.CRASH,
            message=f"the process ended by {how}{where}",
            remedy=(
                "Run python -X faulthandler -m pytest --collect-only on that file to see where: it may be an extension "
                "module that crashes, os._exit(), or too little memory."
            ),
            path=facts.importing,
            modules=modules,
        )
    found = startup_errors.explain(output, around)
    return _with_place(Problem(where="startup", modules=facts.modules), found)


def _no_tests(facts: Facts) -> Cause:
    """Everything is sound, and there is nothing to run."""
    settings = facts.inifile or "the pytest configuration"
    where = ", ".join(facts.arguments or facts.testpaths) or "the root directory"
    if facts.deselected:
        options = [f"-{key} {value!r}" for key, value in (("k", facts.keyword), ("m", facts.markexpr)) if value]
        by = " and ".join(options) or "a plugin or a conftest.py"
        message = f"every test is deselected by {by} ({facts.deselected} in all)"
        remedy = "Widen the expression; it may also stand in addopts." if options else "Look for what deselects them."
    elif facts.modules and len(facts.skipped) == len(facts.modules):
        message = f"every test file skips itself ({len(facts.modules)} in all)"
        remedy = "See their reasons with pytest -rs, and give the environment what they ask for."
    elif facts.modules:
        names = f"functions {', '.join(facts.python_functions)}; classes {', '.join(facts.python_classes)}"
        message = f"{len(facts.modules)} test file(s) hold no test that the patterns match ({names})"
        remedy = f"Rename the tests, or set python_functions and python_classes in {settings}."
    else:
        message = f"no file in {where} matches {', '.join(facts.python_files) or 'the patterns'}"
        remedy = f"Correct testpaths or python_files in {settings}, or name the folder of the tests."
    return Cause(kind=Kind.NO_TESTS, message=message, remedy=remedy)


def _place(cause: Cause) -> tuple[bool, int, str, str, str, int, str]:
    """Where a cause stands in reports: by kind, then what is said the same way together, then by file."""
    return (
        not cause.blocking,
        _ORDER[cause.kind],
        cause.message,
        cause.remedy,
        cause.path,
        cause.line,
        cause.nodeid,
    )


def _summary(health: Health) -> str:
    tests = f"{health.runnable} tests can run"
    if health.unrunnable:
        tests += f", {health.unrunnable} cannot"
    if not health.complete:
        tests = "pytest did not collect to the end"
    if health.error_rate is None:
        return f"Collection: {tests}."
    rate = f"{100 * health.error_rate:.1f} %"
    return f"Collection: {len(health.broken)} of {health.modules} test modules are broken ({rate}); {tests}."


def _rendered(causes: list[Cause]) -> Iterator[str]:
    """Causes that say the same, as one: where, what they break, what is wrong, and what to do."""
    places = [list(same) for _, same in groupby(causes, key=lambda cause: (cause.path, cause.line, cause.reason))]
    for same in places[:_FILES_SHOWN]:
        first = same[0]
        place = f"{first.path}:{first.line}" if first.path and first.line else first.path
        if place:
            yield f"  {place}" + (f" ({first.reason.value})" if first.reason else "")
        others = sorted({module for cause in same for module in cause.modules if module != first.path})
        yield from (f"    breaks {module}" for module in others[:_FILES_SHOWN])
        if len(others) > _FILES_SHOWN:
            yield f"    and {len(others) - _FILES_SHOWN} more files"
    if len(places) > _FILES_SHOWN:
        yield f"  and {len(places) - _FILES_SHOWN} more places"
    for text, mark in ((causes[0].message, "    "), (causes[0].remedy, "    -> ")):
        yield from textwrap.wrap(
            text, _WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False
        )
