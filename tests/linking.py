"""Linking a component in the text format, held against what the reference engine says of it."""

from __future__ import annotations

from functools import cache

import wasmtime
from wasmtime.component import Component

from fuser.component.parse import parse
from fuser.errors import Malformed, TypeMismatch, UnresolvedImport
from fuser.link import link
from fuser.program import Program


@cache
def engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.cranelift_opt_level = "none"
    return wasmtime.Engine(config)


def refusal(data: bytes) -> str:
    """What the reference engine says against a component; empty where it takes it."""
    try:
        Component(engine(), data)
    except wasmtime.WasmtimeError as error:
        return str(error)
    return ""


def linked(text: str) -> Program:
    """Link a component that the engine takes; errors are raised for those that it refuses too."""
    data = bytes(wasmtime.wat2wasm(text))
    try:
        program = link(parse(data))
    except (Malformed, TypeMismatch, UnresolvedImport):
        assert refusal(data)
        raise
    assert not refusal(data)
    return program
