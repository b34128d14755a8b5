"""One valid use of every operation, for tests that hold the table of operations against the engine."""

from __future__ import annotations

import re

import wasmtime

from fuser.wasm.leb import signed, unsigned
from fuser.wasm.opcodes import Immediate, Operation

# Types: 0 function, 1 struct, 2 array of i32, 3 array of i8, 4 array of funcref.
CONTEXT = """
(module
  (type $f (func)) (type $s (struct (field (mut i32)) (field (mut i8))))
  (type $a (array (mut i32))) (type $b (array (mut i8))) (type $r (array (mut funcref)))
  (table 1 funcref) (memory 1) (tag (type $f)) (global (mut i32) (i32.const 0))
  (elem func $g) (data "x")
  (func $g (type $f) (local i32) {} ))
"""

_TYPES = {
    "struct": 1,
    "array": 2,
    "array.get_s": 3,
    "array.get_u": 3,
    "array.new_elem": 4,
    "array.init_elem": 4,
}
_FIELDS = {"struct.get_s": 1, "struct.get_u": 1}


def sample(operation: Operation) -> bytes:
    """The operation with immediates that are valid in the context."""
    return operation.code + b"".join(_immediate(operation, one) for one in operation.immediates)


def _immediate(operation: Operation, one: Immediate) -> bytes:
    name = operation.name
    match one:
        case Immediate.TYPE:
            return unsigned(_TYPES.get(name, _TYPES.get(name.split(".")[0], 0)))
        case Immediate.NUMBER:
            return unsigned(_FIELDS.get(name, 0))
        case Immediate.LABELS | Immediate.VALUE_TYPES:
            return b"\x01\x00\x00" if one is Immediate.LABELS else b"\x01\x7f"
        case Immediate.S32 | Immediate.S64:
            return signed(-1)
        case Immediate.BYTES_4 | Immediate.BYTES_8 | Immediate.BYTES_16:
            return bytes({"4": 4, "8": 8, "16": 16}[one.name[6:]])
        case Immediate.MEMORY_ARGUMENT:
            return unsigned(_alignment(name)) + b"\x05"
        case Immediate.BLOCK_TYPE:
            return b"\x40"
        case Immediate.HEAP_TYPE:
            return b"\x6e"
        case Immediate.CAST_FLAGS:
            return b"\x03"
        case _:
            return b"\x00"


def _alignment(name: str) -> int:
    if "atomic" not in name:
        return 0
    width = re.search(r"(?:load|store|rmw|wait)(8|16|32|64)", name)
    bits = int(width.group(1)) if width else 32 if name.startswith(("i32", "memory")) else 64
    return (bits // 8).bit_length() - 1


def in_context(operation: bytes, name: str) -> bytes:
    """A module whose function holds an operation's bytes, behind `unreachable`."""
    opened = name in {"block", "loop", "if", "try_table"}
    code = b"\x00" + operation + (b"\x0b" if opened else b"")
    if name == "else":
        code = b"\x00\x04\x40\x05\x0b"
    if name.startswith("br_on_") and name != "br_on_null":
        code = b"\x02\x6e\x00" + operation + b"\x00\x0b\x1a"
    if name == "end":
        code = b""
    body = b"\x01\x01\x7f" + code + b"\x00\x0b"
    return _with_body(body)


_COUNT = b"\x0c\x01\x01"
_BARE = bytes(wasmtime.wat2wasm(CONTEXT.format("")))


def _with_body(body: bytes) -> bytes:
    """Put a body in the place of the context's only one."""
    marker = b"\x0a\x06\x01\x04\x01\x01\x7f\x0b"
    assert _BARE.count(marker) == 1
    contents = b"\x01" + unsigned(len(body)) + body
    data_count = b"" if _COUNT in _BARE else _COUNT
    return _BARE.replace(marker, data_count + b"\x0a" + unsigned(len(contents)) + contents)
