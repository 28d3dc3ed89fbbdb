"""The files of the project: what git knows or would add, in submodules too; without git, all but by-products.

Everything that names a marker is text, so text is all that is read. What could not be read, or is too long to be
written by people, is told: it may say something of a marker that nobody has seen.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from noxtasks.evidence import vcs
from noxtasks.markers.texts.kinds import TextKind, kind_of

Run = Callable[[Sequence[str]], bytes | None]

TEXT_LIMIT_BYTES = 2 * 1024 * 1024
_PYTHON = frozenset({".py", ".pyi"})
_PYTHON_SHEBANG = re.compile(rb"#![^\n]*\bpy(?:thon|test|py)[\d.]*\b|#![^\n]*\buv\b[^\n]*--script")
_HEAD_BYTES = 8192
_AT_TOP = (":(glob)*", ":(glob).*/**", ":(glob)ci/**", ":(glob)scripts/**")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BINARY = re.compile(
    r"\.(?:png|jpe?g|gif|bmp|ico|webp|tiff?|psd|pdf|mp[34]|avi|mov|ogg|wav|webm|[to]tf|woff2?|eot"
    r"|t?gz|bz2|xz|zst|zip|tar|7z|rar|[jw]ar|whl|egg|deb|rpm|iso|dmg|py[co]|so|dll|dylib|exe|sqlite3?|pack|idx"
    r"|np[yz]|h5|hdf5|parquet|feather|arrow|avro|orc|pkl|pickle|joblib|pt|onnx|safetensors|xlsx?|docx?|pptx?|od[tsp])",
    re.IGNORECASE,
)


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """The project's files by their paths from the root, with slashes.

    A path that is not UTF-8 has surrogates in it, as `os.fsdecode` makes them. `folders` are all names of folders and
    files and the words in them: markers are computed from such names. `left_out` are files that were not read, with
    the reason; binary files are not among them.
    """

    python: dict[str, bytes]
    texts: dict[str, str]
    folders: frozenset[str]
    left_out: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Of all files that were read."""
        return (*self.python, *self.texts)


def read_tree(root: Path, run: Run, *, reports: str, exclude: Sequence[str] = ()) -> Tree:
    """All files of the project in `root` but those in `reports` and `exclude`, relative to it. Links are not followed.

    `run` starts git and gives its output, or None where that fails.
    """
    ours = (Path(reports), *map(Path, exclude), vcs.OURS, vcs.QUARANTINE)
    python: dict[str, bytes] = {}
    texts: dict[str, str] = {}
    left_out: list[str] = []
    paths = sorted({path.as_posix() for path in vcs.files(root, run, ours)})
    for path in paths:
        try:
            content = _content(root / path)
        except OSError as error:
            left_out.append(f"{path}: {error.strerror or error}")
            continue
        if content is None:
            continue
        if _is_python(path, content):
            python[path] = content
        elif len(content) > TEXT_LIMIT_BYTES:
            left_out.append(f"{path}: larger than {TEXT_LIMIT_BYTES // 1024**2} MiB")
        else:
            texts[path] = decoded(content)
    texts.update(_above(root, run))
    return Tree(python=python, texts=texts, folders=frozenset(_words(paths)), left_out=tuple(left_out))


def _above(root: Path, run: Run) -> Iterator[tuple[str, str]]:
    """What may start this project's tests from the top of a repository that it is a folder of: `../.github/…`."""
    top = (run(("git", "-C", str(root), "rev-parse", "--show-toplevel")) or b"").rstrip(b"\n")
    if not top or not vcs.is_in_repository(root, run) or Path(os.fsdecode(top)).resolve() == root.resolve():
        return
    folder = Path(os.fsdecode(top)).resolve()
    listed = run(("git", "-C", str(folder), "ls-files", "-z", "--", *_AT_TOP)) or b""
    up = "../" * len(root.resolve().relative_to(folder).parts)
    for path in (Path(os.fsdecode(entry)) for entry in listed.split(b"\0") if entry):
        try:
            content = _content(folder / path) if path.suffix not in _PYTHON else None
        except OSError:
            continue
        if content is not None and len(content) <= TEXT_LIMIT_BYTES:
            text = decoded(content)
            if kind_of(path.as_posix(), text) is TextKind.COMMAND:
                yield f"{up}{path.as_posix()}", text


def _content(path: Path) -> bytes | None:
    """The bytes of a regular file that may be text; those of one that is too large are cut one byte after the limit."""
    if _BINARY.fullmatch(path.suffix):
        return None
    try:
        kind = path.lstat()
    except (FileNotFoundError, NotADirectoryError):  # deleted, but not yet in git
        return None
    if not stat.S_ISREG(kind.st_mode):
        return None
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if b"\0" in head and not head.startswith(_UTF16_MARKS):
            return None
        return head + (file.read() if path.suffix in _PYTHON else file.read(TEXT_LIMIT_BYTES + 1 - len(head)))


def _is_python(path: str, content: bytes) -> bool:
    suffix = Path(path).suffix
    return suffix in _PYTHON or (not suffix and _PYTHON_SHEBANG.match(content[:200]) is not None)


def decoded(content: bytes) -> str:
    """The text; lines end with a line feed alone, so that all readers count them alike."""
    encoding = "utf-16" if content.startswith(_UTF16_MARKS) else "utf-8-sig"
    return content.decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")


def _words(paths: Iterable[str]) -> Iterator[str]:
    for name in {part for path in paths for part in path.split("/")}:
        yield name
        yield name.replace("-", "_").partition(".")[0]
        words = re.findall(r"\w+", name)
        yield from words
        yield from (piece for word in words for piece in word.split("_") if piece)
