"""What a test already holds in its hand: seeded generators, a frozen clock, patched functions, a mocked network.

Whatever holds for a test counts: its decorators and those of its classes, `setUp`, the fixtures that it asks for and
those that come by themselves, from its own module and from the conftests above it. It is not asked whether the patch
was in force at that very line: a test whose author has thought of the clock is not told of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence

import msgspec

from noxtasks.suite.source import Function, Source

_PATCHES = re.compile(r"(^|\.)(patch(\.(object|dict|multiple))?|setattr|delattr|setenv|delenv|setitem|patch_object)$")
_SEEDS = re.compile(r"(^|[._])seed(ed|_\w+)?$|(^|[._])(re)?seed($|_)|manual_seed|random_state", re.IGNORECASE)
_FREEZES = re.compile(
    r"(^|[._])(freez\w*|frozen\w*|time_machine|travel|fake_?(time|clock)|mock_?(time|clock))($|[._])", re.IGNORECASE
)
_MOCKS_NETWORK = re.compile(
    r"(^|[._])(responses|requests_?mock(er)?|respx\w*|httpretty|httpx_mock|aioresponses|vcr\w*|use_cassette|betamax\w*"
    r"|pook|nock|mocket\w*|disable_socket|socket_disabled|block_network|mock_?transport|pyvcr|cassette|mocked_responses"
    r"|mock_?(http|network|requests|api|server|response|client)\w*)($|[._])",
    re.IGNORECASE,
)
_NETWORK_MARK = re.compile(r"network|online|internet|remote|external|live|integration", re.IGNORECASE)
_FAKES_FILES = re.compile(
    r"(^|[._])(fake_?fs|pyfakefs|fake_filesystem\w*|mock_open|isolated_filesystem)$", re.IGNORECASE
)
_SETUPS = (
    "setUp",
    "setUpClass",
    "asyncSetUp",
    "setup_method",
    "setup_class",
    "setup",
    "setup_function",
    "setup_module",
    "setUpModule",
    "tearDown",
    "tearDownClass",
    "teardown_method",
    "teardown_class",
    "teardown_module",
    "teardown",
)


class Controls(msgspec.Struct, frozen=True, kw_only=True):
    """What is under control. `patched` holds parts of the names of what is replaced."""

    patched: frozenset[str] = frozenset()
    seeded: bool = False
    frozen: bool = False
    network: bool = False
    files: bool = False

    def __or__(self, other: Controls) -> Controls:
        return Controls(
            patched=self.patched | other.patched,
            seeded=self.seeded or other.seeded,
            frozen=self.frozen or other.frozen,
            network=self.network or other.network,
            files=self.files or other.files,
        )

    def replaces(self, name: str) -> bool:
        """Whether what is called `name` (qualified), or a module on its way, is patched."""
        return not self.patched.isdisjoint(name.split("."))


NONE = Controls()


class Fixtures:
    """The fixtures that a file's tests can see: its own, and those of the conftests above it."""

    def __init__(self, source: Source, conftests: Sequence[Source]) -> None:
        self._source = source
        self._known: dict[str, tuple[Source, Function]] = {}
        self._automatic: list[tuple[Source, Function]] = []
        self._of: dict[Function, Controls] = {}
        for each in (*conftests, source):
            for function in each.functions:
                if (call := fixture_decorator(each, function)) is not None:
                    self._known[_fixture_name(call, function)] = (each, function)
                    if _is_true(call, "autouse") and (each is not source or not each.classes(function)):
                        self._automatic.append((each, function))
        self._everywhere = self._of_module()

    def controls(self, node: ast.AST) -> Controls:
        """What holds where `node` stands."""
        function = self._source.outermost(node)
        if function is None:
            return NONE
        if function not in self._of:
            found = self._everywhere | self._of_function(self._source, function, frozenset())
            for above in self._source.classes(function):
                found |= self._of_class(above, frozenset())
            self._of[function] = found
        return self._of[function]

    def _of_module(self) -> Controls:
        found = NONE
        for source, function in self._automatic:
            found |= self._of_function(source, function, frozenset())
        for statement in self._source.tree.body:
            match statement:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in _SETUPS:
                    found |= self._of_function(self._source, statement, frozenset())
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    pass
                case _:
                    found |= within(self._source, statement)
        return found

    def _of_class(self, node: ast.ClassDef, seen: frozenset[ast.AST]) -> Controls:
        if node in seen:
            return NONE
        found = NONE
        for decorator in node.decorator_list:
            found |= within(self._source, decorator)
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                call = fixture_decorator(self._source, statement)
                if statement.name in _SETUPS or (call is not None and _is_true(call, "autouse")):
                    found |= self._of_function(self._source, statement, frozenset())
            elif not isinstance(statement, ast.ClassDef):
                found |= within(self._source, statement)
        for base in node.bases:
            known = [each for each in self._source.tree.body if isinstance(each, ast.ClassDef)]
            for other in known:
                if isinstance(base, ast.Name) and other.name == base.id:
                    found |= self._of_class(other, seen | {node})
        return found

    def _of_function(self, source: Source, function: Function, seen: frozenset[ast.AST]) -> Controls:
        if function in seen:
            return NONE
        found = within(source, function)
        for argument in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]:
            found |= _of_name(argument.arg) | Controls(files=argument.arg == "fs")
            if argument.arg in self._known:
                found |= self._of_function(*self._known[argument.arg], seen | {function})
        for name in _used_fixtures(function):
            found |= _of_name(name)
            if name in self._known:
                found |= self._of_function(*self._known[name], seen | {function})
        return found


