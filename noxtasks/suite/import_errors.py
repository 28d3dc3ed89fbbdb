"""What an import error means and what to do: a distribution is missing, a path is not set, a version is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from noxtasks.suite import distributions
from noxtasks.suite.causes import Finding, Kind
from noxtasks.suite.problems import Raised

_NO_MODULE = re.compile(r"No module named '?([\w.]+)'?")
_NO_NAME = re.compile(r"cannot import name '([^']+)' from (?:partially initialized module )?'([^']+)'")
_SAYS_INSTALL = re.compile(
    r"(?:pip3?|conda|uv pip) install (?:-U |--upgrade |-e )?['\"`]?([A-Za-z][\w.\-]*(?:\[[\w,\-]+\])?)"
)
_SAYS_MISSING = re.compile(
    r"(?:[Mm]issing (?:optional )?dependency|requires|needs|install) (?:the )?['\"`]([\w.\-]+)['\"`]"
)
_LIBRARY = re.compile(
    r"(\S+\.(?:so|dylib|dll)[\w.]*): cannot open shared object|DLL load failed|Library not loaded: (\S+)"
)
_BINARY = re.compile(
    r"undefined symbol|binary incompatibility|compiled using NumPy|multiarray failed to import|dlopen\("
)
_TEST_FOLDERS = frozenset({"tests", "test", "testing"})
_SOURCE_FOLDERS = frozenset({"", "src", "lib", "python", "source"})


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the user's tree and environment."""

    installed: Mapping[str, str] = {}  # normalised distribution name to version
    local: Mapping[str, Sequence[str]] = {}  # as `local_names` gives them
    python: str = ""
    pytest: str = ""
    inifile: str = ""  # where pytest is configured

    def with_pythonpath(self, folder: str) -> str:
        """How to put `folder` on the path of the tests, as the configuration file of this suite says it."""
        if self.inifile.endswith((".ini", ".cfg")):
            return f"set pythonpath = {folder or '.'} in {self.inifile}"
        return f'set pythonpath = ["{folder or "."}"] under [tool.pytest.ini_options]'


def explain(error: Raised, at: str, around: Surroundings) -> Finding:
    """What the `ImportError` raised while the file `at` was imported means."""
    missing = error.name if error.is_a("ModuleNotFoundError") else ""
    if not missing:
        said = _NO_MODULE.search(error.message)
        missing = said.group(1) if said else ""
    if missing:
        return _missing_module(missing, error, at, around)
    unnamed = _NO_NAME.search(error.message)
    if unnamed:
        return _missing_name(unnamed.group(1), unnamed.group(2), error, around)
    return _in_its_own_words(error)


def asked_for(message: str) -> str:
    """The distribution that an error message asks to install; or ""."""
    said = _SAYS_INSTALL.search(message) or _SAYS_MISSING.search(message)
    return said.group(1) if said else ""


def _missing_module(name: str, error: Raised, at: str, around: Surroundings) -> Finding:
    message = f"No module named {name}"
    top = name.partition(".")[0]
    if "is not a package" in error.message and error.parent.name:
        return Finding(
            kind=Kind.OWN_PACKAGE if _in_tree(error.parent.file) else Kind.MISSING_SUBMODULE,
            message=f"{message}: {error.parent.name} is the file {error.parent.file}, not a package",
            remedy=f"Rename {error.parent.file} if it hides the package {top}; otherwise correct the import.",
        )
    if "." in name and error.parent.name:
        return _missing_submodule(name, error, around)
    of_language = _of_the_language(top, around)
    if of_language is not None:
        return of_language
    own = _own(top, at, around)
    return own or _missing_distribution(name, message, around)


