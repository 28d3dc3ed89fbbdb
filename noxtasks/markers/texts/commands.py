"""What files other than Python say of markers: which ones commands select, and where else they are named.

Works on text and not on the schema of each system, so that a CI that nobody has heard of is read as well. It errs to
the side of a use: a marker that seems to be selected and is not stays; one that is selected unseen would go.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from noxtasks.markers.model import Reference, Selector, Site, Use
from noxtasks.markers.texts import mentions, options, registrations, variables
from noxtasks.markers.texts.expressions import names_in
from noxtasks.markers.texts.kinds import TextKind, kind_of
from noxtasks.markers.texts.lines import Lines
from noxtasks.markers.texts.options import Context, Option
from noxtasks.markers.texts.variables import Value

_HOLDER = "NOXTASKS_FILLED_IN"
_DATA_LIMIT = 512 * 1024  # longer data are recordings, not settings
_ROUNDS = 5  # a variable of a variable of a variable …
_UNIT = re.compile(options.UNIT)
_NOT_WRITTEN_HERE = ("*", "@", "$", "`", "<", "{{")  # an anchor, a here-string, what a program prints
_POSITIONAL = re.compile(r"\$\{?[\d@*]")
_WORD = re.compile(r"(?<![\w.-])[A-Za-z_][\w-]*")


class CommandReading(msgspec.Struct, frozen=True, kw_only=True):
    """What the texts say. `strings` are values in data and commands that equal a marker's name, by that name."""

    references: tuple[Reference, ...]
    selectors: tuple[Selector, ...]
    sites: tuple[Site, ...]
    strings: dict[str, tuple[tuple[str, int], ...]]


