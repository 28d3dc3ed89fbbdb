"""Follows the other names of marks to the places where tests get them: through modules, imports and `import *`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from noxtasks.markers.model import Reference, Use
from noxtasks.markers.python.marks import Certainty, Mark
from noxtasks.markers.python.places import Alias, fate
from noxtasks.markers.python.project import Project
from noxtasks.markers.python.syntax import Binding, Kind, Module, last_name, line_of

_DEPTH = 20  # nobody gives one thing more names than that, one after the other


class Aliases:
    """Finds the uses of aliases, each alias once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._depth = 0
        self._uses: dict[tuple[str, int, str], tuple[tuple[str, int, str, bool], ...]] = {}

    def references(self, mark: Mark, module: Module) -> Iterator[Reference]:
        """What one mark where it is spelled comes to."""
        here = fate(mark.node, module)
        use = Use.READ if here.is_read else Use.APPLIED
        line = line_of(mark.node)
        if not here.aliases:
            if mark.certainty is Certainty.PERHAPS and here.how not in ("decorator", "pytestmark", "add_marker"):
                use = Use.POSSIBLE
            yield Reference(marker=mark.name, path=module.path, line=line, use=use, how=here.how)
            return
        for alias in here.aliases:
            uses = () if mark.certainty is Certainty.PERHAPS else self.uses(alias)
            how = f"alias {alias.name}"
            if mark.certainty is Certainty.PERHAPS:
                yield Reference(marker=mark.name, path=module.path, line=line, use=Use.POSSIBLE, how=how)
            elif uses:
                use = Use.READ if all(is_read for *_, is_read in uses) else Use.APPLIED
                yield Reference(marker=mark.name, path=module.path, line=line, use=use, how=f"defines {how}")
            else:
                yield Reference(marker=mark.name, path=module.path, line=line, use=Use.ALIASED, how=how)
                yield from self._by_string(mark, alias)
            for path, at, what, is_read in uses:
                found = Use.READ if is_read else Use.APPLIED
                yield Reference(marker=mark.name, path=path, line=at, use=found, how=f"{how}, {what}")

    def uses(self, alias: Alias) -> tuple[tuple[str, int, str, bool], ...]:
        """Path, line, how, and whether it is only compared with, of every use."""
        key = (alias.module.path, id(alias.scope.node), alias.name)
        if key not in self._uses:
            if self._depth > _DEPTH:
                return ((alias.module.path, alias.line, "through many names", False),)
            self._uses[key] = ()  # a circle of imports ends here
            self._depth += 1
            self._uses[key] = tuple(dict.fromkeys(self._found(alias)))
            self._depth -= 1
        return self._uses[key]

    def _found(self, alias: Alias) -> Iterator[tuple[str, int, str, bool]]:
        for node, module in self._standing(alias):
            here = fate(node, module)
            if not here.aliases:
                yield module.path, line_of(node), here.how, here.is_read
            for each in here.aliases:
                if each.scope is alias.scope and each.name == alias.name:
                    continue
                yield from self.uses(each)
        for each in self._imported(alias):
            yield from self.uses(each)
        if alias.is_method:  # whoever calls it: its class may be a plugin's, or known by its base
            yield alias.module.path, alias.line, "method", False

    def _standing(self, alias: Alias) -> Iterator[tuple[ast.expr, Module]]:
        """Where the alias stands by its name."""
        module = alias.module
        for name in module.names.get(alias.name, []):
            found = module.lookup(alias.name, name)
            if found is None or found[0] is alias.scope:
                yield name, module
        if alias.is_attribute:
            for other in self._project.modules_with(alias.name):
                yield from ((each, other) for each in _reached(other, alias.name))
        elif alias.scope.node is module.tree:
            for other in self._project.modules_with(alias.name):
                yield from ((each, other) for each in self._through_module(alias, other))

    def _through_module(self, alias: Alias, other: Module) -> Iterator[ast.Attribute]:
        """`a.b.alias` where a.b is, or may be, the module of the alias."""
        for each in _reached(other, alias.name):
            root = each.value
            if last_name(root) == "module" or (isinstance(root, ast.Call) and last_name(root.func) == "import_module"):
                yield each  # of the test, or by a name that may be computed
                continue
            while isinstance(root, ast.Attribute):
                root = root.value
            if not isinstance(root, ast.Name):
                continue
            found = other.lookup(root.id, root)
            for binding in found[1] if found is not None else ():
                is_renamed = binding.kind is Kind.VALUE and isinstance(binding.node, ast.Name) and not binding.steps
                if is_renamed or (binding.kind is Kind.IMPORT and self._may_lead(binding, each, other, alias.module)):
                    yield each
                    break

    def _may_lead(self, binding: Binding, attribute: ast.Attribute, other: Module, goal: Module) -> bool:
        node, statement = binding.node, binding.statement
        if not isinstance(node, ast.alias) or statement is None:
            return False
        as_module, _ = self._project.imported(other, statement, node)
        if goal.path in as_module:
            return True
        # import a, then a.b.alias; or a package that passes on what its modules have
        parts: list[str] = []
        value = attribute.value
        while isinstance(value, ast.Attribute):
            parts.insert(0, value.attr)
            value = value.value
        base = node.name if isinstance(statement, ast.Import) and node.asname else node.name.partition(".")[0]
        if isinstance(statement, ast.ImportFrom):
            base = ".".join(each for each in (statement.module or "", node.name) if each)
        level = statement.level if isinstance(statement, ast.ImportFrom) else 0
        return goal.path in self._project.resolve(".".join([base, *parts]), importer=other.path, level=level)

    def _imported(self, alias: Alias) -> Iterator[Alias]:
        """The names that the alias gets in modules that import it."""
        if alias.scope.node is not alias.module.tree:
            return
        others = [*self._project.modules_with(alias.name), *self._project.modules_with("import *")]
        for other in dict.fromkeys(others):
            if other is not alias.module:
                yield from self._imports(other, alias)

    def _imports(self, other: Module, alias: Alias) -> Iterator[Alias]:
        for statement in other.imports:
            if not isinstance(statement, ast.ImportFrom):
                continue
            for each in statement.names:
                if each.name not in (alias.name, "*"):
                    continue
                paths = self._project.resolve(statement.module or "", importer=other.path, level=statement.level)
                if alias.module.path in paths:
                    name = each.asname or alias.name
                    scope = other.scopes[other.tree] if each.name == "*" else other.scope_of(statement)
                    yield Alias(name=name, module=other, scope=scope, line=line_of(statement))

    def _by_string(self, mark: Mark, alias: Alias) -> Iterator[Reference]:
        """`getattr(marks, "needs_db")` uses an alias by a string."""
        if alias.name == mark.name:
            return  # then it is found as the marker's name
        for module in self._project.modules_with(alias.name):
            for each in module.strings:
                if isinstance(each, ast.Constant) and each.value == alias.name and not _is_exported(each, module):
                    how = f"string that names the alias {alias.name}"
                    yield Reference(marker=mark.name, path=module.path, line=line_of(each), use=Use.POSSIBLE, how=how)
        for path in self._project.unread:
            if alias.name.encode() in self._project.files[path]:
                how = f"may use the alias {alias.name}"
                yield Reference(marker=mark.name, path=path, line=0, use=Use.POSSIBLE, how=how)


def _reached(module: Module, name: str) -> Iterator[ast.Attribute]:
    """Attributes of this name that are no markers themselves."""
    for each in module.attributes.get(name, []):
        value = each.value
        is_mark = isinstance(value, ast.Attribute) and value.attr == "mark"
        if isinstance(each.ctx, ast.Load) and not is_mark and not (isinstance(value, ast.Name) and value.id == "mark"):
            yield each


def _is_exported(node: ast.AST, module: Module) -> bool:
    """Whether the string stands in `__all__`."""
    for above in module.ancestors(node):
        if isinstance(above, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = above.targets if isinstance(above, ast.Assign) else [above.target]
            return any(isinstance(each, ast.Name) and each.id == "__all__" for each in targets)
    return False
