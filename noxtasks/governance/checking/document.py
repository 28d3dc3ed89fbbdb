"""`governance.yaml` as a tree whose every part knows its line.

Only plain YAML is taken: no anchors, which let a few lines stand for millions; no tags, which name types of Python; no
key twice, of which YAML readers silently drop one; one document, not deeper than people read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec
import yaml

from noxtasks.errors import ConfigurationError
from noxtasks.governance.checking.model import NAME

MOST_BYTES = 128 * 1024  # ten times what a full one has; all that follows grows with it
_DEEPEST = 12
_STANDARD = "tag:yaml.org,2002:"
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)

_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?", re.ASCII)
_MOST_DIGITS = 15  # that a float holds exactly

Plain = str | float | bool | date | None


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A value: of a member the line of its key, of an item its own."""

    value: Plain | tuple[Node, ...] | dict[str, Node]
    line: int

    @property
    def kind(self) -> str:
        """What it is, as people say it."""
        kinds = (
            (dict, "a mapping"), (tuple, "a list"), (str, "text"), (bool, "true or false"), (int | float, "a number"),
            (date, "a date"),
        )  # fmt: skip
        return next((said for kind, said in kinds if isinstance(self.value, kind)), "nothing")


def problem(line: int, message: str, remedy: str) -> ConfigurationError:
    """What is wrong on a line of the file; 0: with the whole."""
    return ConfigurationError(message, where=f"{NAME}:{line}" if line else NAME, remedy=remedy)


def parse(data: bytes) -> tuple[Node, list[ConfigurationError]]:
    """The tree of the file, and what of it is left out for what is wrong with it.

    Raises `ConfigurationError` where there is no tree.
    """
    text = _decoded(data)
    try:
        if found := list(_unwanted(text)):
            raise ConfigurationError.all_of(found)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax(error) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"the character U+{error.character:04X} is not allowed in YAML"
        raise problem(line, message, "Take it out.") from None
    if root is None:
        raise problem(0, "it is empty", "`noxtasks init --governance` writes one to begin with, where there is none.")
    problems: list[ConfigurationError] = []
    return _tree(root, problems), problems


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise problem(0, f"it has {len(data)} bytes, and may have {MOST_BYTES}", "Keep it to what people read.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"it is not UTF-8: byte 0x{data[error.start]:02x}"
        raise problem(line, message, "Save it as UTF-8.") from None


def _unwanted(text: str) -> Iterator[ConfigurationError]:
    """What a parser would take, and we do not. Nothing is built yet, so that nothing can grow."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        depth += isinstance(event, _STARTS) - isinstance(event, _ENDS)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > _DEEPEST:
            raise problem(line, f"it is nested more than {_DEEPEST} levels deep", "Nothing here is nested so deeply.")
        if documents > 1:
            raise problem(line, "a second document begins here", "Take the line --- out.")
        if isinstance(event, yaml.AliasEvent):
            yield problem(line, f"*{getattr(event, 'anchor', '')} stands for another place", "Write out what is meant.")
        elif anchor := getattr(event, "anchor", ""):
            yield problem(line, f"&{anchor} is an anchor", "Write out what is meant, wherever it is meant.")
        if tag := getattr(event, "tag", None):
            yield problem(line, f"{tag.replace(_STANDARD, '!!')} is a tag", "Leave tags out.")


def _syntax(error: yaml.MarkedYAMLError) -> ConfigurationError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    said = error.problem or error.context or "it cannot be parsed"
    if "\\t" in said:
        return problem(line, "a tab stands where YAML takes spaces", "Indent with spaces.")
    begun = f" (what began on line {error.context_mark.line + 1})" if error.context_mark and error.context else ""
    return problem(line, f"it is not YAML: {said}{begun}", _remedy(said))


def _remedy(said: str) -> str:
    """What most often is behind the words of the parser."""
    if "mapping values" in said or "cannot start any token" in said:
        return "Text with a colon, a hash or another sign of YAML in it goes into quotes."
    if "quoted scalar" in said or "end of stream" in said:
        return "Close the quote or the bracket."
    return (
        "Look for a quote or a bracket that is not closed, and for a line that is not indented as its neighbours are."
    )


def _tree(node: Any, problems: list[ConfigurationError], line: int = 0) -> Node:
    line = line or node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        members: dict[str, Node] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                problems.append(problem(at, "a key has to be text", "Put braces and brackets into quotes."))
                continue
            if key.value in members:
                message = f"{key.value!r} is there twice, first on line {members[key.value].line}"
                problems.append(problem(at, message, "Keep one of them."))
                continue
            members[key.value] = _tree(value, problems, at)
        return Node(value=members, line=line)
    if isinstance(node, yaml.SequenceNode):
        return Node(value=tuple(_tree(each, problems) for each in node.value), line=line)
    return Node(value=_scalar(node, problems, line), line=line)


def _scalar(node: Any, problems: list[ConfigurationError], line: int) -> Plain:
    """The value as YAML 1.2 and people have it: `no` and `off` are words, 010 is ten, and 1:30 is no number."""
    tag = node.tag.removeprefix(_STANDARD)
    if tag == "bool" and node.value.lower() not in {"true", "false"}:
        return str(node.value)
    if tag in {"int", "float"}:
        return _number(node.value)
    constructor = yaml.constructor.SafeConstructor()
    try:
        value: Plain = constructor.construct_object(node)
    except (ValueError, OverflowError, yaml.MarkedYAMLError):
        problems.append(problem(line, f"{node.value[:60]!r} cannot be read", "Put it into quotes, if it is text."))
        return ""
    return value if isinstance(value, str | bool | date | None) else str(node.value)


def _number(text: str) -> Plain:
    if not _NUMBER.fullmatch(text):
        return text
    return int(text) if text.lstrip("+-").isdigit() and len(text) <= _MOST_DIGITS else float(text)
