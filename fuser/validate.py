"""Validation by the reference engine: of the input, and of what the fuser wrote.

The engine validates a core module without compiling it, but a component by compiling it
only. So a component is tried with hollow function bodies, each as long as it was: an
offset in an error is one of the file itself. What is inside the bodies of the input, each
guest's module shows by itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fuser.errors import InvalidOutput, Malformed
from fuser.program import Program
from fuser.wasm.reader import Reader

if TYPE_CHECKING:
    import wasmtime

PREAMBLE_SIZE = 8
MODULE_LAYER = b"\x01\x00\x00\x00"
CODE_SECTION = 10
CORE_MODULE_SECTION, COMPONENT_SECTION = 1, 4

_OFFSET = re.compile(r" \(at offset 0x([0-9a-f]+)\)")


def validate_input(data: bytes) -> None:
    """Raise Malformed where a component of the input is not valid, its functions' bodies aside."""
    error = _compile_error(hollow(data))
    if error is not None:
        raise _malformed(error, 0)


def validate_guests(program: Program) -> None:
    """Raise Malformed, with the offset in the outer file, where a guest's module is not valid."""
    for module in dict.fromkeys(core.module for core in program.core_instances):
        error = _module_error(module.data)
        if error is not None:
            raise _malformed(error, module.base)


def validate_module(data: bytes) -> None:
    """Raise InvalidOutput where a core module of ours does not validate."""
    error = _module_error(data)
    if error is not None:
        raise InvalidOutput(f"the fused module: {error}")


def validate_component(data: bytes) -> None:
    """Raise InvalidOutput where a component of ours is not valid, its functions' bodies aside."""
    error = _compile_error(hollow(data))
    if error is not None:
        raise InvalidOutput(f"the component: {error}")


def hollow(data: bytes) -> bytes:
    """Return a component or module with every function body as `unreachable`, at the same length."""
    output = bytearray(data)
    left = [Reader(data)]
    while left:
        reader = left.pop()
        is_module = reader.bytes(PREAMBLE_SIZE)[4:] == MODULE_LAYER
        while not reader.done:
            id = reader.byte()
            section = reader.sub(reader.u32())
            if is_module and id == CODE_SECTION:
                _hollow_code(section, output)
            elif not is_module and id in (CORE_MODULE_SECTION, COMPONENT_SECTION):
                left.append(section)
    return bytes(output)


def _hollow_code(section: Reader, output: bytearray) -> None:
    for _ in range(section.u32()):
        start, end = section.skip(section.u32())
        if end - start > 2:  # what is shorter is empty already
            output[start:end] = b"\x00\x00" + b"\x01" * (end - start - 3) + b"\x0b"  # no locals, unreachable, nops


def _module_error(data: bytes) -> str | None:
    import wasmtime

    try:
        wasmtime.Module.validate(_engine(), data)
    except wasmtime.WasmtimeError as error:
        return _one_line(error)
    return None


def _compile_error(data: bytes) -> str | None:
    import wasmtime
    from wasmtime import component

    try:
        component.Component(_engine(), data)
    except wasmtime.WasmtimeError as error:
        return _one_line(error)
    return None


def _engine() -> wasmtime.Engine:
    """Return an engine that validates; what it compiles is never run."""
    import wasmtime

    config = wasmtime.Config()
    config.cranelift_opt_level = "none"
    return wasmtime.Engine(config)


def _malformed(error: str, base: int) -> Malformed:
    where = _OFFSET.search(error)
    return Malformed(_OFFSET.sub("", error), base + (int(where[1], 16) if where else 0))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
