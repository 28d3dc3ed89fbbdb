"""Which files are the project's code, and how they are imported: as the project says, else by looking.

Decided from the paths of the project's files and from what its configuration declares. Tests are never sources, nor is
what another program has written or another project has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from noxtasks.config import table_at
from noxtasks.errors import ConfigurationError
from noxtasks.suite import declared
from noxtasks.suite.declared import Declarations

_ROOTS = ("src", "lib", "source", "python")  # folders that hold packages and are none
_TEST_FOLDERS = frozenset({"test", "tests"})
_TEST_FOLDERS_AT_TOP = frozenset({"testing", "unittests", "unit_tests", "integration_tests", "functional_tests"})
_TEST_FILES = ("test_*.py", "*_test.py", "tests.py", "conftest.py")
_FOREIGN_FOLDERS = frozenset({"_vendor", "_vendored", "vendored", "node_modules", "site-packages"})
_GENERATED = ("*_pb2.py", "*_pb2_grpc.py", "_version.py", "_versions.py", "versioneer.py")
_SCRIPTS = ("bin", "scripts")
_NO_CODE = frozenset(
    {
        *("benchmark", "benchmarks", "build", "ci", "debian", "dist", "doc", "docs", "example", "examples", "script"),
        *("tool", "tools", "requirements", "changelog", "changelog.d", "newsfragments", *_SCRIPTS),
    }
)
_NO_MODULES = frozenset(
    {"setup.py", "noxfile.py", "tasks.py", "fabfile.py", "conf.py", "dodo.py", "manage.py", "wsgi.py", "asgi.py"}
)


class Source(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A file with code: its path from the root, with slashes, and the name it is imported by."""

    path: str
    module: str


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """The files, the folders that imports start from ("." is the root), and by which rule they were found.

    `folders` are those of packages that are called otherwise, by their name.
    """

    files: tuple[Source, ...]
    entries: tuple[str, ...]
    folders: dict[str, str] = {}
    found_by: str

    @property
    def packages(self) -> tuple[str, ...]:
        """The names at the top: packages, and modules that are in none."""
        return tuple(sorted({source.module.partition(".")[0] for source in self.files}))

    @property
    def folders_with_code(self) -> frozenset[str]:
        """Where built and generated modules may lie beside the files."""
        tops = {source.path.partition("/")[0] for source in self.files if "/" in source.path}
        return frozenset({*tops, *self.entries} - {"."})


class _Place(msgspec.Struct, frozen=True):
    """Where sources are: a file or a folder, and how it is imported, where that is declared."""

    path: str
    root: str = ""  # the folder that imports start from; "": the one above the outermost package
    name: str = ""  # of the package that the folder holds, where it is not that of the folder

    def within(self, folder: str) -> _Place:
        """The same place of a project that is in `folder`."""
        return _Place(_joined(folder, self.path), self.root and _joined(folder, self.root), self.name)


def find(
    paths: Collection[str],
    project: Declarations,
    inner: Mapping[str, Declarations] | None = None,
    *,
    named: Sequence[str] = (),
    named_by: str = "",
    takes: Callable[[str], bool] = lambda _: True,
) -> Sources:
    """The sources among the project's files `paths`; none where nothing looks like any.

    `inner` are the projects in folders of this one, by the folder. Where files and folders are `named`, by a setting,
    they are the sources, and nothing else is looked for. Of what is found, only files are kept that `takes` accepts.
    """
    code = {path for path in paths if path.endswith(".py") and _is_code(path)}
    if named:
        found_by, places = named_by, [_Place(path) for path in named]
    else:
        found_by, places = _found(code, project, inner or {})
    files: dict[str, Source] = {}
    entries: set[str] = set()
    folders: dict[str, str] = {}
    for path, place in _held(code, places):
        if takes(path):
            root = place.root or _root(path, code)
            files[path] = Source(path=path, module=_module(path, place, root))
            if place.name:
                folders[place.name] = place.path
            else:
                entries.add(root)
    return Sources(
        files=tuple(sorted(files.values())), entries=tuple(sorted(entries)), folders=folders, found_by=found_by
    )


def only(found: Sources, paths: Collection[str]) -> Sources:
    """Those of the files that are among `paths`; imports start from where they did."""
    return msgspec.structs.replace(found, files=tuple(source for source in found.files if source.path in paths))


def projects_within(paths: Iterable[str]) -> Iterator[str]:
    """The folders below the root that hold a project of their own."""
    for path in paths:
        folder, _, name = path.rpartition("/")
        if (
            folder
            and name in ("pyproject.toml", "setup.py", "setup.cfg")
            and _is_code(path)
            and _tops({path}) - _NO_CODE
        ):
            yield folder


