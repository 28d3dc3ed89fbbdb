"""The JSON Schema 2020-12 documents that ship with noxtasks, and the check of a value against one of them.

An artifact `NAME.json` or `NAME.yaml` is described by `schemas/NAME.schema.json`; to add an artifact is to add that
file. Artifacts of one kind of which a folder holds several have names of their own, which `_FAMILIES` knows. The `$id`
is `urn:noxtasks:schema:NAME/VERSION`, and what follows the prefix is the `schema` field that the artifact carries.
References are resolved among the shipped documents only, never over the network.

jsonschema is imported by the first check, not by the import of this module.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from noxtasks.errors import EvidenceError
from noxtasks.evidence import canonical

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

PREFIX = "urn:noxtasks:schema:"
SUFFIX = ".schema.json"
ENVELOPE = "envelope"
EVENTS = "integrity.events.v2"
FAULTS_TOLD = 20
MESSAGE_LENGTH = 300

_FAMILIES = {"os.matrix.cell": re.compile(r"[a-z0-9_]+(-[a-z0-9_]+)*-[0-9]+\.[0-9]+t?", re.ASCII)}  # linux-3.12.json

_RFC_3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a value does not fit its schema: its JSON pointer, and why."""

    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer or 'the document'}: {self.message}"


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """Every shipped schema, by the name of what it describes (`flake.report`)."""
    folder = files("noxtasks.evidence").joinpath("schemas")
    return {
        file.name.removesuffix(SUFFIX): canonical.loads(file.read_bytes())
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(SUFFIX)
    }


def of_artifact(name: str) -> str:
    """The name of the schema that describes the artifact `name`. Raises `EvidenceError` where none is shipped."""
    stem = name.removesuffix(".json").removesuffix(".yaml")
    family = next((schema for schema, names in _FAMILIES.items() if names.fullmatch(stem)), "")
    if stem == name or stem in {ENVELOPE, EVENTS} or (stem not in shipped() and not family):
        raise EvidenceError("no schema is shipped for this artifact", where=name, remedy=canonical.DEFECT)
    return stem if stem in shipped() else family


def is_artifact(name: str) -> bool:
    """Whether a schema is shipped for an artifact of this name."""
    try:
        of_artifact(name)
    except EvidenceError:
        return False
    return True


def version_of(schema: str) -> str:
    """What the `schema` field of such an artifact says, for example `flake.report/1`."""
    identity: str = shipped()[schema]["$id"]
    return identity.removeprefix(PREFIX)


def faults(schema: str, value: Any) -> list[Fault]:
    """Where `value` (plain data) does not fit the shipped `schema`: at most 20 places, sorted by their pointer."""
    errors = islice(_validator(schema).iter_errors(value), FAULTS_TOLD)
    found = {(_place(error), _message(error)) for error in errors}
    return [Fault(pointer=place, message=message) for place, message in sorted(found)]


def _place(error: ValidationError) -> str:
    return canonical.pointer(*error.absolute_path)


def _message(error: ValidationError) -> str:
    text = str(error.message)
    return text if len(text) <= MESSAGE_LENGTH else text[:MESSAGE_LENGTH] + "..."


@cache
def _validator(schema: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415 - 75 ms that only a check should cost
    from referencing import Registry  # noqa: PLC0415
    from referencing.jsonschema import DRAFT202012  # noqa: PLC0415

    checker = FormatChecker(formats=())
    checker.checks("date-time", raises=ValueError)(_is_utc_time)
    registry: Registry[Any] = Registry().with_resources(
        (document["$id"], DRAFT202012.create_resource(document)) for document in shipped().values()
    )
    return Draft202012Validator(shipped()[schema], registry=registry, format_checker=checker)


def _is_utc_time(value: object) -> bool:
    """RFC 3339, in UTC and written with Z: one instant has one form (but for trailing zeros of its fraction)."""
    if not isinstance(value, str):
        return True
    datetime.fromisoformat(value)
    return _RFC_3339_UTC.fullmatch(value) is not None