def _missing_distribution(name: str, message: str, around: Surroundings) -> Finding:
    owner, known = distributions.for_import(name)
    version = around.installed.get(distributions.normalised(owner))
    guessed = not known
    if owner == "setuptools" and version is not None:
        remedy = f"setuptools {version} no longer has {name}. Require setuptools<81 for the tests, or replace its use."
        return Finding(kind=Kind.MISSING_SUBMODULE, message=message, remedy=remedy, distribution="setuptools<81")
    if version is not None:
        remedy = (
            f"{owner} {version} is installed but does not provide {name}: look for another version, or reinstall it."
        )
    elif known:
        remedy = f"Add {owner} to the test dependencies; it provides {name}."
    else:
        remedy = f"Add the distribution that provides {name} to the test dependencies; probably {owner}."
    return Finding(kind=Kind.MISSING_IMPORT, message=message, remedy=remedy, distribution=owner, guessed=guessed)


def _of_the_language(top: str, around: Surroundings) -> Finding | None:
    """Modules that come and go with the interpreter."""
    python = around.python or "this interpreter"
    message = f"No module named {top}"
    if top in distributions.PYTHON_2:
        remedy = f"{top} is a module of Python 2. Port the code, or leave the file out."
        return Finding(kind=Kind.MISSING_IMPORT, message=message, remedy=remedy)
    removed, added = distributions.REMOVED_FROM_STDLIB.get(top), distributions.ADDED_TO_STDLIB.get(top)
    if removed is None and added is None:
        return None
    backport = distributions.BACKPORT.get(top, "")
    since = (
        f"left the standard library in Python {removed}"
        if removed
        else f"is in the standard library since Python {added}"
    )
    way = f", or add {backport} to the test dependencies" if backport else ""
    port = "Replace its use" if removed else f"Test with Python {added} or later"
    remedy = f"{top} {since}; the tests run on {python}. {port}{way}."
    return Finding(kind=Kind.MISSING_IMPORT, message=message, remedy=remedy, distribution=backport)


def _own(top: str, at: str, around: Surroundings) -> Finding | None:
    """A module of the user's own tree that is not on the path."""
    for path in sorted(around.local.get(top, ()), key=lambda one: (one.count("/"), one)):
        home = _home(path)
        holds_it = not path.endswith(".py") or path.endswith("/__init__.py")
        if path == at or (home and holds_it and _is_above(f"{home}/{top}", at)):
            continue  # a folder below tests that is called like a distribution, or the very file that imports it
        if home in _SOURCE_FOLDERS and top not in _TEST_FOLDERS:
            return Finding(
                kind=Kind.OWN_PACKAGE,
                message=f"No module named {top}, though {path} is in the project",
                remedy=(
                    "Install the project itself in the test environment (pip install -e .), or "
                    f"{around.with_pythonpath(home)}."
                ),
            )
        if _is_above(home, at) and not _is_of_a_package(home, around) and not distributions.for_import(top)[1]:
            return _helper(top, path, home, around)
    return None


def _is_of_a_package(home: str, around: Surroundings) -> bool:
    """Whether the folder belongs to a package of the project, and is not where its tests are."""
    parts = PurePosixPath(home).parts
    if not parts or "test" in parts[-1]:
        return False
    folders = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return any(
        f"{folder}/__init__.py" in around.local.get(PurePosixPath(folder).name, ())
        and _home(f"{folder}/") in _SOURCE_FOLDERS
        for folder in folders
    )


def _helper(top: str, path: str, home: str, around: Surroundings) -> Finding:
    return Finding(
        kind=Kind.HELPER_MODULE,
        message=f"No module named {top}, though {path} is in the project",
        remedy=(
            f"{home or 'The root directory'} is not on sys.path: {around.with_pythonpath(home)}, or move what is "
            "shared into a conftest.py or an installed package."
        ),
    )