def declared_within(root: Path, paths: Iterable[str]) -> dict[str, Declarations]:
    """What the projects in folders of the one in `root` declare, by the folder; one that is broken is no project."""
    inner = {}
    for folder in projects_within(paths):
        with suppress(ConfigurationError):
            inner[folder] = declared.gather(root / folder)
    return inner


def _found(code: set[str], project: Declarations, inner: Mapping[str, Declarations]) -> tuple[str, list[_Place]]:
    """The rule that finds anything, and what. A root that is no project itself is left for those in its folders."""
    is_project = any(_names(project))
    return (
        _look(code, project, _DECLARED)
        or (None if is_project else _in_projects(code, inner))
        or _look(code, project, _SEEN)
        or _in_projects(code, inner)
        or _look(code, project, _GUESSED)
        or ("", [])
    )


def _look(code: set[str], project: Declarations, rules: Mapping[str, Rule]) -> tuple[str, list[_Place]] | None:
    for name, rule in rules.items():
        places = list(rule(code, project))
        if any(_held(code, places)):
            return name, places
    return None


def _in_projects(code: set[str], inner: Mapping[str, Declarations]) -> tuple[str, list[_Place]] | None:
    """What the projects in folders of this one hold, each looked at as if it were alone."""
    places = []
    for folder, project in sorted(inner.items()):
        within = {path.removeprefix(f"{folder}/") for path in code if path.startswith(f"{folder}/")}
        _, found = _found(within, project, {})
        places += [place.within(folder) for place in found]
    return ("the projects in its folders", places) if places else None


def _held(code: set[str], places: Iterable[_Place]) -> Iterator[tuple[str, _Place]]:
    """The files at or below `places`, each once."""
    seen: set[str] = set()
    for place in places:
        for path in code:
            if path not in seen and _is_in(path, str(PurePosixPath(place.path))):
                seen.add(path)
                yield path, place


def _by_build(code: set[str], project: Declarations) -> Iterator[_Place]:
    """The places that the configuration of the build backend names in `pyproject.toml`."""
    for name in _texts(project.table("tool", "hatch", "build", "targets", "wheel").get("packages")):
        yield _Place(name, str(PurePosixPath(name).parent))
    setuptools = project.table("tool", "setuptools")
    packages = setuptools.get("packages")
    yield from _by_setuptools(
        _folders(setuptools.get("package-dir")),
        where=list(_texts(table_at(setuptools, "packages", "find").get("where"))),
        packages=packages if isinstance(packages, list) else [],
        modules=setuptools.get("py-modules"),
    )
    for package in project.table("tool", "poetry").get("packages") or []:
        if isinstance(package, dict) and isinstance(package.get("include"), str):
            root = str(package.get("from", "."))
            yield _Place(_joined(root, package["include"].removesuffix("/**/*")), root)
    for name in (
        *_texts(project.table("tool", "flit", "module").get("name")),
        *_texts(project.table("tool", "uv", "build-backend").get("module-name")),
        *_texts(project.table("tool", "maturin").get("module-name")),
    ):
        yield from _named(name.partition("._")[0], code)


def _by_setup(code: set[str], project: Declarations) -> Iterator[_Place]:
    """The places that `setup.cfg` or `setup.py` names, as far as it does so by literals."""
    del code
    options = project.setup_cfg.get("options", {})
    find = project.setup_cfg.get("options.packages.find", {})
    named = [name for name in _lines(options.get("packages")) if not name.startswith(("find:", "find_namespace:"))]
    folders = dict(line.split("=", 1) for line in _lines(options.get("package_dir")) if "=" in line)
    yield from _by_setuptools(
        {name.strip(): folder.strip() for name, folder in folders.items()},
        where=_lines(find.get("where")),
        packages=named,
        modules=_lines(options.get("py_modules")),
    )
    yield from _by_setuptools(
        _folders(project.setup_py.get("package_dir")),
        where=[],
        packages=project.setup_py.get("packages"),
        modules=project.setup_py.get("py_modules"),
    )


def _by_setuptools(folders: dict[str, str], *, where: list[str], packages: Any, modules: Any) -> Iterator[_Place]:
    """What setuptools takes: `folders` are where packages are, by name; that of "" is where all others are."""
    under = folders.get("") or "."
    yield from (_Place(place, place) for place in where if str(PurePosixPath(place)) != ".")
    for name in sorted(_texts(packages), reverse=True):  # what is within another comes first
        folder = folders.get(name)
        yield _Place(folder, name=name) if folder else _Place(_joined(under, name.replace(".", "/")), under)
    for name, folder in folders.items():
        if name:
            yield _Place(folder, name=name)
    yield from (_Place(_joined(under, f"{name.replace('.', '/')}.py"), under) for name in _texts(modules))


