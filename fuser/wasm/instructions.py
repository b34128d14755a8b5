"""Decoding of single operations and of types, wherever speed does not matter.

`decode` is the definition of what an operation's immediates are; the fast scanner of
`fuser.wasm.scan` is built from the same table and falls back to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple

from fuser.errors import Unsupported
from fuser.wasm.leb import PATTERN as LEB
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.opcodes import BY_CODE, PREFIXES, Immediate, Operation
from fuser.wasm.reader import Reader
from fuser.wasm.types import ValueType

ABSTRACT_HEAP_TYPES = frozenset(range(0x69, 0x75))
"""exn, array, struct, i31, eq, any, extern, func, none, noextern, nofunc, noexn."""

PLAIN_TYPES = frozenset(range(0x7B, 0x80))
"""v128, f64, f32, i64, i32."""

NULLABLE, NON_NULL = 0x63, 0x64

_NUMBERS = {code: ValueType(code) for code in PLAIN_TYPES}


class Use(NamedTuple):
    """One index in the immediates of an operation.

    `encode` writes another index in its place, i.e. instead of the bytes from `start` to `end`.
    """

    space: Immediate
    value: int
    start: int
    end: int
    encode: Callable[[int], bytes]


def memory_argument(align: int, memory: int) -> bytes:
    """Encode the alignment and memory of a memarg: bit 6 says that a memory index follows."""
    return unsigned(align | 0x40) + unsigned(memory) if memory else unsigned(align)


# -- types -----------------------------------------------------------------------


def read_heap_type(reader: Reader) -> int:
    """Read a heap type: negative = abstract, otherwise a type index."""
    position = reader.position
    if position < reader.end and reader.data[position] in ABSTRACT_HEAP_TYPES:
        return reader.byte() - 0x80
    index = reader.s33()
    if index < 0:
        reader.fail("unknown heap type", position)
    return index


def read_value_type(reader: Reader) -> ValueType:
    """Read a value type; short reference types become nullable ones of their heap type."""
    position = reader.position
    code = reader.byte()
    if code in _NUMBERS:
        return _NUMBERS[code]
    if code in ABSTRACT_HEAP_TYPES:
        return ValueType(NULLABLE, code - 0x80)
    if code in (NULLABLE, NON_NULL):
        return ValueType(code, read_heap_type(reader))
    return reader.fail(f"unknown value type 0x{code:02x}", position)


def read_reference_type(reader: Reader) -> ValueType:
    """Read a reference type."""
    position = reader.position
    type = read_value_type(reader)
    if type.heap is None:
        reader.fail("expected a reference type", position)
    return type


# -- locals ------------------------------------------------------------------------

PLAIN_LOCALS = re.compile(
    b"|".join(
        rb"\x%02x(?:%b[\x69-\x74\x7b-\x7f]){%d}+" % (count, LEB, count) if count else rb"\x00" for count in range(9)
    ),
)
"""Up to eight groups of locals, none of a type with an index: what nearly every function has."""


def read_locals(reader: Reader, uses: list[Use]) -> int:
    """Pass over a body's declarations of locals, noting type indices; return where its code starts."""
    plain = PLAIN_LOCALS.match(reader.data, reader.position, reader.end)
    if plain:
        reader.position = plain.end()
        return reader.position
    for _ in range(reader.u32()):
        reader.u32()
        value_type_use(reader, uses)
    return reader.position


# -- operations --------------------------------------------------------------------


def decode(reader: Reader) -> tuple[Operation, tuple[Use, ...]]:
    """Read one operation; raises Malformed at an unknown opcode."""
    operation = _opcode(reader)
    uses: list[Use] = []
    for immediate in operation.immediates:
        _READ[immediate](reader, uses)
    return operation, tuple(uses)


def decode_all(reader: Reader) -> Iterator[tuple[Operation, tuple[Use, ...]]]:
    """Yield the operations up to the reader's end."""
    while not reader.done:
        yield decode(reader)


@lru_cache(maxsize=1 << 16)
def decode_bytes(raw: bytes) -> tuple[Operation, tuple[Use, ...]]:
    """Decode one operation by its bytes: the same few thousand occur over and over."""
    return decode(Reader(raw))


def skip_expression(reader: Reader) -> None:
    """Pass over a constant expression, including its `end`.

    Raises Malformed at an operation that no constant expression may hold.
    """
    while True:
        position = reader.position
        operation, _ = decode(reader)
        if operation.name == "end":
            return
        if operation.name not in CONSTANT:
            reader.fail(f"`{operation.name}` in a constant expression", position)


_CONSTANT = """
i32.const i64.const f32.const f64.const v128.const global.get ref.null ref.func
i32.add i32.sub i32.mul i64.add i64.sub i64.mul
struct.new struct.new_default array.new array.new_default array.new_fixed
ref.i31 any.convert_extern extern.convert_any
"""
CONSTANT = frozenset(_CONSTANT.split())
"""Operations of constant expressions (core spec, "Validation – Constant Expressions")."""

