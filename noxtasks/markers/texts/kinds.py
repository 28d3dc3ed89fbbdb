"""What a text file is for, by its name, and for data by what it speaks of: the same words weigh differently in each."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePosixPath


class TextKind(Enum):
    """What a file that is not Python is for."""

    COMMAND = "command"  # it may start pytest: CI, task runners, scripts, configuration of tools
    DOCS = "docs"
    CHANGES = "changes"  # docs of what was: change logs and news
    DATA = "data"
    OTHER = "other"


_DOCS = frozenset({".md", ".mdx", ".markdown", ".rst", ".rest", ".txt", ".adoc", ".asciidoc", ".org", ".tex", ".html"})
_DOCS_NAMES = re.compile(r"(?:readme|contributing|install|hacking|develop\w*|testing|authors|todo)\b", re.IGNORECASE)
_CHANGES = re.compile(
    r"(?:^|/)(?:change(?:s|log)?|history|news|release[-_]?notes|whats[-_]?new|releases)(?:[-_.\d][^/]*)?(?:/|$)"
    r"|(?:^|/)(?:changelog\.d|newsfragments|changelogs)/",
    re.IGNORECASE,
)
_NO_DOCS = re.compile(r"(?:requirements|constraints)[^/]*\.txt|CMakeLists\.txt|robots\.txt")
_COMMAND_FOLDERS = frozenset(
    {".github", ".circleci", ".gitlab", ".buildkite", ".azure", ".azure-pipelines", ".ci", ".tekton", ".semaphore"}
)
_COMMAND_NAMES = re.compile(
    r"(?:tox\.(?:ini|toml)|setup\.cfg|pyproject\.toml|\.?pytest\.(?:ini|toml)|(?:GNU)?[Mm]akefile.*|\.?[Jj]ustfile"
    r"|Taskfile.*|package\.json|(?:.*\.)?(?:Docker|Container)file.*|(?:docker-)?compose.*\.ya?ml|\.pre-commit-.*"
    r"|Jenkinsfile.*|Earthfile|Vagrantfile|Rakefile|Procfile|Snakefile|.*\.env|\.env.*|hatch\.toml|pixi\.toml"
    r"|\.?(?:travis|appveyor|gitlab-ci|cirrus|drone|woodpecker|azure-pipelines|bitbucket-pipelines|buildspec"
    r"|cloudbuild)[^/]*\.ya?ml)"
)
_COMMAND_SUFFIXES = frozenset(
    {".sh", ".bash", ".zsh", ".fish", ".ksh", ".ps1", ".psm1", ".bat", ".cmd", ".mk", ".just", ".groovy", ".nix"}
)
_DATA = frozenset(
    {".json", ".jsonl", ".json5", ".yaml", ".yml", ".toml", ".csv", ".tsv", ".ini", ".cfg", ".conf", ".properties"}
)
_LOCKS = re.compile(r".*[.-]lock(?:\.\w+)?|go\.sum|npm-shrinkwrap\.json")
_RUNNERS = ("pytest", "py.test", "tox", "nox", "PYTEST_ADDOPTS")
_STARTS_TESTS = re.compile(r"(?<![\w.-])(?:pytest|py\.test|tox|nox)(?![\w-])|PYTEST_ADDOPTS")


def kind_of(path: str, text: str) -> TextKind:
    """What the file at `path` (from the root, with slashes) is for."""
    pure = PurePosixPath(path)
    if _is_docs(pure):
        return TextKind.CHANGES if _CHANGES.search(path) else TextKind.DOCS
    if _LOCKS.fullmatch(pure.name):
        return TextKind.OTHER
    if _is_command_by_name(pure) or (not pure.suffix and text.startswith("#!")):
        return TextKind.COMMAND
    if any(runner in text for runner in _RUNNERS) and _STARTS_TESTS.search(text):
        return TextKind.COMMAND  # a build file, or a program in another language
    return TextKind.DATA if pure.suffix.lower() in _DATA else TextKind.OTHER


def is_list(path: str) -> bool:
    """Whether a file that is read by people may be read by a program, too: a plain text without a name of docs."""
    pure = PurePosixPath(path)
    return pure.suffix.lower() == ".txt" and not _DOCS_NAMES.match(pure.name) and not _CHANGES.search(path)


def _is_docs(path: PurePosixPath) -> bool:
    if path.suffix.lower() in _DOCS:
        return not _NO_DOCS.fullmatch(path.name)
    return not path.suffix and bool(_DOCS_NAMES.match(path.name) or _CHANGES.search(path.name))


def _is_command_by_name(path: PurePosixPath) -> bool:
    return (
        path.suffix.lower() in _COMMAND_SUFFIXES
        or _COMMAND_NAMES.fullmatch(path.name) is not None
        or not _COMMAND_FOLDERS.isdisjoint(path.parts[:-1])
    )
