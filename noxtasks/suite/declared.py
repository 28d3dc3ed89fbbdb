"""Where a project declares what its tests need: each place that exists, as the same value."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterable, Iterator
from configparser import Error, RawConfigParser
from pathlib import Path
from typing import Any

import msgspec
from dependency_groups import resolve

from noxtasks.config import read_toml, table_at
from noxtasks.errors import ConfigurationError
from noxtasks.suite import requirement_tables, toxini

TEST_NAMES = ("test", "tests", "testing", "unittest", "unittests", "pytest")
DEV_NAMES = ("dev", "develop", "development", "devel")
_REQUIREMENT_WORDS = frozenset({"requirements", "requirement", "reqs", "req"})
_REQUIREMENT_FOLDERS = ("", "requirements", "requirement", "reqs", "tests", "test")
_PYTEST = re.compile(r"pytest([-_][\w.-]+)?\s*(\[|[<>=!~;@ ]|$)", re.IGNORECASE)
_SELF = re.compile(r"(?:(?:-e|--editable)\s*)?\.(?:/)?(?:\[([^\]]*)\])?")
_FILE_OPTION = re.compile(r"(-r|-c|--requirement|--constraint)[\s=]*(.+)")


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One place: arguments for `pip install`, extras of the project, and whether pytest is among what it names."""

    where: str
    arguments: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    for_development: bool = False  # it is about development altogether, not about tests
    names_pytest: bool = False
    has_hashes: bool = False  # then pip takes nothing without a hash in the same call
    left_out: tuple[str, ...] = ()