_LEGACY_EXCEPTIONS = frozenset({0x06, 0x07, 0x09, 0x18, 0x19})


def _opcode(reader: Reader) -> Operation:
    position = reader.position
    first = reader.byte()
    code = bytes([first])
    if first in PREFIXES:
        code += unsigned(reader.u32())
    operation = BY_CODE.get(code)
    if operation is not None:
        return operation
    if first in _LEGACY_EXCEPTIONS:
        raise Unsupported("legacy exception handling", reader.base + position)
    return reader.fail(f"unknown operation 0x{code.hex()}", position)


Read = Callable[[Reader, list[Use]], object]


def _index(space: Immediate) -> Read:
    def read(reader: Reader, uses: list[Use]) -> None:
        start = reader.position
        uses.append(Use(space, reader.u32(), start, reader.position, unsigned))

    return read


def _type_use(reader: Reader, uses: list[Use], start: int, index: int) -> None:
    if index >= 0:
        uses.append(Use(Immediate.TYPE, index, start, reader.position, signed))


def _heap_type(reader: Reader, uses: list[Use]) -> None:
    start = reader.position
    _type_use(reader, uses, start, read_heap_type(reader))


def value_type_use(reader: Reader, uses: list[Use]) -> None:
    """Read a value type and note the type index in it."""
    start = reader.position
    type = read_value_type(reader)
    if type.heap is not None:
        _type_use(reader, uses, start + 1, type.heap)


def _value_types(reader: Reader, uses: list[Use]) -> None:
    for _ in range(reader.u32()):
        value_type_use(reader, uses)


def _block_type(reader: Reader, uses: list[Use]) -> None:
    start = reader.position
    first = reader.data[start] if start < reader.end else 0
    if first == 0x40:
        reader.byte()
    elif first in PLAIN_TYPES or first in ABSTRACT_HEAP_TYPES or first in (NULLABLE, NON_NULL):
        value_type_use(reader, uses)
    else:
        index = reader.s33()
        if index < 0:
            reader.fail("unknown block type", start)
        _type_use(reader, uses, start, index)


def _memory_argument(reader: Reader, uses: list[Use]) -> None:
    start = reader.position
    flags = reader.u32()
    if flags >= 0x80:
        reader.fail("malformed memory argument", start)
    memory = reader.u32() if flags & 0x40 else 0
    encode = partial(memory_argument, flags & 0x3F)
    uses.append(Use(Immediate.MEMORY, memory, start, reader.position, encode))
    reader.u64()


def _labels(reader: Reader, _uses: list[Use]) -> None:
    count = reader.u32()
    if count >= reader.end - reader.position:
        reader.fail("unexpected end")
    reader.skip_integers(count + 1)


def _catches(reader: Reader, uses: list[Use]) -> None:
    for _ in range(reader.u32()):
        position = reader.position
        clause = reader.byte()
        if clause > 3:
            reader.fail(f"unknown catch clause 0x{clause:02x}", position)
        if clause < 2:
            _READ[Immediate.TAG](reader, uses)
        reader.u32()


def _cast_flags(reader: Reader, _uses: list[Use]) -> None:
    position = reader.position
    if reader.byte() > 3:
        reader.fail("unknown cast flags", position)


def _zero(reader: Reader, _uses: list[Use]) -> None:
    position = reader.position
    if reader.byte():
        reader.fail("zero byte expected", position)


_READ: dict[Immediate, Read] = {
    space: _index(space)
    for space in (
        Immediate.TYPE,
        Immediate.FUNCTION,
        Immediate.TABLE,
        Immediate.MEMORY,
        Immediate.GLOBAL,
        Immediate.TAG,
        Immediate.ELEMENT,
        Immediate.DATA,
    )
} | {
    Immediate.LOCAL: lambda reader, _: reader.u32(),
    Immediate.LABEL: lambda reader, _: reader.u32(),
    Immediate.NUMBER: lambda reader, _: reader.u32(),
    Immediate.LABELS: _labels,
    Immediate.LANE: lambda reader, _: reader.byte(),
    Immediate.BYTES_4: lambda reader, _: reader.skip(4),
    Immediate.BYTES_8: lambda reader, _: reader.skip(8),
    Immediate.BYTES_16: lambda reader, _: reader.skip(16),
    Immediate.S32: lambda reader, _: reader.s32(),
    Immediate.S64: lambda reader, _: reader.s64(),
    Immediate.ZERO: _zero,
    Immediate.MEMORY_ARGUMENT: _memory_argument,
    Immediate.BLOCK_TYPE: _block_type,
    Immediate.HEAP_TYPE: _heap_type,
    Immediate.VALUE_TYPES: _value_types,
    Immediate.CAST_FLAGS: _cast_flags,
    Immediate.CATCHES: _catches,
}
