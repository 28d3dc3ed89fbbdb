"""What it means that a file cannot be collected: from the exception that it raised to the cause and the remedy."""

from __future__ import annotations

import difflib
import re

import msgspec

from noxtasks.suite import distributions, import_errors
from noxtasks.suite.causes import Finding, Kind
from noxtasks.suite.import_errors import Surroundings
from noxtasks.suite.problems import Facts, Problem, Raised

_WRAPPERS = ("CollectError", "ConftestImportFailure", "PluginImportFailure")
"""Exceptions in which pytest wraps those of the user."""

_CLASH = re.compile(r"imported module '?([^\n']+)'? has this __file__ attribute:\n\s+(.+)\n.*\n\s+(.+)\n")
_MARKER = re.compile(r"'([^']+)' not found in `markers`|Unknown pytest\.mark\.(\w+)")
_NO_ARGUMENT = re.compile(r"function uses no (?:argument|fixture) '(\w+)'")
_NO_ATTRIBUTE = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'")
_PYTHON_2_NAME = re.compile(
    r"name '(unicode|basestring|xrange|raw_input|reduce|unichr|long|file|reload|execfile)' is not"
)
_PYTHON_2_SYNTAX = re.compile(
    r"Missing parentheses in call to '(?:print|exec)|multiple exception types must be parenthesized"
    r"|leading zeros in decimal"
)
_PYTHON_2_TEXT = re.compile(
    r"^\s*(?:print\s+['\"\w%]|exec\s+['\"\w]|raise\s+\w+\s*,|except\s+[\w.]+\s*,\s*\w+\s*:)|<>|\bur['\"]"
)
_NEWER_SYNTAX = (
    (re.compile(r"^match\s.+:\s*(?:#|$)|^case\s"), "3.10"),
    (re.compile(r"^except\s*\*"), "3.11"),
    (re.compile(r"^type\s+\w+(?:\[.*\])?\s*=|^(?:async\s+)?(?:def|class)\s+\w+\["), "3.12"),
    (re.compile(r"^except\s+\w+\s*,\s*\w+\s*:|\bt['\"]"), "3.14"),
)

_OF_PYTEST = (
    (
        "usefixtures() in ",
        Kind.USEFIXTURES_OF_NOTHING,
        "",
        "Take the mark away, or name the fixtures that it shall use.",
    ),
    (
        "Using pytest.skip outside of a test",
        Kind.RAISED,
        "pytest.skip is called when the module is imported",
        "Pass allow_module_level=True to skip the whole module, or mark the tests with pytest.mark.skip.",
    ),
    (
        "pytest_plugins' in a non-top-level conftest",
        Kind.CONFTEST,
        "pytest_plugins stands in a conftest.py below the root directory",
        "Move pytest_plugins into the conftest.py of {root}.",
    ),
)
"""A phrase of pytest, and what it means: kind, message (empty: its own), remedy."""


def explain(problem: Problem, facts: Facts, around: Surroundings) -> Finding:
    """What the exception that `problem` tells of means."""
    chain = [error for error in problem.chain if not error.type.endswith(_WRAPPERS)] or list(problem.chain)
    if not chain:
        return Finding(kind=Kind.RAISED, message="nothing is known of the error", remedy="Run pytest --collect-only.")
    error = chain[0]
    for explanation in (
        _by_pytest(problem, error, facts, around),
        _by_import(problem, chain, around),
        _by_type(error, around),
    ):
        if explanation is not None:
            return explanation
    message = f"{error.type}: {_first_line(error.message)}".rstrip(": ")
    wanted = import_errors.asked_for(error.message)
    if wanted:
        remedy = f"Add {wanted} to the test dependencies, as the message asks."
        return Finding(kind=Kind.RAISED, message=message, remedy=remedy, distribution=wanted)
    return Finding(kind=Kind.RAISED, message=message, remedy=_remedy(error, around))


def _by_pytest(problem: Problem, error: Raised, facts: Facts, around: Surroundings) -> Finding | None:
    """What pytest itself objects to."""
    if error.type.endswith("ImportPathMismatchError"):
        return _clash(problem, facts)
    marker = _MARKER.search(error.message)
    if marker:
        return _unknown_marker(marker.group(1) or marker.group(2), facts, around)
    for phrase, kind, message, remedy in _OF_PYTEST:
        if phrase in error.message or phrase in problem.chain[0].message:
            text = message or _first_line(error.message)
            return Finding(kind=kind, message=text, remedy=remedy.format(root=facts.rootdir or "the root directory"))
    unused = _NO_ARGUMENT.search(error.message)
    if unused:
        name = unused.group(1)
        remedy = f"Add {name} to the arguments of the test, or take it out of parametrize."
        return Finding(kind=Kind.RAISED, message=_first_line(error.message), remedy=remedy)
    return None


def _by_import(problem: Problem, chain: list[Raised], around: Surroundings) -> Finding | None:
    """An import error, or an error that was raised because of one."""
    at = problem.frames[-1].path if problem.frames else problem.path
    error = chain[0]
    if error.type.endswith(("PackageNotFoundError", "DistributionNotFound")):
        name = error.name or _first_line(error.message)
        return Finding(
            kind=Kind.OWN_PACKAGE
            if not error.name or error.name.replace("-", "_") in around.local
            else Kind.MISSING_IMPORT,
            message=f"the distribution {name} is not installed: its metadata is asked for at import",
            remedy=f"Install {name} in the test environment; pip install -e . if it is the project itself.",
            distribution=error.name,
        )
    if error.is_a("ImportError"):
        return import_errors.explain(error, at, around)
    for later in chain[1:]:
        if later.is_a("ImportError") and (later.link == "cause" or (later.name and later.name in error.message)):
            found = import_errors.explain(later, at, around)
            message = f"{found.message} ({error.type}: {_first_line(error.message)})"
            return msgspec.structs.replace(found, message=message)
    return None


