"""`-m` and `-k` where Python starts pytest: noxfiles, tasks, scripts, and hooks that set the option themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from noxtasks.markers.model import Selector, Use
from noxtasks.markers.python.found import Found
from noxtasks.markers.python.names import HOLE, is_marker, words
from noxtasks.markers.python.syntax import Module, last_name, line_of
from noxtasks.markers.python.texts import Texts

_OPTION = re.compile(r"^-([mk])(?:=?(.+))?$", re.DOTALL)
_IN_COMMAND = re.compile(r"""(?:^|(?<=\s))-(?P<option>[mk])(?:\s+|=)?(?P<quoted>"[^"]*"|'[^']*'|[^\s"']\S*)""")
_PYTHON = re.compile(r"(?:^|[\\/\s])(?:python|pypy|py)[\d.]*(?:\.exe)?$|^sys\.executable$|(?:^|/)coverage$|^run$")
_OTHERS = {
    "git",
    "commit",
    "tag",
    "merge",
    "revision",
    "mount",
    "umount",
    "hg",
    "svn",
    "alembic",
    "pip",
    "flake8",
    "mypy",
    "ssh",
    "docker",
    "uvicorn",
    "gunicorn",
    "twine",
}
_PYTEST = ("pytest", "py.test")
_MODULES = {"pytest", "pip", "build", "coverage", "unittest", "venv", "compileall", "mypy", "black", "nox", "tox"}
_DECLARING = {"add_argument", "addoption", "_addoption", "add_option", "option", "Option", "getoption", "getvalue"}
_NAMED = {"-m": "markexpr", "-k": "keyword"}


def selectors(module: Module, texts: Texts, found: Found) -> None:
    """Notes every expression of `-m` and `-k`."""
    finder = _Selectors(module, texts, found)
    for sequence in module.sequences:
        finder.arguments(sequence.elts, [])
    for calls in module.calls.values():
        for call in calls:
            finder.arguments(call.args, [last_name(call.func)])
            finder.option_set(call)
    finder.appended()
    finder.commands()
    finder.options_assigned()


