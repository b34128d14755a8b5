"""Validation by the reference engine: of the guests' code, and of what the fuser wrote.

The engine validates a core module without compiling it, but a component by compiling it
only: so the component is tried with hollow function bodies.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from fuser.draft import Merged
from fuser.errors import InvalidOutput, Malformed
from fuser.program import Program
from fuser.wasm.encode import section, vector
from fuser.wasm.reader import Reader

if TYPE_CHECKING:
    import wasmtime

CODE_SECTION = 10
UNREACHABLE_BODY = b"\x03\x00\x00\x0b"
"""Its size, no locals, `unreachable`, `end`."""


_OFFSET = re.compile(r" \(at offset 0x([0-9a-f]+)\)")


def validate_guests(program: Program) -> None:
    """Raise Malformed, with the offset in the outer file, where a guest's module is not valid.

    The merge relies on it: a wrong index of a guest could mean something else in the output.
    """
    import wasmtime  # 72 ms that help and usage do without

    for module in dict.fromkeys(core.module for core in program.core_instances):
        try:
            wasmtime.Module.validate(_engine(), module.data)
        except wasmtime.WasmtimeError as error:
            text = _one_line(error)
            where = _OFFSET.search(text)
            offset = module.base + (int(where[1], 16) if where else 0)
            raise Malformed(_OFFSET.sub("", text), offset) from None


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
