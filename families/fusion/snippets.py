"""The small core modules that instrumenting inserts, byte by byte (core spec, Binary Format)."""

from __future__ import annotations

from collections.abc import Sequence

from fuser.wasm.encode import limits, sized, vector_section
from fuser.wasm.encode import name as encoded
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.module import PREAMBLE
from fuser.wasm.reader import Reader
from fuser.wasm.syntax import Limits

TAP = "oracle-tap"
"""Import name of the function that is told, in components and in these modules."""
DESTRUCTOR = "destructor"
NEW = "new"
MEMORY = "memory"
PAGES = "pages"

_EXPORTS = 7
_BEYOND_EXPORTS = frozenset({8, 9, 10, 11, 12})
"""Sections that stand after the exports: start, elements, code, data, data count."""
_I32 = 0x7F
_TELL = b"\x60\x02\x7f\x7f\x00"  # (i32, i32) -> ()
_DESTROY = b"\x60\x01\x7f\x00"  # (i32) -> ()
_MAKE = b"\x60\x01\x7f\x01\x7f"  # (i32) -> i32
_COUNT = b"\x60\x00\x01\x7f"  # () -> i32
_REP = b"\x20\x00"  # local.get 0
_CALL_TELL, _CALL_GUEST = b"\x10\x00", b"\x10\x01"
_SIZE, _WRAP = b"\x3f\x00", b"\xa7"  # memory.size 0, i32.wrap_i64
_FUNCTION, _MEMORY = b"\x00", b"\x02"
_END = b"\x0b"

_Import = tuple[str, str, bytes]
"""Module, name and description."""


def destructor_module(event: int, *, guest: bool) -> bytes:
    """Export a destructor that tells, then runs the guest's, which it imports, if there is one."""
    body = _i32(event) + _REP + _CALL_TELL + (_REP + _CALL_GUEST if guest else b"")
    imports = [_function(TAP, TAP, 0), *([_function("", DESTRUCTOR, 1)] if guest else [])]
    return _module((_TELL, _DESTROY), imports, body, DESTRUCTOR)


def new_module(event: int, module: str, name: str) -> bytes:
    """Export a `resource.new` that calls the real one, imported under the guest's names, then tells."""
    body = _REP + _CALL_GUEST + _i32(event) + _REP + _CALL_TELL
    return _module((_TELL, _MAKE), [_function(TAP, TAP, 0), _function(module, name, 1)], body, NEW)


def pages_module(type: Limits) -> bytes:
    """Export how many pages an imported memory of this type has."""
    memory = ("", MEMORY, _MEMORY + limits(type))
    return _module((_COUNT,), [memory], _SIZE + (_WRAP if type.wide else b""), PAGES)


def with_memory_exported(data: bytes, index: int, name: str) -> bytes:
    """Return a core module that exports its memory of this index too, under a name that it does not use."""
    export = encoded(name) + _MEMORY + unsigned(index)
    reader, parts, done = Reader(data, len(PREAMBLE)), [PREAMBLE], False
    while not reader.done:
        start = reader.position
        id = reader.byte()
        contents = reader.sub(reader.u32())
        if id == _EXPORTS:
            count = contents.u32()
            exports = unsigned(count + 1) + data[contents.position : contents.end] + export
            parts.append(bytes([id]) + sized(exports))
            done = True
            continue
        if id in _BEYOND_EXPORTS and not done:
            parts.append(vector_section(_EXPORTS, [export]))
            done = True
        parts.append(data[start : reader.position])
    return b"".join([*parts, *([] if done else [vector_section(_EXPORTS, [export])])])


def _function(module: str, name: str, type: int) -> _Import:
    return module, name, _FUNCTION + unsigned(type)


def _module(types: Sequence[bytes], imports: Sequence[_Import], body: bytes, export: str) -> bytes:
    """One function of the last type after the imported ones."""
    code = b"\x00" + body + _END
    index = sum(description.startswith(_FUNCTION) for _, _, description in imports)
    return PREAMBLE + b"".join(
        (
            vector_section(1, types),
            vector_section(2, [encoded(module) + encoded(name) + description for module, name, description in imports]),
            vector_section(3, [unsigned(len(types) - 1)]),
            vector_section(_EXPORTS, [encoded(export) + _FUNCTION + unsigned(index)]),
            vector_section(10, [unsigned(len(code)) + code]),
        )
    )


def _i32(value: int) -> bytes:
    return b"\x41" + signed(value)
