"""Elements of a list by the vector, where they are of fixed layout and hold no pointer.

What lifting does to numbers, booleans, flags, enums and characters in memory
(CanonicalABI.md, `load`) is done to sixteen bytes at a time. A vector with a value that
would trap is left to the code for single elements, which knows the first of them and its
trap. Padding is not written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import lcm

from fuser.abi.layout import CasesShape, FieldsShape, FlagsShape, ScalarShape, Shape
from fuser.abi.places import Place
from fuser.code import Code, Label
from fuser.types import Primitive
from fuser.wasm.types import V128

VECTOR = 16
_MOST_VECTORS = 4
_LEAST_PARTS = 3
"""Parts in a vector below which they are copied faster one by one."""
_UNTOUCHED = b"\xff" * VECTOR


@dataclass(frozen=True)
class Pattern:
    """What each byte of one or more vectors of elements means; all of a list are alike.

    Bytes of which nothing is to be done have the values that do nothing.
    """

    written: bytearray
    """0xff where a byte is written, 0 in padding."""
    passing: bytearray
    """Bits that pass; the others are flags that do not exist."""
    most: bytearray
    """The most that a byte becomes: 1 for booleans."""
    cases: bytearray
    """The highest discriminant of an enum of one byte."""
    wide_cases: bytearray
    """The highest discriminant of an enum of two bytes."""
    characters: bytearray
    """0xff where a byte is of a `char`."""

    @classmethod
    def untouched(cls, size: int) -> Pattern:
        """Return a pattern without any part."""
        any_ = [bytearray(_UNTOUCHED * (size // VECTOR)) for _ in range(4)]
        return cls(bytearray(size), any_[0], any_[1], any_[2], any_[3], bytearray(size))

    def vector(self, part: bytearray, number: int) -> bytes:
        """Return the part's bytes of one vector."""
        return bytes(part[VECTOR * number : VECTOR * (number + 1)])


def pattern_of(element: Shape) -> Pattern | None:
    """Return the pattern of as many elements as fill vectors; None where there is none."""
    size = lcm(element.size, VECTOR) if element.size else 0
    if not 0 < size <= _MOST_VECTORS * VECTOR:
        return None
    made = Pattern.untouched(size)
    parts = [part for start in range(0, size, element.size) for part in _parts(element, start)]
    enough = len(parts) >= _LEAST_PARTS * size // VECTOR
    return made if enough and all(_mark(made, offset, part) for offset, part in parts) else None


def _parts(shape: Shape, start: int) -> Iterator[tuple[int, Shape]]:
    if isinstance(shape, FieldsShape):
        for offset, part in shape.items:
            yield from _parts(part, start + offset)
    else:
        yield start, shape


def _mark(made: Pattern, offset: int, part: Shape) -> bool:
    """Enter one part of an element; return whether there is a way to do it."""
    here = slice(offset, offset + part.size)
    made.written[here] = b"\xff" * part.size
    match part:
        case ScalarShape(primitive=Primitive.BOOL):
            made.most[here] = b"\1"
        case ScalarShape(primitive=Primitive.CHAR):
            made.characters[here] = b"\xff" * 4
        case ScalarShape():
            pass
        case FlagsShape():
            made.passing[here] = ((1 << part.count) - 1).to_bytes(part.size, "little")
        case CasesShape() if not any(part.payloads) and part.size <= 2:
            highest = (len(part.payloads) - 1).to_bytes(part.size, "little")
            (made.cases if part.size == 1 else made.wide_cases)[here] = highest
        case _:
            return False
    return True


def copy_vectors(code: Code, pattern: Pattern, source: Place, target: Place, end: int) -> None:
    """Emit: convert elements by the vector, up to the first that would trap or the last few.

    The addresses are moved on; `end` is a local with the address behind the source.
    """
    size = len(pattern.written)
    with code.block() as done, code.loop() as again:
        code.get(end)
        code.get(source.address)
        code.op("i32.sub")
        code.i32(size)
        code.op("i32.lt_u")
        code.branch_if(done)
        for number in range(size // VECTOR):
            _copy_vector(code, pattern, number, (source, target), done)
        for place in (source, target):
            code.get(place.address)
            code.i32(size)
            code.op("i32.add")
            code.set(place.address)
        code.branch(again)


def _copy_vector(code: Code, pattern: Pattern, number: int, places: tuple[Place, Place], done: Label) -> None:
    source, target = places
    value = code.local(V128)
    code.get(source.address)
    code.access("v128.load", source.memory, VECTOR * number)
    code.set(value)
    _leave_invalid(code, pattern, number, value, done)
    code.get(target.address)
    code.get(value)
    most, passing, written = (pattern.vector(part, number) for part in (pattern.most, pattern.passing, pattern.written))
    for bytes_, operation in ((most, "i8x16.min_u"), (passing, "v128.and")):
        if bytes_ != _UNTOUCHED:
            code.v128(bytes_)
            code.op(operation)
    if written != _UNTOUCHED:
        code.get(target.address)
        code.access("v128.load", target.memory, VECTOR * number)
        code.v128(written)
        code.op("v128.bitselect")
    code.access("v128.store", target.memory, VECTOR * number)


def _leave_invalid(code: Code, pattern: Pattern, number: int, value: int, done: Label) -> None:
    """Emit: branch where an enum or a character of the vector is none."""
    for part, operation in ((pattern.cases, "i8x16.gt_u"), (pattern.wide_cases, "i16x8.gt_u")):
        highest = pattern.vector(part, number)
        if highest != _UNTOUCHED:
            code.get(value)
            code.v128(highest)
            code.op(operation, "v128.any_true")
            code.branch_if(done)
    characters = pattern.vector(pattern.characters, number)
    if any(characters):
        code.get(value)
        for constant, operation in ((0xD800, "v128.xor"), (0x800, "i32x4.sub"), (0x10F800, "i32x4.ge_u")):
            code.v128(constant.to_bytes(4, "little") * 4)
            code.op(operation)
        if not all(characters):
            code.v128(characters)
            code.op("v128.and")
        code.op("v128.any_true")
        code.branch_if(done)
