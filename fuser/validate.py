"""Validation by the reference engine: of the input, and of what the fuser wrote.

The engine validates a core module without compiling it, but a component by compiling it
only. So modules are validated one by one, and of a component its outline is tried.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from fuser.errors import InvalidOutput, LimitExceeded, Malformed
from fuser.outline import core_modules, outline

if TYPE_CHECKING:
    import wasmtime

_OFFSET = re.compile(r" \(at offset 0x([0-9a-f]+)\)")
_LIMIT = re.compile(r"[^:]*(?:exceeds (?:the )?limit of|string size out of bounds)[^(]*")
"""What the engine says where a count, a size or the length of a name is beyond what it takes."""


def validate_input(data: bytes) -> None:
    """Raise Malformed, with the offset in the file, where a component is not valid; it has been parsed."""
    for place, module in core_modules(data):
        error = _module_error(module)
        if error is not None:
            raise _malformed(error, place)
    without_code = outline(data)
    error = _compile_error(without_code.data)
    if error is not None:
        where = _OFFSET.search(error)
        raise Malformed(_OFFSET.sub("", error), without_code.original(int(where[1], 16) if where else 0))


def validate_module(data: bytes) -> None:
    """Raise InvalidOutput where a core module of ours does not validate, LimitExceeded where it is too much."""
    _judge("a core module", _module_error(data))


def validate_component(data: bytes) -> None:
    """Raise InvalidOutput where a component of ours, or a module in it, does not validate, LimitExceeded as above."""
    for _, module in core_modules(data):
        validate_module(module)
    _judge("the component", _compile_error(outline(data).data))


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


@cache
def _engine() -> wasmtime.Engine:
    """Return an engine that validates; what it compiles is never run."""
    import wasmtime

    config = wasmtime.Config()
    config.cranelift_opt_level = "none"
    config.parallel_compilation = False  # threads cost memory, and there is little to compile
    return wasmtime.Engine(config)


def _judge(what: str, error: str | None) -> None:
    """Raise what the engine's words against an output of ours mean, if there are any."""
    if error is None:
        return
    if beyond := _LIMIT.search(error):
        raise LimitExceeded(f"{what} that is fused is more than an engine takes: {beyond[0].strip()}")
    raise InvalidOutput(f"{what}: {error}")


def _malformed(error: str, base: int) -> Malformed:
    where = _OFFSET.search(error)
    return Malformed(_OFFSET.sub("", error), base + (int(where[1], 16) if where else 0))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
