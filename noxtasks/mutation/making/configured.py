"""What mutmut's own configuration says, in any of its versions, as far as it is used here; the rest is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any

import msgspec

from noxtasks.config import table_at
from noxtasks.errors import ConfigurationError
from noxtasks.suite.declared import Declarations

_NOT_USED = {
    "runner": "tests run under pytest, in processes of ours",
    "type_check_command": "what a type checker would find is tried as any other mutant",
    "mutate_only_covered_lines": "beside the score stands that of the code that tests run",
    "disable_mutation_types": "this mutmut has no such setting",
    "dict_synonyms": "this mutmut has no such setting",
    "pre_mutation": "this mutmut has no such setting",
    "post_mutation": "this mutmut has no such setting",
    "timeout_multiplier": "limits come from the tests' own times",
    "timeout_constant": "limits come from the tests' own times",
}


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """The settings. Paths start at the project's root, patterns are those of `fnmatch`."""

    where: str = ""  # the table or section that has them
    source_paths: tuple[str, ...] = ()
    only_mutate: tuple[str, ...] = ()
    do_not_mutate: tuple[str, ...] = ()
    do_not_mutate_patterns: tuple[str, ...] = ()  # regular expressions of lines
    also_copy: tuple[str, ...] = ()
    pytest_args: tuple[str, ...] = ()
    cap: int | None = None  # of old: how many mutants are tried at most
    not_used: tuple[tuple[str, str], ...] = ()  # names of settings, and what holds instead

    def takes(self, path: str) -> bool:
        """Whether the file may be mutated."""
        if self.only_mutate and not any(fnmatch(path, pattern) for pattern in self.only_mutate):
            return False
        return not any(fnmatch(path, pattern) for pattern in self.do_not_mutate)


def configured(project: Declarations) -> Configured:
    """The settings in `pyproject.toml`, or else those in `setup.cfg`, as mutmut looks for them.

    Raises `ConfigurationError` where `max_mutations` is no number of mutants.
    """
    table, where = project.table("tool", "mutmut"), "tool.mutmut in pyproject.toml"
    if not table:
        table, where = table_at(dict(project.setup_cfg), "mutmut"), "[mutmut] in setup.cfg"
    if not table:
        return Configured()
    return Configured(
        where=where,
        source_paths=_each(table, "source_paths") or _each(table, "paths_to_mutate"),
        only_mutate=_each(table, "only_mutate"),
        do_not_mutate=(*_each(table, "do_not_mutate"), *_each(table, "paths_to_exclude")),
        do_not_mutate_patterns=_each(table, "do_not_mutate_patterns", parted=r"\n"),
        also_copy=_each(table, "also_copy"),
        pytest_args=(
            *_each(table, "pytest_add_cli_args", parted=r"\s+"),
            *(_each(table, "pytest_add_cli_args_test_selection", parted=r"\s+") or _each(table, "tests_dir")),
        ),
        cap=_cap(table.get("max_mutations"), where),
        not_used=tuple((name, why) for name, why in _NOT_USED.items() if table.get(name)),
    )


def _cap(given: Any, where: str) -> int | None:
    """What mutmut of old was told to stop at."""
    if given is None:
        return None
    number = int(given) if isinstance(given, str) and given.strip().isdecimal() else given
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ConfigurationError(
            f"expected a whole number of mutants, at least 1, got {given!r}", where=f"{where}: max_mutations"
        )
    return number


def _each(table: Mapping[str, Any], name: str, *, parted: str = r"[\n,]") -> tuple[str, ...]:
    """The strings of a setting: a list, or a text in which `parted` stands between them."""
    value = table.get(name)
    found = re.split(parted, value) if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(text.strip() for text in found if isinstance(text, str) and text.strip())