class _Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A selection with parts that something else fills in."""

    path: str
    line: int
    option: str
    expression: str
    units: tuple[str, ...]
    names: tuple[str, ...]  # that are written out
    may_be_open: bool  # whether it says anything where no value is found


def read(texts: Mapping[str, str], names: Collection[str]) -> CommandReading:
    """All that the texts (by their paths from the root) say of the markers `names`, and what commands select."""
    known = frozenset(names)
    entries = {(one.path, one.line) for one in registrations.read(texts).found}
    kinds = {path: kind_of(path, text) for path, text in texts.items()}
    references: set[Reference] = set()
    selectors: set[Selector] = set()
    filled: dict[_Filled, None] = {}  # each once, in their order
    strings: dict[str, list[tuple[str, int]]] = {}
    for path, text in texts.items():
        references.update(_named(path, text, kinds[path], known))
        for one in _selected(path, text, kinds[path], known):
            if isinstance(one, Selector):
                selectors.add(one)
            elif isinstance(one, Reference):
                references.add(one)
            else:
                filled[one] = None
        if kinds[path] in {TextKind.DATA, TextKind.COMMAND}:
            for name, line in mentions.in_data(text, known):
                if (path, line) not in entries:
                    strings.setdefault(name, []).append((path, line))
    sources = {
        path: text
        for path, text in texts.items()
        if kinds[path] is TextKind.COMMAND or (kinds[path] is TextKind.DATA and len(text) <= _DATA_LIMIT)
    }
    resolved, sites = _fill(filled, sources, known, entries)
    return CommandReading(
        references=tuple(sorted({_less_in(entries, one) for one in references} | resolved, key=_order)),
        selectors=tuple(sorted(one for one in selectors if (one.path, one.line) not in entries)),
        sites=tuple(sorted(sites, key=lambda site: (site.path, site.line, site.how))),
        strings={name: tuple(dict.fromkeys(places)) for name, places in sorted(strings.items())},
    )


def _less_in(entries: set[tuple[str, int]], reference: Reference) -> Reference:
    """The reference; within a registration, where it describes the marker and does nothing, as a mention."""
    if (reference.path, reference.line) not in entries:
        return reference
    return msgspec.structs.replace(reference, use=Use.MENTIONED, how="description")


def _order(reference: Reference) -> tuple[str, int, str, str]:
    return reference.path, reference.line, reference.marker, reference.how


def _named(path: str, text: str, kind: TextKind, known: frozenset[str]) -> Iterator[Reference]:
    yield from mentions.by_mark(path, text, kind, known)
    if kind is TextKind.COMMAND:
        yield from mentions.by_tool(path, text, known)
    elif kind in {TextKind.DOCS, TextKind.CHANGES}:
        yield from mentions.in_prose(path, text, known)
    elif path.endswith(".feature"):
        yield from mentions.in_features(path, text, known)
    elif kind is TextKind.DATA and path.endswith((".yaml", ".yml")):
        yield from _marks_of_data(path, text, known)


def _marks_of_data(path: str, text: str, known: frozenset[str]) -> Iterator[Reference]:
    parts = mentions.marks_of_data(text)
    lines = Lines(text) if parts else None
    for start, end in parts:
        for name, line in mentions.in_data(text[start:end], known):
            if lines is not None:
                number = lines.number(start) + line - 1
                yield Reference(marker=name, path=path, line=number, use=Use.POSSIBLE, how="marks in data")


def _selected(path: str, text: str, kind: TextKind, known: frozenset[str]) -> Iterator[Reference | Selector | _Filled]:
    lines: Lines | None = None
    for ways in options.find(text):
        option = next((way for way in ways if _is_selection(way, known, kind)), None)
        if option is None:
            continue
        lines = lines or Lines(text)
        line = lines.number(option.start)
        found = _names(option)
        units = (option.value,) if option.is_bare and not known.intersection(found) else tuple(option.units)
        if option.context is Context.PYTEST or known.intersection(found):
            yield Selector(
                path=path,
                line=line,
                option=option.option,
                expression=option.value,
                names=found,
                is_literal=not units,
            )
        how = _how(option, kind)
        use = Use.MENTIONED if kind is TextKind.CHANGES else Use.SELECTED
        for name in known.intersection(found):
            yield Reference(marker=name, path=path, line=line, use=use, how=how)
        if units and kind is not TextKind.CHANGES:
            may_be_open = (
                option.option == "-m"
                and option.context is Context.PYTEST
                and kind not in {TextKind.DOCS, TextKind.OTHER}
                and not option.is_commented
            )
            yield _Filled(
                path=path,
                line=line,
                option=option.option,
                expression=option.value,
                units=units,
                names=found,
                may_be_open=may_be_open,
            )


def _how(option: Option, kind: TextKind) -> str:
    how = f"{option.option} {option.value!r}"
    if kind is TextKind.DOCS:
        return f"{how} in docs"
    return f"{how} in a comment" if option.is_commented else how


def _is_selection(option: Option, known: frozenset[str], kind: TextKind) -> bool:
    """Whether this is an expression, and pytest's: by the command before it, or else by the markers in it."""
    found = names_in(_held(option.value))
    if found is None and not option.units:
        return False
    names = _names(option)
    if option.units:
        return bool(known.intersection(names)) or option.context is Context.PYTEST or kind is TextKind.COMMAND
    if names == ("pytest",) and "pytest" not in known:
        return False
    is_known = not known.isdisjoint(names)
    if option.option == "-k" or option.context is Context.UNKNOWN:
        return is_known or (option.context is Context.PYTEST and kind is not TextKind.OTHER)
    return is_known or all(name.isidentifier() for name in names)


def _names(option: Option) -> tuple[str, ...]:
    """The identifiers that are written out."""
    names = names_in(_held(option.value))
    if names is None:  # a part that brings operators with it: `slow $AND_MORE`
        words = re.findall(r"(?<![\w.-])[A-Za-z_][\w-]*", _UNIT.sub(f" {_HOLDER} ", option.value))
        names = tuple(word for word in dict.fromkeys(words) if word not in {"and", "or", "not"})
    return tuple(name for name in names if _HOLDER not in name)


def _held(value: str) -> str:
    return _UNIT.sub(_HOLDER, value)