def _missing_submodule(name: str, error: Raised, around: Surroundings) -> Finding:
    """The top of the dotted name is imported; what lies below is not there."""
    top, parent = name.partition(".")[0], error.parent
    message = f"No module named {name}"
    local = [path for path in around.local.get(top, ()) if _home(path) in _SOURCE_FOLDERS]
    if _in_tree(parent.file):
        return Finding(
            kind=Kind.OWN_PACKAGE,
            message=f"{message}; {top} is imported from the source tree ({parent.file})",
            remedy=(
                "If it is compiled or generated when the project is built, build it in place (pip install -e .): the "
                "source tree comes first on sys.path. If not, correct the import."
            ),
        )
    if local:
        return Finding(
            kind=Kind.OWN_PACKAGE,
            message=f"{message}; {top} is imported from {parent.file}, not from {local[0]}",
            remedy=(
                f"Another {top} comes first on sys.path. Install the project itself anew (pip install -e .), or "
                f"uninstall the distribution that brings it{f': {parent.distribution}' if parent.distribution else ''}."
            ),
        )
    owner, known = distributions.for_import(name)
    normal = distributions.normalised(owner)
    if (known or normal.startswith(f"{top}-")) and normal not in around.installed:
        return _missing_distribution(name, message, around)
    found = parent.distribution or top
    version = around.installed.get(distributions.normalised(found), "")
    return Finding(
        kind=Kind.MISSING_SUBMODULE,
        message=f"{message} in the installed {found} {version}".rstrip(),
        remedy=f"This version of {found} is too old or too new for the tests: require one that has {name}.",
        distribution=found,
    )


def _missing_name(wanted: str, module: str, error: Raised, around: Surroundings) -> Finding:
    message = f"cannot import name {wanted} from {module}"
    path, parent = error.path, error.parent
    if "partially initialized module" in error.message or "circular import" in error.message:
        return Finding(
            kind=Kind.IMPORT_NAME,
            message=f"{message}: {module} is not imported to its end",
            remedy=f"Break the circle of imports in {path or module}, or rename a file that hides the module {module}.",
        )
    if path and _in_tree(path):
        remedy = f"{path} does not define {wanted}: correct the test, or rebuild what is generated or compiled."
        return Finding(kind=Kind.IMPORT_NAME, message=message, remedy=remedy)
    owner = parent.distribution
    if not owner:
        python = f"Python {around.python}" if around.python else "this Python"
        remedy = f"{module} has no {wanted} in {python}. Port the code, or test with a version that has it."
        return Finding(kind=Kind.IMPORT_NAME, message=message, remedy=remedy)
    version = around.installed.get(distributions.normalised(owner), "")
    return Finding(
        kind=Kind.IMPORT_NAME,
        message=f"{message} ({owner} {version})".replace(" )", ")"),
        remedy=f"This version of {owner} has no {wanted}: require one that has it, or port the code.",
        distribution=owner,
    )


def _in_its_own_words(error: Raised) -> Finding:
    """An `ImportError` that somebody raised with words of their own, or that the loader of a library raised."""
    message = error.message.strip().partition("\n")[0] or "an import failed"
    wanted = asked_for(error.message)
    library = _LIBRARY.search(error.message)
    if library:
        name = library.group(1) or library.group(2) or "a library"
        remedy = f"Install the system package that holds {name}; pip does not provide it."
        return Finding(kind=Kind.NATIVE_LIBRARY, message=message, remedy=remedy)
    if _BINARY.search(error.message):
        remedy = "Two installed distributions were built for different versions of each other: reinstall both together."
        return Finding(kind=Kind.NATIVE_LIBRARY, message=message, remedy=remedy)
    if wanted:
        remedy = f"Add {wanted} to the test dependencies, as the message asks."
        return Finding(kind=Kind.MISSING_IMPORT, message=message, remedy=remedy, distribution=wanted)
    remedy = "Follow the message; if the tests can do without, guard them with pytest.importorskip."
    return Finding(kind=Kind.MISSING_IMPORT, message=message, remedy=remedy)


def _home(path: str) -> str:
    """The folder that would have to be on the path to import what lies at `path`."""
    own = PurePosixPath(path.removesuffix("/__init__.py").removesuffix("/"))
    return "" if own.parent == PurePosixPath() else own.parent.as_posix()


def _is_above(home: str, at: str) -> bool:
    return home == "" or PurePosixPath(home) in PurePosixPath(at).parents


def _in_tree(path: str) -> bool:
    """Whether a path as the probe gives it lies in the user's tree and is not installed there."""
    outside = path.startswith("/") or path[1:3] == ":/"
    return bool(path) and not outside and "site-packages" not in path and "dist-packages" not in path
