"""JSON Schema 2020-12: front matter against schema.yaml, records and tables against explore/schemas/."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explore.errors import InputError
from explore.family import Json
from explore.strict_yaml import Document, Place, load

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

LONGEST = 200
"""Characters of a fault's message; a long value is not repeated in full."""


@lru_cache(maxsize=8)
def front_matter(root: Path) -> Mapping[str, Any]:
    """Read the project's schema.yaml; raises InputError where it is missing or not a schema."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    document = load(root / "schema.yaml", "schema.yaml")
    try:
        Draft202012Validator.check_schema(document.value)  # type: ignore[arg-type]
    except SchemaError as error:
        raise document.fault(f"not a JSON schema: {error.message}", tuple(error.path)) from None
    assert isinstance(document.value, dict)
    return document.value


@lru_cache(maxsize=16)
def published(name: str) -> Mapping[str, Any]:
    """Return the published schema of a record or table, e.g. `compare`."""
    text = resources.files("explore").joinpath("schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    schema: Mapping[str, Any] = json.loads(text)
    return schema


def errors(value: Json, schema: Mapping[str, Any]) -> list[tuple[str, Place]]:
    """Return each fault of a value with its place, in a fixed order."""
    from jsonschema import Draft202012Validator

    found = (_leaf(error) for error in Draft202012Validator(schema).iter_errors(value))
    faults = {(_message(error), _place(error)) for error in found}
    return sorted(faults, key=lambda fault: (list(map(str, fault[1])), fault[0]))


def _leaf(error: ValidationError) -> ValidationError:
    """Follow if/then and anyOf to the fault that says most."""
    from jsonschema.exceptions import best_match

    while error.context:
        deeper = best_match(error.context)
        if deeper is None:
            break
        error = deeper
    return error


def _message(error: ValidationError) -> str:
    message = " ".join(error.message.split())
    return message if len(message) <= LONGEST else f"{message[:LONGEST]}…"


def _place(error: ValidationError) -> Place:
    place: Place = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        unknown = sorted(set(error.instance) - set(known))
        return (*place, unknown[0]) if unknown else place
    return place


def check(document: Document, schema: Mapping[str, Any]) -> None:
    """Raise InputError, with file and line, for the first fault of a document."""
    for message, place in errors(document.value, schema):
        where = ".".join(map(str, place))
        raise document.fault(f"{where}: {message}" if where else message, place)


def check_published(value: Json, name: str) -> None:
    """Raise InputError where a record or table is not what its schema says."""
    for message, place in errors(value, published(name)):
        raise InputError(f"{name}: {'.'.join(map(str, place)) or 'the record'}: {message}")