def _by_type(error: Raised, around: Surroundings) -> Finding | None:
    if error.is_a("SyntaxError"):
        return _syntax(error, around)
    if error.is_a("SystemExit") or error.type.endswith("outcomes.Exit"):
        name = error.type.rpartition(".")[2]
        return Finding(
            kind=Kind.EXIT,
            message=f"{name}({_first_line(error.message)}) is raised when the file is imported",
            remedy="Put what runs as a script under if __name__ == '__main__':, or give the file a name of no test.",
        )
    if error.is_a("Warning"):
        return _warning(error, around)
    return None


def _clash(problem: Problem, facts: Facts) -> Finding:
    found = _CLASH.search(problem.chain[0].message)
    other = found.group(2).strip().removeprefix(f"{facts.rootdir}/") if found else "another file"
    return Finding(
        kind=Kind.BASENAME_CLASH,
        message=f"{problem.path} has the module name of {other}, which was imported first",
        remedy=(
            "Rename one of the two, put an __init__.py into both folders, or set --import-mode=importlib in addopts. "
            "If the other file is gone, delete __pycache__."
        ),
    )


def _unknown_marker(name: str, facts: Facts, around: Surroundings) -> Finding:
    near = difflib.get_close_matches(name, facts.markers, n=1)
    owner = distributions.for_marker(name)
    register = f"egister {name} under markers in {facts.inifile or 'the pytest configuration'}."
    if owner and owner not in around.installed:
        remedy = f"Add {owner} to the test dependencies; it registers {name}."
    elif near:
        remedy = f"Did you mean {near[0]}? If not, r{register}"
    else:
        remedy = f"R{register}"
    return Finding(
        kind=Kind.UNKNOWN_MARKER,
        message=f"the marker {name} is not registered, and markers are strict",
        remedy=remedy,
        distribution=owner if owner not in around.installed else "",
    )


def _syntax(error: Raised, around: Surroundings) -> Finding:
    message = f"{error.type}: {_first_line(error.message).partition(' (')[0]}"
    python = f"Python {around.python}" if around.python else "this Python"
    newer = next((version for pattern, version in _NEWER_SYNTAX if pattern.search(error.text)), "")
    if error.text.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        remedy = "A merge was not finished here: resolve the conflict."
    elif newer and _older(around.python, newer):
        remedy = (
            f"This is syntax of Python {newer}; the tests run on {python}. Use {newer} or later, or leave the file out."
        )
    elif _PYTHON_2_SYNTAX.search(error.message) or _PYTHON_2_TEXT.search(error.text):
        remedy = "This is Python 2: port the file, or leave it out of the collection (collect_ignore in a conftest.py)."
    elif error.type in {"TabError", "IndentationError"}:
        remedy = "Indent with spaces alone, as deep as the lines around it."
    else:
        remedy = f"Correct the line, or test with the version of Python that it was written for ({python} refuses it)."
    return Finding(kind=Kind.SYNTAX, message=message, remedy=remedy, path=error.filename, line=error.lineno)


def _warning(error: Raised, around: Surroundings) -> Finding:
    name = error.type.rpartition(".")[2]
    wanted = import_errors.asked_for(error.message)
    if wanted:
        remedy = f"Add {wanted} to the test dependencies, as the message asks."
    elif name.startswith("PytestRemovedIn"):
        pytest = f"pytest {around.pytest}" if around.pytest else "this pytest"
        major = name.removeprefix("PytestRemovedIn").removesuffix("Warning")
        remedy = f"The tests use what {pytest} no longer has: port them, or require pytest<{major}."
    else:
        remedy = f"Mend what warns, or add ignore::{error.type} to filterwarnings in the configuration, after error."
    message = f"{name}: {_first_line(error.message)}"
    return Finding(kind=Kind.WARNING, message=message, remedy=remedy, distribution=wanted)


def _remedy(error: Raised, around: Surroundings) -> str:
    """What to do about an exception of which no more is known than its type and message."""
    attribute, old_name = _NO_ATTRIBUTE.search(error.message), _PYTHON_2_NAME.search(error.message)
    if old_name:
        return f"{old_name.group(1)} is of Python 2: port the file, or leave it out of the collection."
    if attribute and attribute.group(1).partition(".")[0] not in around.local:
        module, name = attribute.groups()
        return f"The installed {module} has no {name}: require a version that has it, or port the code."
    if "unsupported operand type(s) for |" in error.message and _older(around.python, "3.10"):
        return f"X | Y between types needs Python 3.10; the tests run on {around.python}."
    for base, advice in _OF_TYPE.items():
        if error.is_a(base) or error.type.endswith(f".{base}"):
            return advice
    return "It is raised at import: mend the line, or move it into a fixture so that only the tests that use it fail."


_ENVIRONMENT = "It is raised at import: move it into a fixture, or give the environment what it looks for."
_OF_TYPE = {
    "ImproperlyConfigured": (
        "Set DJANGO_SETTINGS_MODULE in the pytest configuration, and add pytest-django to the test dependencies."
    ),
    "FileNotFoundError": "It is read at import: open it relative to __file__, and see that it comes with the tests.",
    "KeyError": _ENVIRONMENT,
    "OSError": _ENVIRONMENT,
}


def _older(python: str, than: str) -> bool:
    """Whether `python` (possibly unknown) is older than `than`."""
    numbers = [tuple(int(part) for part in re.findall(r"\d+", version)[:2]) for version in (python, than)]
    return bool(python) and numbers[0] < numbers[1]


def _first_line(message: str) -> str:
    return message.strip().partition("\n")[0]