class _Selectors:
    def __init__(self, module: Module, texts: Texts, found: Found) -> None:
        self.module = module
        self.texts = texts
        self.found = found
        self.taken: set[ast.AST] = set()  # strings that were seen in a list of arguments

    def arguments(self, nodes: list[ast.expr], before: list[str]) -> None:
        """`"-m", "not slow"` and `"-m=slow"` in a list of arguments."""
        if before and before[0] in _DECLARING:
            return
        if not any(_written(node).startswith(("-m", "-k")) for node in nodes):
            return
        earlier = list(before)
        for at, node in enumerate(nodes):
            text = _written(node)
            match = _OPTION.match(text) if text.startswith(("-m", "-k")) else None
            if match is not None and not match[2]:
                following = nodes[at + 1] if at + 1 < len(nodes) else None
                if following is not None and self._is_option_of_pytest(earlier, _plain(following)):
                    self.taken.update((node, following))
                    self._note(following, f"-{match[1]}", is_evident=any(each in _PYTEST for each in earlier))
            elif match is not None and self._is_option_of_pytest(earlier, match[2]) and at:
                if "=" not in text[:3] and not any(each in _PYTEST for each in earlier):
                    continue  # -mountpoint
                self.taken.add(node)
                self._note(node, f"-{match[1]}", prefix=text[: match.start(2)])
            earlier.append(text or _spelled(node))

    def _is_option_of_pytest(self, earlier: list[str], following: str) -> bool:
        last = earlier[-1] if earlier else ""
        if (
            _PYTHON.search(last)
            and (following.partition(".")[0].isidentifier() or not following)
            and " " not in following
        ):
            # `python -m tests` would be a module; after `run` of a task it is more likely so, too
            return last == "run" and following not in _MODULES and not any(each == "coverage" for each in earlier)
        if following.startswith("-"):
            return False
        if following in _MODULES and following != "nox" and not any(each in _PYTEST for each in earlier):
            return False
        return not any(each in _OTHERS for each in earlier) or any(
            each.rpartition("/")[2] in _PYTEST for each in earlier
        )

    def appended(self) -> None:
        """`options.append("-m")`, and on the next line what follows it."""
        for call in self.module.calls.get("append", []):
            statement = self.module.parents.get(call)
            if len(call.args) != 1 or _plain(call.args[0]) not in ("-m", "-k") or not isinstance(statement, ast.Expr):
                continue
            block = getattr(self.module.parents.get(statement), "body", None)
            if not isinstance(block, list) or statement not in block[:-1]:
                continue
            match block[block.index(statement) + 1]:
                case ast.Expr(value=ast.Call(func=ast.Attribute(attr="append"), args=[following])):
                    self._note(following, _plain(call.args[0]), is_evident=False)

    def option_set(self, call: ast.Call) -> None:
        """`setattr(config.option, "markexpr", "not slow")` and `markexpr="slow"`."""
        for option, name in _NAMED.items():
            if last_name(call.func) == "setattr" and len(call.args) > 2 and _plain(call.args[1]) == name:  # noqa: PLR2004
                self._note(call.args[2], option)
            if option == "-m":
                for each in call.keywords:
                    if each.arg == name:
                        self._note(each.value, option)

    def options_assigned(self) -> None:
        """`config.option.markexpr = "not slow"`."""
        for store in self.module.stores:
            targets = store.targets if isinstance(store, ast.Assign) else [store.target]
            for target in targets:
                name = _plain(target.slice) if isinstance(target, ast.Subscript) else last_name(target)
                is_option = isinstance(target, (ast.Attribute, ast.Subscript)) and "option" in _spelled(target.value)
                for option, wanted in _NAMED.items():
                    if name == wanted and is_option and store.value is not None:
                        self._note(store.value, option)

    def commands(self) -> None:
        """`"pytest -m slow tests"`: a command in one string."""
        for node in self.module.strings:
            above = self.module.parents.get(node)
            if (
                node in self.taken
                or node in self.module.docstrings
                or isinstance(above, (ast.JoinedStr, ast.FormattedValue))
            ):
                continue
            plain = _plain(node) if isinstance(node, ast.Constant) else _parts(node)
            if "-m" not in plain and "-k" not in plain:
                continue
            if isinstance(above, ast.BinOp):
                top = _top(node, self.module)
                plain = next(iter(self.texts.of(top, self.module)), plain)
            if not _is_command(plain):
                continue
            everything = self._filled(node, above, plain)
            for text in everything:
                is_evident = any(each in text for each in _PYTEST)
                for option, expression in _in_command(text):
                    bare = expression.strip("\"'")
                    if is_expression(bare) and (is_evident or not self._is_of_others(bare, option)):
                        self._keep(node, option, expression)

    def _filled(self, node: ast.AST, above: ast.AST | None, plain: str) -> Iterable[str]:
        """The commands that a text comes to with what is put into it."""
        if isinstance(above, ast.Attribute) and above.attr == "format":
            return self.texts.of(self.module.parents.get(above, node), self.module)
        return self.texts.of(node, self.module) if isinstance(node, ast.JoinedStr) else (plain,)

    def _note(self, node: ast.expr, option: str, prefix: str = "", *, is_evident: bool = True) -> None:
        is_tried = self._is_tried(node) and not is_evident
        for text in self.texts.of(node, self.module):
            expression = text.removeprefix(prefix)
            if is_tried and HOLE in expression:
                continue
            if is_evident or not self._is_of_others(expression, option):
                self._keep(node, option, expression)

    def _is_tried(self, node: ast.expr) -> bool:
        """Whether it is an argument in `runner.invoke(command, [...])`: a test of a command that the project has."""
        above = self.module.parents.get(node)
        called = self.module.parents.get(above) if above is not None else None
        return isinstance(called, ast.Call) and last_name(called.func) == "invoke" and above in called.args[1:]

    def _is_of_others(self, expression: str, option: str) -> bool:
        """Whether it is the name of a module, a message, a number: where nothing says that pytest is called."""
        if HOLE in expression and not self.module.words:
            return True
        if not is_expression(expression):
            return True
        if option == "-m" and HOLE not in expression and not any(map(str.isidentifier, words(expression))):
            return True
        if not re.fullmatch(r"[\w.]+", expression):
            return False
        first = expression.partition(".")[0]
        return "." in expression or any(
            each.partition("/")[0] in (first, f"{first}.py") for each in self.texts.project.files
        )

    def _keep(self, node: ast.AST, option: str, text: str) -> None:
        expression = text.strip()
        if len(expression) > 1 and expression[0] == expression[-1] and expression[0] in "\"'":
            expression = expression[1:-1]
        if not expression:
            return
        named = words(expression)
        here = (self.module.path, line_of(node))
        self.found.selectors.add(
            Selector(
                path=here[0],
                line=here[1],
                option=option,
                expression=expression.replace(HOLE, "…"),
                names=tuple(each for each in named if HOLE not in each),
                is_literal=HOLE not in expression and is_expression(expression),
            )
        )
        holes = [each for each in named if HOLE in each]
        self.found.site(here, Use.READ, f"{option} {expression.replace(HOLE, '…')}", holes)
        for each in named if option == "-m" else ():
            if is_marker(each) and each.isidentifier():
                self.found.reference(each, here, Use.SELECTED, f"-m {expression.replace(HOLE, '…')!r}")


def is_expression(text: str) -> bool:
    """Whether it can stand behind `-m` or `-k`, as it is."""
    if not text.strip():
        return False
    plain = re.sub(r"\([^()]*=[^()]*\)", "", text)
    plain = re.sub(
        rf"[\w.:+\-\[\]\\/{HOLE}…]+", lambda found: found[0] if found[0] in ("and", "or", "not") else "x", plain
    )
    try:
        compile(plain.strip(), "", "eval", ast.PyCF_ONLY_AST)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not re.search(r"[^\w\s()]", plain)


def _in_command(text: str) -> Iterator[tuple[str, str]]:
    for match in _IN_COMMAND.finditer(text):
        quoted = match["quoted"]
        before = text[: match.start()].split()
        is_module = bool(before) and bool(_PYTHON.search(before[-1])) and " " not in quoted
        if not is_module and not (quoted in _MODULES and match["option"] == "m"):
            yield f"-{match['option']}", quoted


def _is_command(text: str) -> bool:
    if any(each in text for each in _PYTEST):
        return True
    # arguments alone, to be put behind a command elsewhere
    return bool(re.match(r"\s*-[mk][ =]\S", text)) or bool(re.match(r"\s*-[\w-]+.*\s-[mk] ", text))


def _plain(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _written(node: ast.AST) -> str:
    return _parts(node) if isinstance(node, ast.JoinedStr) else _plain(node)


def _parts(node: ast.JoinedStr) -> str:
    return "".join(_plain(each) or HOLE for each in node.values)


def _top(node: ast.AST, module: Module) -> ast.AST:
    top = node
    for above in module.ancestors(node):
        if not isinstance(above, ast.BinOp):
            break
        top = above
    return top


def _spelled(node: ast.AST) -> str:
    try:
        return ast.unparse(node)
    except (RecursionError, ValueError):
        return ""
