"""Requirements that Poetry and Pipenv write as tables, as pip takes them.

Poetry's own operators: https://python-poetry.org/docs/dependency-specification/ (caret, tilde, wildcard); tables of
both tools may name extras, markers, a repository, an archive or a folder.
"""

from __future__ import annotations

import re
from typing import Any

_VERSION = re.compile(r"(\^|~(?!=))\s*v?(\d+(?:\.\d+)*)(.*)")
_WILDCARD = re.compile(r"=*\s*(\d+(?:\.\d+)*)\.\*")


def requirement(name: str, entry: Any) -> str | None:
    """The requirement of a table's entry `name = entry`; None for one that pip cannot be told."""
    if isinstance(entry, str):
        return _with_version(name, entry)
    if not isinstance(entry, dict):
        return None
    extras = f"[{','.join(entry['extras'])}]" if entry.get("extras") else ""
    if (place := _place(entry)) is not None:
        base = f"{name}{extras} @ {place}"
    elif "path" in entry or "file" in entry:
        return None
    else:
        base = _with_version(f"{name}{extras}", str(entry.get("version", "*")))
    marker = " and ".join(f"({one})" for one in _markers(entry))
    return f"{base} ; {marker}" if marker else base


def requirements(table: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(requirements, names of the entries that pip cannot be told) of a whole table."""
    found: list[str] = []
    left_out: list[str] = []
    for name, entry in table.items():
        if name == "python":
            continue
        for one in entry if isinstance(entry, list) else [entry]:
            if (text := requirement(name, one)) is None:
                left_out.append(name)
            else:
                found.append(text)
    return tuple(found), tuple(left_out)


def specifier(constraint: str) -> str:
    """Poetry's version constraint as a PEP 440 specifier. Of alternatives (`||`) pip knows none: then any version."""
    if "|" in constraint:
        return ""
    return ",".join(part for one in constraint.split(",") if (part := _one(one.strip())))


def _one(part: str) -> str:
    if part in ("", "*"):
        return ""
    if (match := _VERSION.fullmatch(part)) is not None:
        operator, digits, rest = match.groups()
        return f">={digits}{rest},<{_next(operator, [int(one) for one in digits.split('.')])}"
    if (match := _WILDCARD.fullmatch(part)) is not None:
        return f"=={match[1]}.*"
    return part if part[0] in "<>=!~" else f"=={part}"


def _next(operator: str, version: list[int]) -> str:
    """The first version that a caret or tilde constraint does not allow."""
    if operator == "^":
        kept = next((place for place, number in enumerate(version) if number), len(version) - 1)
    else:
        kept = min(1, len(version) - 1)
    return ".".join(map(str, [*version[:kept], version[kept] + 1]))


def _with_version(name: str, constraint: str) -> str:
    return f"{name}{specifier(constraint)}"


def _place(entry: dict[str, Any]) -> str | None:
    if "git" in entry:
        revision = next((entry[key] for key in ("rev", "tag", "branch", "ref") if key in entry), None)
        return f"git+{entry['git']}" + (f"@{revision}" if revision else "")
    return str(entry["url"]) if "url" in entry else None


def _markers(entry: dict[str, Any]) -> list[str]:
    markers = [entry["markers"]] if "markers" in entry else []
    versions = specifier(str(entry.get("python", ""))).split(",")
    matches = (re.fullmatch(r"([<>=!~]+)\s*([\d.*]+)", one) for one in versions)
    return markers + [f'python_version {match[1]} "{match[2]}"' for match in matches if match]
