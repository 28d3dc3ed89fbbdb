"""What was found in the files: frozen values."""

from __future__ import annotations

import ast
from enum import Enum

import msgspec


class Kind(Enum):
    """What breaks on another system."""

    SEPARATOR = "separator"
    FIXED_PATH = "fixed-path"
    FILE_NAME = "file-name"
    LETTER_CASE = "letter-case"
    RENAME = "rename"
    OPEN_FILE = "open-file"
    ENCODING = "encoding"
    NEWLINE = "newline"
    STRFTIME = "strftime"
    LOCALE = "locale"
    SYSTEM_CALL = "system-call"
    PLATFORM_NAME = "platform-name"
    SHELL = "shell"
    MODE_BITS = "mode-bits"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One place. `path` is relative to the root, `line` counts from 1 (0: the file itself)."""

    kind: Kind
    path: str
    line: int
    code: str  # the line, without its indentation
    what: str  # what was recognised there, such as `os.fork`


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A place that is a finding, unless it is guarded or a comment takes it out."""

    kind: Kind
    node: ast.AST
    what: str


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read: the findings, how many a comment or a setting takes out, and files that could not be parsed."""

    files: int
    findings: tuple[Finding, ...]
    ignored: int
    unread: tuple[str, ...]