def _fill(
    filled: Collection[_Filled], sources: Mapping[str, str], known: frozenset[str], entries: set[tuple[str, int]]
) -> tuple[set[Reference], set[Site]]:
    """The markers that values bring in, at the values' places, and the selections for which no value is found."""
    values = _all_values(
        {name for one in filled for unit in one.units for name in variables.variables_in(unit)}, sources
    )
    references: set[Reference] = set()
    sites: set[Site] = set()
    resolved = {unit: list(dict.fromkeys(_resolved(unit, values))) for one in filled for unit in one.units}
    telling = {
        unit: [value for value in found if not known.isdisjoint(_WORD.findall(value.text))]
        for unit, found in resolved.items()
    }
    for one in filled:
        how = f"{one.option} {' '.join(one.expression.split())}"
        is_open = False
        for unit in one.units:
            is_part = re.search(rf"[\w-]{re.escape(unit)}|{re.escape(unit)}[\w-]", one.expression)  # of a name
            found = (resolved if is_part else telling)[unit]
            literals = variables.literals_in(unit)
            is_open |= _says_nothing(unit, resolved[unit], telling[unit], literals, known)
            written = (Value(text=literal, path=one.path, line=one.line) for literal in literals)
            for value in (*found, *written):
                if (value.path, value.line) in entries:  # pytest's own setting `markers` is no variable
                    continue
                for name in known.intersection(_put_in(one.expression, unit, value.text)).difference(one.names):
                    references.add(Reference(marker=name, path=value.path, line=value.line, use=Use.SELECTED, how=how))
        if is_open and one.may_be_open:
            sites.add(Site(path=one.path, line=one.line, use=Use.READ, how=how, patterns=_patterns(one.expression)))
    return references, sites


def _says_nothing(
    unit: str, values: Sequence[Value], telling: Sequence[Value], literals: Sequence[str], known: frozenset[str]
) -> bool:
    """Whether what a part stands for is told by none of the values that were found, or not by all."""
    if _POSITIONAL.search(unit):  # its default is what it is without a caller
        return True
    if not telling and known.isdisjoint(word for literal in literals for word in _WORD.findall(literal)):
        return not literals or bool(values)  # such as another spelling, which a command changes on the way
    return any(value.text.startswith(_NOT_WRITTEN_HERE) for value in values)


def _all_values(wanted: set[str], sources: Mapping[str, str]) -> dict[str, list[Value]]:
    values: dict[str, list[Value]] = {}
    asked: set[str] = set()
    for _ in range(_ROUNDS):
        missing = wanted - asked
        if not missing:
            break
        asked |= missing
        found = variables.values_of(missing, sources)
        values.update(found)
        wanted = {
            name
            for each in found.values()
            for value in each
            for unit in _UNIT.findall(value.text)
            for name in variables.variables_in(unit)
        }
    return values


def _resolved(unit: str, values: Mapping[str, list[Value]]) -> Iterator[Value]:
    """What may stand in place of a part; a value with parts of its own also brings what these may be."""
    waiting = list(variables.variables_in(unit))
    asked: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in asked:
            continue
        asked.add(name)
        for value in values.get(name, ()):
            inner = _UNIT.findall(value.text)
            if not inner or _UNIT.sub("", value.text).strip():
                yield value
            for part in inner:
                waiting += variables.variables_in(part)
                yield from (
                    Value(text=literal, path=value.path, line=value.line) for literal in variables.literals_in(part)
                )


def _put_in(expression: str, unit: str, text: str) -> tuple[str, ...]:
    """The names in an expression when a part of it is filled in with `text`, less those that other parts bring."""
    value = _held(expression.replace(unit, _held(text)))
    names = names_in(value)
    if names is None:
        names = names_in(_held(text)) or tuple(re.findall(r"(?<![\w.-])[A-Za-z_]\w*(?![\w-])", _held(text)))
    return tuple(name for name in names if _HOLDER not in name)


def _patterns(expression: str) -> tuple[str, ...]:
    """Regular expressions for the names that the unknown parts may make."""
    words = names_in(_held(expression)) or (_HOLDER,)
    patterns = [re.escape(word).replace(_HOLDER, ".*") for word in words if _HOLDER in word]
    return tuple(dict.fromkeys(patterns)) or (".*",)
