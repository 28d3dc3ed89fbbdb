"""Where a name may come from that code computes or a command has in a variable, and of which no letter is known.

A constant, a value in data, the name of a folder or a function always count. More only where the code shows that it
looks further: into files, into its surroundings, or at the names, docstrings and comments of the tests themselves. What
such code makes of a word nobody follows, so case, dashes, underscores and what is cut off do not matter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from noxtasks.markers.model import Registration, Site
from noxtasks.markers.rules import Corpus, Place, is_command, is_open
from noxtasks.markers.texts.kinds import TextKind, is_list, kind_of

_DEFINED = re.compile(rb"^\s*(?:async\s+)?def\s+(\w+)", re.MULTILINE)
_WORD = re.compile(r"[^\W\d][\w-]*")
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z]+")
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([^\n#]+)", re.MULTILINE)
_READS_FILES = re.compile(r"\bopen\(|\.read_(?:text|bytes)\(|\bloads?\(|\bsafe_load|\bparse\(|reader\(", re.IGNORECASE)
_ASKS_AROUND = re.compile(r"\bget(?:option|ini|env)\b|\benviron\b|\bargv\b")
_LOOKS_AT_CODE = re.compile(
    r"__(?:doc|name|qualname|annotations|dict|members|metadata|init_subclass)__|\bget(?:doc|comments|source\w*|members)\("
    r"|\.(?:name|originalname|nodeid|id|keywords)\b|\b(?:vars|dir|locals|globals|fields|signature|get_type_hints)\("
    r"|\b_fields\b|\bauto\(|\b\w*(?:Enum|Flag)\b|\*\*\w|\bfixturenames\b|[(,]\s*(?:pytest\.)?mark\s*[,)]"
)
_STARTED_BY_TOOLS = frozenset(
    {"noxfile", "tasks", "conftest", "fabfile", "dodo", "manage", "setup", "__main__", "__init__"}
)
_ENTRY_POINTS = frozenset({"pyproject.toml", "setup.cfg"})  # "shop = tools.runner:main" gives a program another name
_MOST_PIECES = 8  # of one word; longer ones are no names
_DATA_LIMIT = 512 * 1024  # longer data are recordings, not settings


def gather(
    names: Collection[str],
    sites: Iterable[Site],
    *,
    python: Mapping[str, bytes],
    texts: Mapping[str, str],
    folders: Collection[str],
    strings: Mapping[str, tuple[Place, ...]],
    data: Mapping[str, tuple[Place, ...]],
    registrations: Iterable[Registration],
) -> Corpus:
    """The places at which `names` stand from where the sites may get them.

    `strings` are constants in code, `data` whole values in files that are not Python, each by its text. A line that
    registers a marker is no such place.
    """
    opened = [site for site in sites if any(map(is_open, site.patterns))]
    known = {_folded(name): name for name in names}
    registered = {(each.path, each.line) for each in registrations}
    constants = _together(_functions(python), strings, data)
    code = _code([site.path for site in opened if not is_command(site)], python)
    in_files = {path: text for path, text in texts.items() if _may_hold_names(path, text)}
    drawn: dict[str, str] = {}
    if _READS_FILES.search(code) or _ASKS_AROUND.search(code):
        drawn |= in_files
    if _LOOKS_AT_CODE.search(code):
        drawn |= {path: _text(content) for path, content in python.items() if b"test" in content.lower()}
    asking = [site.path for site in opened if is_command(site)]
    told = {path: text for path, text in texts.items() if asking and _may_tell_commands(path, text)}
    return Corpus(
        names={
            **_found(known, drawn, registered, _forms),
            **dict.fromkeys(folders, (("a folder or a file", 0),)),
            **constants,
        },
        words=_together(_found(known, told, registered, _targets), constants),
        related={path: _related(path, python, told) for path in asking if path in python},
    )


def _related(path: str, python: Mapping[str, bytes], commands: Mapping[str, str]) -> frozenset[str]:
    """The files from which a program gets what it puts into a command: its own modules, and what starts it."""
    stem = PurePosixPath(path).stem
    if stem in _STARTED_BY_TOOLS:
        return frozenset({path, *_imported(path, python), *commands})
    settings = {other: text for other, text in commands.items() if PurePosixPath(other).name in _ENTRY_POINTS}
    entry = re.compile(rf"([\w.-]+)[\"']?\s*=\s*[\"']?[\w.]*\b{re.escape(stem)}:\w")
    called = {stem, *(name for text in settings.values() for name in entry.findall(text))}
    naming = {other for other in commands.keys() - settings if any(name in commands[other] for name in called)}
    started = re.compile(rf"python\S*\s+\S*\b{re.escape(stem)}\b")  # by a task
    naming |= {other for other, text in settings.items() if started.search(text)}
    return frozenset({path, *_imported(path, python), *naming})


def _functions(python: Mapping[str, bytes]) -> dict[str, tuple[Place, ...]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for path, content in python.items():
        for name in _DEFINED.findall(content):
            found[name.decode("utf-8", "replace")].append((path, 0))
    return {name: tuple(places) for name, places in found.items()}


def _together(*parts: Mapping[str, tuple[Place, ...]]) -> dict[str, tuple[Place, ...]]:
    found: dict[str, tuple[Place, ...]] = {}
    for part in parts:
        for name, places in part.items():
            found[name] = (*found.get(name, ()), *places)
    return found


def _code(paths: Collection[str], python: Mapping[str, bytes]) -> str:
    """The text of these modules and of those that they seem to import."""
    own = [path for path in dict.fromkeys(paths) if path in python]
    others = [other for path in own for other in _imported(path, python)]
    return "\n".join(_text(python[path]) for path in dict.fromkeys((*own, *others)))


def _imported(path: str, python: Mapping[str, bytes]) -> list[str]:
    """The modules that a module seems to import."""
    lines = _IMPORT.findall(_text(python[path]))
    words = {word for line in lines for word in re.findall(r"\w+", line)}
    return [other for other in python if PurePosixPath(other).stem in words]


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _may_hold_names(path: str, text: str) -> bool:
    kind = kind_of(path, text)
    if kind in {TextKind.DOCS, TextKind.CHANGES}:
        return is_list(path)
    return kind is TextKind.COMMAND or len(text) <= _DATA_LIMIT


def _may_tell_commands(path: str, text: str) -> bool:
    kind = kind_of(path, text)
    return kind is TextKind.COMMAND or (kind is TextKind.DOCS and is_list(path))


def _found(
    known: Mapping[str, str],
    texts: Mapping[str, str],
    registered: Collection[Place],
    forms: Callable[[str], Iterator[str]],
) -> dict[str, tuple[Place, ...]]:
    """The first place of each known name in each of the texts."""
    found: dict[str, dict[str, Place]] = defaultdict(dict)
    blank: dict[str, set[int]] = defaultdict(set)
    for path, line in registered:
        blank[path].add(line)
    meant: dict[str, tuple[str, ...]] = {}  # by word, as the same words stand in many files
    for path, text in texts.items():
        without = blank.get(path, ())
        lines = ["" if number in without else line for number, line in enumerate(text.split("\n"), start=1)]
        for word in set(_WORD.findall("\n".join(lines) if without else text)):
            if word not in meant:
                meant[word] = tuple({known[form] for form in forms(word) if form in known})
            for name in meant[word]:
                number = next((at for at, line in enumerate(lines, start=1) if word in line), 0)
                found[name].setdefault(path, (path, number))
    return {name: tuple(places.values()) for name, places in found.items()}


def _forms(word: str) -> Iterator[str]:
    """The word and the runs of its pieces, as they compare: `TestBigDb` has `bigdb`."""
    yield _folded(word)
    pieces = [piece.lower() for piece in _PIECE.findall(word)][:_MOST_PIECES]
    for start in range(len(pieces)):
        for end in range(start + 1, len(pieces) + 1):
            yield "".join(pieces[start:end])


def _targets(word: str) -> Iterator[str]:
    """The word and what its dashes part: `test-gpu` has `gpu`."""
    yield from (_folded(part) for part in (word, *word.split("-")))


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
