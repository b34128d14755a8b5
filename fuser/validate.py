"""Validation of what the fuser wrote, by the reference engine.

The engine validates a core module without compiling it, but a component by compiling it
only: so the component is tried with hollow function bodies.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from fuser.draft import Merged
from fuser.errors import InvalidOutput
from fuser.wasm.encode import section, vector
from fuser.wasm.reader import Reader

if TYPE_CHECKING:
    import wasmtime

CODE_SECTION = 10
UNREACHABLE_BODY = b"\x03\x00\x00\x0b"
"""Its size, no locals, `unreachable`, `end`."""


def validate_module(data: bytes) -> None:
    """Raise InvalidOutput where a core module does not validate."""
    import wasmtime

    try:
        wasmtime.Module.validate(_engine(), data)
    except wasmtime.WasmtimeError as error:
        raise InvalidOutput(f"the fused module: {_one_line(error)}") from error


def validate_component(data: bytes) -> None:
    """Raise InvalidOutput where a component does not compile."""
    import wasmtime
    from wasmtime import component

    try:
        component.Component(_engine(), data)
    except wasmtime.WasmtimeError as error:
        raise InvalidOutput(f"the component: {_one_line(error)}") from error


def hollow(merged: Merged) -> Merged:
    """Return the module with every body replaced by `unreachable`; nothing else changes."""
    reader = Reader(merged.data)
    parts = [reader.bytes(8)]
    while not reader.done:
        start = reader.position
        id = reader.byte()
        body = reader.sub(reader.u32())
        whole = merged.data[start : reader.position]
        parts.append(section(id, vector([UNREACHABLE_BODY] * body.u32())) if id == CODE_SECTION else whole)
    return replace(merged, data=b"".join(parts))


@cache
def _engine() -> wasmtime.Engine:
    """Return the engine that validates; what it compiles is never run."""
    import wasmtime

    config = wasmtime.Config()
    config.cranelift_opt_level = "none"
    return wasmtime.Engine(config)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