def fixture_decorator(source: Source, function: Function) -> ast.expr | None:
    """The decorator that makes a fixture of `function`, if it has one."""
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if source.written(target).rpartition(".")[2] in ("fixture", "yield_fixture", "async_fixture"):
            return decorator
    return None


def fixture_scope(decorator: ast.expr | None) -> str:
    """The scope of a fixture, as its decorator says; "function" where it says nothing."""
    for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
        if keyword.arg == "scope" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return "function"


def within(source: Source, node: ast.AST) -> Controls:
    """What the calls, decorators and marks in `node` take under control."""
    found = NONE
    for each in ast.walk(node):
        match each:
            case ast.Call(func=function):
                name = source.qualified(function) or source.written(function)
                found |= _of_name(name) | _of_seeding(name, each) | _of_patching(source, name, each)
            case ast.Attribute() if not isinstance(source.parents.get(each), ast.Attribute):
                found |= _of_mark(source.written(each))
                if not isinstance(source.parents.get(each), ast.Call):
                    found |= _of_name(source.written(each))
            case ast.Name(id=name) if source.qualified(each) in ("freezegun.freeze_time", "responses.activate"):
                found |= _of_name(name)
    return found


def _of_name(name: str) -> Controls:
    return Controls(
        frozen=bool(_FREEZES.search(name)),
        network=bool(_MOCKS_NETWORK.search(name)),
        files=bool(_FAKES_FILES.search(name)),
    )


def _of_mark(name: str) -> Controls:
    """`pytest.mark.network` says that the test needs one, and lets it be left out."""
    _, is_mark, mark = name.partition("mark.")
    return Controls(network=bool(is_mark and _NETWORK_MARK.search(mark)))


def _of_seeding(name: str, call: ast.Call) -> Controls:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    fixed = any(not (isinstance(each, ast.Constant) and each.value is None) for each in given)
    return Controls(seeded=bool(fixed and _SEEDS.search(name)))


def _of_patching(source: Source, name: str, call: ast.Call) -> Controls:
    if not _PATCHES.search(name) or not call.args:
        return NONE
    parts: set[str] = set()
    for argument in call.args[:2]:
        match source.value(argument):
            case ast.Constant(value=str(text)):
                parts.update(_tail(text))
            case ast.Name() | ast.Attribute() as target:
                parts.update(_tail(source.qualified(target) or source.written(target)))
    parts.update(keyword.arg for keyword in call.keywords if keyword.arg)
    return Controls(patched=frozenset(parts))


def _tail(name: str) -> list[str]:
    """The part of a dotted name that says what is replaced: the last of `package.module.time`, all of `time.sleep`."""
    parts = name.split(".")
    return parts[-2:]


def _used_fixtures(function: Function) -> Iterable[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("usefixtures"):
            yield from (
                each.value for each in decorator.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )


def _fixture_name(decorator: ast.expr, function: Function) -> str:
    for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
        if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
            return str(keyword.value.value)
    return function.name


def _is_true(decorator: ast.expr, name: str) -> bool:
    return isinstance(decorator, ast.Call) and any(
        keyword.arg == name and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in decorator.keywords
    )
