"""The published schemas of records are those of the dataclasses; BLESS=1 writes them anew."""

from __future__ import annotations

import json
import os
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import explore
from explore import records, strict_yaml

FOLDER = Path(explore.__file__).parent / "schemas"
ROOT = Path(__file__).parent.parent
SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", types.NoneType: "null"}
KINDS = (records.Evidence, records.QuestionEvidence, records.Record)


def described(kind: type) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    reference = _schema(kind, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": (kind.__doc__ or "").splitlines()[0],
        **reference,
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind in SIMPLE:
        return {"type": SIMPLE[kind]}
    if is_dataclass(kind):
        return _dataclass(kind, definitions)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if origin is typing.Literal:
        return {"enum": list(arguments)}
    if origin in (types.UnionType, typing.Union) and len(arguments) == 2 and types.NoneType in arguments:
        return {"anyOf": [_schema(argument, definitions) for argument in arguments]}
    return {}  # Json: anything


def _dataclass(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}
        hints = typing.get_type_hints(kind)
        definitions[name] = {
            "type": "object",
            "additionalProperties": False,
            "required": [
                field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING
            ],
            "properties": {field.name: _schema(hints[field.name], definitions) for field in fields(kind)},
        }
    return {"$ref": f"#/$defs/{name}"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_record_schema_is_that_of_the_dataclass(kind: Any) -> None:
    path = FOLDER / f"{kind.kind}.schema.json"
    text = json.dumps(described(kind), indent=1) + "\n"
    if os.environ.get("BLESS"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_published_schemas_are_schemas(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")


def test_front_matter_schema_is_shipped_with_the_package() -> None:
    assert (ROOT / "schema.yaml").read_bytes() == (FOLDER / "schema.yaml").read_bytes()
    schema = strict_yaml.load(ROOT / "schema.yaml").value
    jsonschema.Draft202012Validator.check_schema(typing.cast("Any", schema))
