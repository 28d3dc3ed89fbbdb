"""A hook of MkDocs: what the pages say of settings, artifacts, commands and the like is taken from the code.

A line of a page such as `<!-- settings: flake -->` becomes a table when the site is built, so that no page can say what
the code no longer does. The names are in `WRITERS`; one that is not there, or stands for nothing, fails the build.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from unittest import mock

from noxtasks import config
from noxtasks.cli import COMMANDS, build_parser
from noxtasks.config import Setting
from noxtasks.errors import ExitCode
from noxtasks.evidence import schemas
from noxtasks.evidence.events import EventType
from noxtasks.evidence.gating.model import Gate, Unit
from noxtasks.gates import table
from noxtasks.governance import template

PLACE = re.compile(r"^<!-- ([a-z ]+?)(?:: (.+?))? -->$", re.MULTILINE)
CODE = re.compile(r"(`[^`]*`)")
DIALOG = 'role="dialog"'
WIDTH = 80  # of what a command says about itself, in characters: as many as stand on a page

Row = Sequence[str]
Place = tuple[str, Mapping[str, Any], Any]
"""The path of a field, its schema, and the document that the schema stands in."""


def on_page_markdown(markdown: str, **_: object) -> str:
    """The page with what its places stand for. Raises `LookupError` for a place that stands for nothing."""
    return PLACE.sub(lambda place: _written(place[1], place[2] or ""), markdown)


def on_post_page(output: str, **_: object) -> str:
    """The page with a name for the dialog of the search, which the theme leaves without one."""
    return output.replace(DIALOG, f'{DIALOG} aria-label="Search"')


def on_post_template(output_content: str, **_: object) -> str:
    """The same of pages that come from the theme alone, such as that for an address that there is not."""
    return on_post_page(output_content)


def _written(kind: str, name: str) -> str:
    if kind not in WRITERS:
        raise LookupError(f"no page has <!-- {kind} -->; there are {', '.join(WRITERS)}")
    return WRITERS[kind](name)


def settings(group: str) -> str:
    """The settings of the table `group`; `general` are those of none."""
    chosen = [one for one in config.SETTINGS if (one.key.partition(".")[0] if "." in one.key else "general") == group]
    if not chosen:
        raise LookupError(f"there are no settings of {group}")
    return _settings(chosen)


def parts(_: str) -> str:
    """The parts of a gate that a project may set."""
    return _settings(config.PARTS)


def _settings(chosen: Sequence[Setting]) -> str:
    rows = [(f"`{one.key}`", _default(one.default), _plain(one.meaning), _plain(one.expects)) for one in chosen]
    return _table(("setting", "default", "meaning", "expects"), rows)


def _default(text: str) -> str:
    return text if text in {"unset", "available cores"} else f"`{text}`"


def artifact(name: str) -> str:
    """The fields of an artifact: those of its result, and below them all others, folded away."""
    document = schemas.shipped().get(name)
    if document is None:
        raise LookupError(f"no schema is shipped for {name}")
    result, home = _resolved(document["properties"]["result"], document)
    top = _table(FIELDS, [_row(field, one, home) for field, one in result["properties"].items()])
    nodes = [document["properties"].get(part, {}) for part in PARTS]
    every = [_row(*place) for part, node in zip(PARTS, nodes, strict=True) for place in _below(node, document, part)]
    said = f"{_plain(document['title'])}. Its schema is `{document['$id']}`; these are the fields of its `result`."
    folded = "\n".join(f"    {line}" for line in _table(FIELDS, every).splitlines())
    return f'{said}\n\n{top}\n\n??? note "All {len(every)} fields"\n\n{folded}'


def governance_file(_: str) -> str:
    """The governance.yaml that a project begins with, folded away."""
    lines = ["```yaml", *template.text().splitlines(), "```"]
    return "\n".join(['??? note "The file to begin with"', "", *(f"    {line}".rstrip() for line in lines)])


FIELDS = ("field", "type", "meaning")
PARTS = ("result", "timing")  # of an artifact, in which it says something of its own


def artifacts(_: str) -> str:
    """Every artifact, with a heading of its own."""
    names = [name for name, one in schemas.shipped().items() if "result" in one.get("properties", {})]
    return "\n\n".join(f"## {name}\n\n{artifact(name)}" for name in names if name != schemas.ENVELOPE)


def envelope(_: str) -> str:
    """What every artifact has beside its result."""
    document = schemas.shipped()[schemas.ENVELOPE]
    return _table(FIELDS, [_row(field, one, document) for field, one in document["properties"].items()])


def event(_: str) -> str:
    """The members of an event, and what is in its data."""
    document = schemas.shipped()[schemas.EVENTS]
    return _table(FIELDS, [_row(*place) for place in _below(document, document)])


def _below(node: Mapping[str, Any], document: Any, above: str = "", seen: tuple[str, ...] = ()) -> Iterator[Place]:
    """Each field below a node, with its path, depth first; a reference to what it is in already is not followed."""
    for path, child, home in _children(node, document):
        full = f"{above}{path}" if path.startswith("[") else f"{above}.{path}".lstrip(".")
        if not path.startswith("["):
            yield full, child, home
        reference = child.get("$ref", "")
        if reference not in seen:
            inner, inner_home = _resolved(child, home)
            yield from _below(inner, inner_home, full, (*seen, reference) if reference else seen)


def _children(node: Mapping[str, Any], document: Any) -> Iterator[Place]:
    for name, child in node.get("properties", {}).items():
        yield name, child, document
    if isinstance(items := node.get("items"), dict):
        yield "[]", items, document
    if isinstance(values := node.get("additionalProperties"), dict):
        yield "[NAME]", values, document
    for choice in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _children(*_resolved(choice, document))


def _resolved(node: Mapping[str, Any], document: Any) -> tuple[Mapping[str, Any], Any]:
    """The node that a reference leads to, with what stands beside the reference, and the document that it is in."""
    reference = node.get("$ref")
    if reference is None:
        return node, document
    identity, _, pointer = reference.partition("#")
    home = next((one for one in schemas.shipped().values() if one["$id"] == identity), document)
    found: Any = home
    for word in pointer.strip("/").split("/"):
        found = found[word] if word else found
    inner, inner_home = _resolved(found, home)
    return {**inner, **{key: value for key, value in node.items() if key != "$ref"}}, inner_home


def _row(path: str, node: Mapping[str, Any], document: Any) -> Row:
    resolved, home = _resolved(node, document)
    return (f"`{path}`", _type(resolved, home), _plain(resolved.get("description", "")))


def _type(node: Mapping[str, Any], document: Any) -> str:
    """What a value is, in words: `list of texts` and the like."""
    node, document = _resolved(node, document)
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return " or ".join("null" if one is None else f"`{one}`" for one in node["enum"])
    if choices := node.get("anyOf") or node.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(one, document) for one in choices))
    kinds = node.get("type", "any value")
    return " or ".join(_named(kind, node, document) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def _named(kind: str, node: Mapping[str, Any], document: Any) -> str:
    if kind == "array" and isinstance(node.get("items"), dict):
        return f"list of {_type(node['items'], document)}"
    if kind == "object" and isinstance(values := node.get("additionalProperties"), dict):
        return f"object of {_type(values, document)} by name"
    if kind == "string" and node.get("format") == "date-time":
        return "time"
    return {"array": "list", "integer": "whole number", "boolean": "true or false", "string": "text"}.get(kind, kind)


def commands(prefix: str) -> str:
    """What the commands that begin with a word say of themselves; without a word, all of them."""
    names = [one.name for one in COMMANDS if not prefix or one.name.split()[0] in prefix.split(", ")]
    if not names:
        raise LookupError(f"there is no command {prefix}")
    return "\n\n".join(f"```text\n$ noxtasks {name} --help\n{_help(name)}\n```" for name in names)


def every_command(_: str) -> str:
    """All commands, with a heading each."""
    shown = [f"## {one.name}\n\n{one.title}\n\n```text\n{_help(one.name)}\n```" for one in COMMANDS]
    return "\n\n".join(shown)


def _help(name: str) -> str:
    said = io.StringIO()
    wide = mock.patch.dict("os.environ", {"COLUMNS": str(WIDTH), "NO_COLOR": "1"})
    with wide, contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        build_parser().parse_args([*name.split(), "--help"])
    return said.getvalue().strip()


def exit_codes(_: str) -> str:
    """How a command may end."""
    return _table(("code", "name", "meaning"), [(str(one.value), f"`{one.name}`", one.meaning) for one in ExitCode])


def events(_: str) -> str:
    """The closed list of events."""
    return _table(("event", "when"), [(f"`{one.type}`", _plain(one.meaning)) for one in EventType])


def gates(_: str) -> str:
    """The table of the gates that are there without being configured."""
    rows = [(f"`{one.name}`", one.level.value, _plain(one.title), _wanted(one), one.artifact) for one in table.GATES]
    return _table(("gate", "level", "what is asked", "wanted", "of"), rows)


def _wanted(gate: Gate) -> str:
    if gate.threshold is None:
        return "as the artifact says"
    share = isinstance(gate.threshold, float) and gate.unit in {Unit.SHARE, Unit.CHANGE}
    return f"`{gate.operator.value} {f'{gate.threshold:.0%}' if share else gate.threshold}`"


def _plain(text: str) -> str:
    """Text that is none of Markdown's, but for code in backticks."""
    pieces = CODE.split(text)
    return "".join(piece if piece.startswith("`") else re.sub(r"([*_<>\[\]])", r"\\\1", piece) for piece in pieces)


def _table(head: Row, rows: Sequence[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


WRITERS: dict[str, Callable[[str], str]] = {
    "settings": settings,
    "parts of a gate": parts,
    "artifact": artifact,
    "artifacts": artifacts,
    "envelope": envelope,
    "event": event,
    "events": events,
    "commands": commands,
    "every command": every_command,
    "exit codes": exit_codes,
    "gates": gates,
    "governance file": governance_file,
}