class Declarations(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a project that say what it is made of, read once."""

    root: Path
    pyproject: dict[str, Any]
    setup_cfg: dict[str, dict[str, str]]
    setup_py: dict[str, Any]  # the keywords of its call of setup() that are literals

    def table(self, *path: str) -> dict[str, Any]:
        """The table of `pyproject.toml` at `path`; empty where there is none."""
        return table_at(self.pyproject, *path)


def gather(root: Path) -> Declarations:
    """Read the project in `root`. Raises `ConfigurationError` where its `pyproject.toml` is broken."""
    return Declarations(
        root=root,
        pyproject=read_toml(root / "pyproject.toml"),
        setup_cfg=_read_ini(root / "setup.cfg"),
        setup_py=_read_setup(root / "setup.py"),
    )


def sources(project: Declarations, version: tuple[int, int]) -> list[Source]:
    """Every source of test dependencies, in the order of preference among equals; `version` is the interpreter's."""
    return [
        *_groups(project),
        *_extras(project),
        *_requirement_files(project.root),
        *_tox(project, version),
        *_hatch(project),
        *_poetry(project),
        *_pdm_and_uv(project),
        *_pipfile(project.root),
        *_tests_require(project),
    ]


def extras(project: Declarations) -> dict[str, tuple[str, ...]]:
    """The extras that the project declares, with their requirements as far as these can be read."""
    found: dict[str, Any] = dict(project.setup_py.get("extras_require", {}))
    found |= {name: text.splitlines() for name, text in project.setup_cfg.get("options.extras_require", {}).items()}
    found |= project.table("tool", "poetry", "extras")
    found |= project.table("tool", "flit", "metadata", "requires-extra")
    found |= project.table("project", "optional-dependencies")
    return {name: tuple(one for one in _each(needs) if isinstance(one, str)) for name, needs in found.items()}


def requirement_file(root: Path, path: Path, *, where: str, for_development: bool = False) -> Source:
    """The requirements file at `path`, which exists."""
    lines = list(_file_lines(path))
    return Source(
        where=where,
        arguments=("-r", path.relative_to(root).as_posix()),
        for_development=for_development,
        names_pytest=any(_PYTEST.match(line) for line in lines),
        has_hashes=any("--hash" in line for line in lines),
    )


def _groups(project: Declarations) -> Iterator[Source]:
    groups = project.table("dependency-groups")
    for name in _named(groups):
        yield _source(project.root, f"pyproject.toml: dependency-groups.{name}", group(project, name), name=name)


def group(project: Declarations, name: str) -> tuple[str, ...]:
    """The requirements of a dependency group (PEP 735). Raises `ConfigurationError` where it cannot be resolved."""
    try:
        return resolve(project.table("dependency-groups"), name)
    except (LookupError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"the group cannot be resolved: {error}", where=f"pyproject.toml: dependency-groups.{name}"
        ) from error


def _extras(project: Declarations) -> Iterator[Source]:
    declared = extras(project)
    for name in _named(declared):
        yield Source(
            where=f"the project's extra {name}",
            extras=(name,),
            for_development=_is_for_development(name),
            names_pytest=_names_pytest(_through_own_extras(declared, name)),
        )


def _through_own_extras(declared: dict[str, tuple[str, ...]], name: str) -> Iterator[str]:
    """The requirements of an extra, with those of the project's other extras that it names (`package[other]`)."""
    for line in declared[name]:
        yield line
        for other in re.split(r"[,\s]+", (re.search(r"\[([^\]]*)\]", line) or ["", ""])[1]):
            if other in declared and other != name:
                yield from declared[other]


def _requirement_files(root: Path) -> Iterator[Source]:
    found: dict[str, list[Path]] = {}
    for folder in _REQUIREMENT_FOLDERS:
        for suffix in (".txt", ".in"):
            for path in sorted((root / folder).glob(f"*{suffix}")):
                found.setdefault(_kind_of(path.relative_to(root)), []).append(path)
    for name in _named(name for name in found if name):
        for path in found[name]:
            where = path.relative_to(root).as_posix()
            yield requirement_file(root, path, where=where, for_development=_is_for_development(name))


def _kind_of(path: Path) -> str:
    """The word of a requirements file's path that says what it is for; empty where it says more, or nothing."""
    words = set(re.split(r"[-_./\s]+", path.with_suffix("").as_posix().lower()))
    kinds = words - _REQUIREMENT_WORDS
    if kinds == words or len(kinds) != 1:
        return ""
    return kinds.pop()


def _tox(project: Declarations, version: tuple[int, int]) -> Iterator[Source]:
    for environment in toxini.read(project.root, project.pyproject, read_toml(project.root / "tox.toml"), version):
        source = _source(project.root, environment.where, environment.lines)
        declared = extras(project)
        named = tuple(name for name in environment.extras if name in declared)
        grouped = [line for name in environment.groups for line in group(project, name)]
        needs = [line for name in named for line in declared[name]] + grouped
        if source.arguments or source.extras or named or grouped:
            yield msgspec.structs.replace(
                source,
                arguments=(*source.arguments, *grouped),
                extras=(*source.extras, *named),
                names_pytest=source.names_pytest or _names_pytest(needs),
                left_out=(*source.left_out, *environment.left_out),
            )


def _hatch(project: Declarations) -> Iterator[Source]:
    for where, environments in (
        ("pyproject.toml: tool.hatch.envs", project.table("tool", "hatch", "envs")),
        ("hatch.toml: envs", table_at(read_toml(project.root / "hatch.toml"), "envs")),
    ):
        for name in ("hatch-test", *_named(environments), "default"):
            if name in environments:
                environment = table_at(environments, "default") | table_at(environments, name)
                lines = _each(environment.get("dependencies")) + _each(environment.get("extra-dependencies"))
                lines += [line for one in _each(environment.get("dependency-groups")) for line in group(project, one)]
                source = _source(project.root, f"{where}.{name}", lines, name="test" if "test" in name else "dev")
                features = _each(environment.get("features"))
                if source.arguments or features:
                    yield msgspec.structs.replace(source, extras=(*source.extras, *features))


def _poetry(project: Declarations) -> Iterator[Source]:
    groups = project.table("tool", "poetry", "group")
    tables = {f"group.{name}": table_at(groups, name, "dependencies") for name in _named(groups)}
    tables["dev-dependencies"] = project.table("tool", "poetry", "dev-dependencies")
    for name, table in tables.items():
        if table:
            yield _from_table(project.root, f"pyproject.toml: tool.poetry.{name}", table, name.rpartition(".")[2])


def _pipfile(root: Path) -> Iterator[Source]:
    if table := table_at(read_toml(root / "Pipfile"), "dev-packages"):
        yield _from_table(root, "Pipfile: dev-packages", table, "dev")


def _from_table(root: Path, where: str, table: dict[str, Any], name: str) -> Source:
    lines, left_out = requirement_tables.requirements(table)
    source = _source(root, where, lines, name="test" if name in TEST_NAMES else "dev")
    return msgspec.structs.replace(source, left_out=(*source.left_out, *left_out))


def _pdm_and_uv(project: Declarations) -> Iterator[Source]:
    groups = project.table("tool", "pdm", "dev-dependencies")
    for name in _named(groups):
        lines = _each(groups[name])
        yield _source(project.root, f"pyproject.toml: tool.pdm.dev-dependencies.{name}", lines, name=name)
    if lines := _each(project.table("tool", "uv").get("dev-dependencies")):
        yield _source(project.root, "pyproject.toml: tool.uv.dev-dependencies", lines, name="dev")


def _tests_require(project: Declarations) -> Iterator[Source]:
    declared = {
        "setup.cfg: tests_require": project.setup_cfg.get("options", {}).get("tests_require"),
        "setup.py: tests_require": project.setup_py.get("tests_require"),
    }
    for where, lines in declared.items():
        if lines:
            yield _source(project.root, where, _each(lines))


def _source(root: Path, where: str, lines: Iterable[Any], *, name: str = "test") -> Source:
    """The requirement lines of a place. Lines that name the project itself become its extras."""
    arguments: list[str] = []
    own_extras: list[str] = []
    needs: list[str] = []
    left_out: list[str] = []
    for line in (str(one).strip() for one in lines):
        if (own := _SELF.fullmatch(line)) is not None:
            own_extras.extend(one.strip() for one in (own[1] or "").split(",") if one.strip())
        elif (file := _FILE_OPTION.fullmatch(line)) is not None:
            path = root / file[2].strip()
            if path.is_file():
                arguments.extend((file[1], Path(file[2].strip()).as_posix()))
                needs.extend(_file_lines(path) if "r" in file[1].removeprefix("--c") else ())
            else:
                left_out.append(line)
        elif "${" in line or "{" in line:
            left_out.append(line)
        elif line:
            arguments.extend(shlex.split(line) if line.startswith("-") else [line])
            needs.append(line)
    return Source(
        where=where,
        arguments=tuple(arguments),
        extras=tuple(own_extras),
        for_development=_is_for_development(name),
        names_pytest=_names_pytest(needs),
        has_hashes=any("--hash" in line for line in needs),
        left_out=tuple(left_out),
    )


def _file_lines(path: Path, seen: frozenset[Path] = frozenset()) -> Iterator[str]:
    """The lines of a requirements file, and of those that it includes."""
    if path in seen or not path.is_file():
        return
    for line in path.read_text("utf-8", "replace").splitlines():
        yield line.strip()
        if (include := re.match(r"(?:-r|--requirement)[\s=]*(\S+)", line.strip())) is not None:
            yield from _file_lines(path.parent / include[1], seen | {path})


def _named(table: Iterable[str]) -> list[str]:
    """The names in a table that are about tests, and then those about development."""
    normal = {re.sub(r"[-_.]+", "-", name).lower(): name for name in table}
    return [normal[name] for name in (*TEST_NAMES, *DEV_NAMES) if name in normal]


def _is_for_development(name: str) -> bool:
    return name.lower() in DEV_NAMES


def _names_pytest(lines: Iterable[str]) -> bool:
    return any(_PYTEST.match(line.strip()) for line in lines)


def _each(value: Any) -> list[Any]:
    if isinstance(value, str):
        return value.splitlines()
    return list(value) if isinstance(value, list | tuple | set) else []


def _read_ini(path: Path) -> dict[str, dict[str, str]]:
    parser = RawConfigParser(strict=False)
    try:
        parser.read_string(path.read_text("utf-8", "replace"))
    except (OSError, Error):
        return {}
    return {section: dict(parser[section]) for section in parser.sections()}


def _read_setup(path: Path) -> dict[str, Any]:
    """The keywords of `setup(...)` that are literals, or names of the module that stand for one; never executed."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    names = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    call = next((one for one in calls if ast.unparse(one.func).rpartition(".")[2] == "setup"), None)
    keywords = {one.arg: one.value for one in call.keywords if one.arg} if call else {}
    return {name: value for name, node in keywords.items() if (value := _literal(node, names)) is not None}


def _literal(node: ast.expr | None, names: dict[str, ast.expr]) -> Any:
    """What the expression is; in a dictionary, a value that cannot be read is an empty list."""
    if isinstance(node, ast.Name):
        names = {**names}
        return _literal(names.pop(node.id, None), names)
    if isinstance(node, ast.Dict):
        items = (
            (_literal(key, names), _literal(value, names)) for key, value in zip(node.keys, node.values, strict=True)
        )
        return {key: value or [] for key, value in items if isinstance(key, str)}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = (_literal(node.left, names), _literal(node.right, names))
        return [one for side in sides if isinstance(side, list | tuple) for one in side]
    try:
        return ast.literal_eval(node) if node is not None else None
    except (ValueError, TypeError):
        return None