def _by_root(code: set[str], project: Declarations) -> Iterator[_Place]:
    """The first of the usual folders that holds code."""
    del project
    for root in _ROOTS:
        if f"{root}/__init__.py" not in code and any(_is_in(path, root) for path in code):
            yield _Place(root, root)
            return


def _by_name(code: set[str], project: Declarations) -> Iterator[_Place]:
    for name in _names(project):
        yield from _named(re.sub(r"[-.]+", "_", name), code)
        yield from _named(re.sub(r"[-.]+", ".", name), code)


def _names(project: Declarations) -> Iterator[str]:
    """What the project calls itself."""
    return _texts(
        [
            project.table("project").get("name"),
            project.table("tool", "poetry").get("name"),
            project.setup_cfg.get("metadata", {}).get("name"),
            project.setup_py.get("name"),
        ]
    )


def _by_package(code: set[str], project: Declarations) -> Iterator[_Place]:
    del project
    yield from (_Place(top, ".") for top in _tops(code) - _NO_CODE if f"{top}/__init__.py" in code)


def _by_module(code: set[str], project: Declarations) -> Iterator[_Place]:
    del project
    yield from (_Place(path, ".") for path in code - _NO_MODULES if "/" not in path)


def _by_folder(code: set[str], project: Declarations) -> Iterator[_Place]:
    """Folders with code that are no packages: namespaces, or else where scripts are."""
    del project
    tops = _tops(code)
    yield from (_Place(top, ".") for top in sorted(tops - _NO_CODE) if top.isidentifier())
    yield from (_Place(top, top) for top in _SCRIPTS if top in tops and not tops - _NO_CODE)


Rule = Callable[[set[str], Declarations], Iterable[_Place]]

_DECLARED: dict[str, Rule] = {
    "the build configuration in pyproject.toml": _by_build,
    "the build configuration of setuptools": _by_setup,
    "the folder for sources": _by_root,
    "the project's name": _by_name,
}
_SEEN: dict[str, Rule] = {"packages at the top": _by_package, "modules at the top": _by_module}
_GUESSED: dict[str, Rule] = {"folders with code": _by_folder}


def _named(name: str, code: set[str]) -> Iterator[_Place]:
    """The package or module of that name, in any letter case, wherever packages may be."""
    wanted = name.lower().replace(".", "/")
    for root in (".", *_ROOTS):
        for path in code:
            for end in ("/__init__.py", ".py"):
                if path.lower() == _joined(root, f"{wanted}{end}"):
                    yield _Place(path.removesuffix("/__init__.py"), root)
        if "/" in wanted and any(_is_in(path.lower(), _joined(root, wanted)) for path in code):
            yield _Place(_joined(root, name.replace(".", "/")), root)


def _tops(code: set[str]) -> set[str]:
    return {path.partition("/")[0] for path in code if "/" in path}


def _root(path: str, code: set[str]) -> str:
    """The folder from which the file is imported: above its outermost package, or one of the usual ones."""
    top = path.partition("/")[0]
    if "/" in path and top in _ROOTS and f"{top}/__init__.py" not in code:
        return top
    folder = PurePosixPath(path).parent
    while f"{folder}/__init__.py" in code:
        folder = folder.parent
    return str(folder)


def _module(path: str, place: _Place, root: str) -> str:
    parts = list(PurePosixPath(path).relative_to(place.path if place.name else root).with_suffix("").parts)
    parts = [place.name, *parts] if place.name else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _is_code(path: str) -> bool:
    """Whether it is no test, nor generated or another project's, by its name."""
    *folders, name = path.split("/")
    if not (_TEST_FOLDERS | _FOREIGN_FOLDERS).isdisjoint(folders) or not _TEST_FOLDERS_AT_TOP.isdisjoint(folders[:1]):
        return False
    return not any(fnmatch(name, pattern) for pattern in (*_TEST_FILES, *_GENERATED))


def _is_in(path: str, place: str) -> bool:
    return place in (".", path) or path.startswith(f"{place}/")


def _joined(folder: str, path: str) -> str:
    return str(PurePosixPath(folder, path))


def _texts(value: object) -> Iterator[str]:
    """Strings of a setting that is one, or a list of them."""
    found = [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    yield from (text for text in found if isinstance(text, str))


def _lines(value: str | None) -> list[str]:
    """The entries of a setting in an ini file: a line each, or parted by commas."""
    return [part.strip() for part in re.split(r"[\n,]", value or "") if part.strip()]


def _folders(value: object) -> dict[str, str]:
    table = value if isinstance(value, dict) else {}
    return {name: folder for name, folder in table.items() if isinstance(name, str) and isinstance(folder, str)}
