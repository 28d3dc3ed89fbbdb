"""Where a marker belongs: ISTQB's levels and types, ISO/IEC 25010's qualities, and what projects add of their own.

`taxonomy.json` holds the terms with their sources; a project adds markers to facets in its configuration. Names are
compared in one spelling: `Unit-Tests` is `unit`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from noxtasks.markers.model import Facet, Term

_STANDARDS = re.compile(r"^(?:istqb|iso|iso_?25010|quality|level|type|test|tests)_+")
_TESTS = re.compile(r"_*(?:tests?|testing|suite|cases?)$")


class Taxonomy(msgspec.Struct, frozen=True, kw_only=True):
    """Terms by the spellings of their markers, and by prefixes and suffixes; `synonyms` are names for one thing."""

    terms: Mapping[str, Term]
    prefixes: tuple[tuple[str, Term], ...]
    suffixes: tuple[tuple[str, Term], ...]
    synonyms: Mapping[str, str]

    def place(self, name: str, components: Collection[str] = ()) -> Term | None:
        """The term that `name` stands for; `components` are the names of the project's own folders and modules."""
        spellings = list(_spellings(name))
        for each in spellings:
            if found := self.terms.get(each):
                return found
        parts = {spelling(component) for component in components}
        if any(each in parts for each in spellings):
            return _component(name)
        plain = spelling(name)
        return next(
            (
                term
                for starts, table in ((True, self.prefixes), (False, self.suffixes))
                for affix, term in table
                if (plain.startswith(affix) if starts else plain.endswith(affix))
            ),
            None,
        )


def spelling(name: str) -> str:
    """The one spelling in which names are compared: lower case, words parted by underscores."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def stem(name: str) -> str:
    """`spelling` without what says only that it is about tests, or about many: `unit_tests` is `unit`."""
    plain = spelling(name)
    short = _TESTS.sub("", _STANDARDS.sub("", plain)) or plain
    return short[:-1] if len(short) > 3 and short.endswith("s") and not short.endswith("ss") else short  # noqa: PLR2004


def _spellings(name: str) -> Iterator[str]:
    plain = spelling(name)
    yield plain
    yield _STANDARDS.sub("", plain)
    yield _TESTS.sub("", _STANDARDS.sub("", plain))
    yield stem(name)


def load(extension: Mapping[str, Sequence[str]] | None = None) -> Taxonomy:
    """The shipped taxonomy, with the markers that `extension` adds by facet ("component": ["billing", …])."""
    shipped = _shipped()
    own = {
        spelling(name): Term(facet=Facet(facet), term=name, meaning=_OWN[Facet(facet)], marker=name, source="project")
        for facet, names in (extension or {}).items()
        for name in names
    }
    return msgspec.structs.replace(shipped, terms={**shipped.terms, **own})


_OWN = {
    Facet.LEVEL: "a test level of this project",
    Facet.TYPE: "a test type of this project",
    Facet.QUALITY: "a quality that this project asks for",
    Facet.COMPONENT: "tests the part of the project of this name",
    Facet.GOVERNANCE: "a rule of this project",
    Facet.EXECUTION: "decides when, where or how the test runs",
}


@cache
def _shipped() -> Taxonomy:
    data = json.loads(resources.files("noxtasks.markers").joinpath("taxonomy.json").read_text("utf-8"))
    terms: dict[str, Term] = {}
    for found in (_levels(data), _types(data), _qualities(data), _execution(data), _governance(data)):
        for name, term in found:
            terms.setdefault(spelling(name), term)
    execution, governance = data["execution"], data["governance"]
    condition = Term(
        facet=Facet.EXECUTION, term="condition", meaning="runs under a condition", source=execution["source"]
    )
    rule = Term(facet=Facet.GOVERNANCE, term="rule", meaning=governance["meaning"], source=governance["source"])
    return Taxonomy(
        terms=terms,
        prefixes=(
            *((prefix, rule) for prefix in governance["prefixes"]),
            *((prefix, condition) for prefix in execution["prefixes"]),
        ),
        suffixes=tuple((suffix, condition) for suffix in execution["suffixes"]),
        synonyms={spelling(name): group[0] for group in data["synonyms"] for name in group},
    )


def _levels(data: dict[str, Any]) -> Iterator[tuple[str, Term]]:
    istqb = data["istqb"]
    for level in istqb["test_levels"]:
        term = Term(
            facet=Facet.LEVEL,
            term=level["term"],
            meaning=data["meanings"][level["term"]],
            marker=level["marker"],
            source=istqb["source"],
        )
        for name in (level["marker"], level["term"], *level["aliases"], *level.get("forms", ())):
            yield name, term
            yield _TESTS.sub("", spelling(name)), term
        if level["marker"] == "system":
            yield from ((name, term) for name in ("e2e", "end_to_end", "endtoend"))


def _types(data: dict[str, Any]) -> Iterator[tuple[str, Term]]:
    istqb = data["istqb"]
    for name in (*istqb["test_types"], *istqb["change_related"]):
        marker = _TESTS.sub("", spelling(name))
        term = Term(facet=Facet.TYPE, term=name, meaning=data["meanings"][name], marker=marker, source=istqb["source"])
        yield marker, term
        yield marker.replace("_", ""), term


def _qualities(data: dict[str, Any]) -> Iterator[tuple[str, Term]]:
    """The terms of 2023; those of 2011 lead to them where they were renamed."""
    now, before, renamed = data["iso25010_2023"], data["iso25010_2011"], data["renames_2011_to_2023"]
    for edition, source in ((now, "ISO/IEC 25010:2023"), (before, "ISO/IEC 25010:2011")):
        for characteristic, parts in edition["characteristics"].items():
            for name in (characteristic, *parts):
                new = renamed.get(name, name) if edition is before else name
                new = new if isinstance(new, str) else new[0]
                meaning = f"tests a quality of the product: {name}"
                meaning += f" (of {characteristic})" if name != characteristic else ""
                yield name, Term(facet=Facet.QUALITY, term=new, meaning=meaning, marker=spelling(new), source=source)
    yield (
        "performance",
        Term(
            facet=Facet.QUALITY,
            term="performance efficiency",
            meaning="tests a quality of the product: performance efficiency",
            marker="performance_efficiency",
            source="ISO/IEC 25010:2023",
        ),
    )


def _execution(data: dict[str, Any]) -> Iterator[tuple[str, Term]]:
    execution = data["execution"]
    for group in execution["groups"]:
        for name in group["markers"]:
            yield (
                name,
                Term(
                    facet=Facet.EXECUTION,
                    term=group["term"],
                    meaning=group["meaning"],
                    marker=name,
                    source=execution["source"],
                ),
            )


def _governance(data: dict[str, Any]) -> Iterator[tuple[str, Term]]:
    governance = data["governance"]
    for name in governance["markers"]:
        yield (
            name,
            Term(
                facet=Facet.GOVERNANCE,
                term=name,
                meaning=governance["meaning"],
                marker=name,
                source=governance["source"],
            ),
        )


def _component(name: str) -> Term:
    return Term(facet=Facet.COMPONENT, term=name, meaning=_OWN[Facet.COMPONENT], marker=name, source="project")
