"""Sixteen characters at a time: the vector loops in front of the scalar code.

A block moves only where its characters look alike in both encodings but for the width
of a code unit; the first other character stops the loop.
"""

from __future__ import annotations

from dataclasses import dataclass

from fuser.abi.characters import Cursor, Units
from fuser.code import Code
from fuser.wasm.types import V128

BLOCK = 16
"""Characters, which are as many code units: no block holds a surrogate or a lead byte."""


def move_blocks(code: Code, source: Units, target: Units, cursors: tuple[Cursor, Cursor]) -> None:
    """Emit: while the next block of the source looks alike in the target, move it."""
    read, write = cursors
    low, high = code.local(V128), code.local(V128)
    with code.block() as done, code.loop() as again:
        read.remaining(code)
        code.i32(BLOCK * source.width)
        code.op("i32.lt_u")
        code.branch_if(done)
        _load(code, read, low, 0)
        if source.width == 2:
            _load(code, read, high, 16)
        if _unlike(code, source, target, low, high):
            code.branch_if(done)
        _store(code, (source.width, target.width), write, low, high)
        read.advance(code, BLOCK * source.width)
        write.advance(code, BLOCK * target.width)
        code.branch(again)


def skip_plain_utf16(code: Code, read: Cursor) -> None:
    """Emit: move a reading cursor on over blocks of 8 units without surrogates."""
    units = code.local(V128)
    with code.block() as done, code.loop() as again:
        read.remaining(code)
        code.i32(16)
        code.op("i32.lt_u")
        code.branch_if(done)
        _load(code, read, units, 0)
        code.get(units)
        _splat(code, 0xF800)
        code.op("v128.and")
        _splat(code, 0xD800)
        code.op("i16x8.eq", "v128.any_true")
        code.branch_if(done)
        read.advance(code, 16)
        code.branch(again)


def _load(code: Code, cursor: Cursor, local: int, offset: int) -> None:
    code.get(cursor.at)
    code.access("v128.load", cursor.memory, offset)
    code.set(local)


def _splat(code: Code, unit: int) -> None:
    code.v128(unit.to_bytes(2, "little") * 8)


def _unlike(code: Code, source: Units, target: Units, low: int, high: int) -> bool:
    """Emit: push whether the block has a character that does not move as it is; False if none can."""
    if source.width == 1:
        if source is Units.LATIN1 and target is not Units.UTF8:
            return False
        code.get(low)
        code.op("i8x16.bitmask")
        return True
    code.get(low)
    code.get(high)
    code.op("v128.or")
    _splat(code, 0xFF80 if target is Units.UTF8 else 0xFF00)
    code.op("v128.and", "v128.any_true")
    return True


@dataclass(frozen=True)
class _Half:
    """One vector to store: what widens or narrows it, and where it goes."""

    operations: tuple[str, ...]
    offset: int


_STORES = {
    (1, 1): (_Half((), 0),),
    (1, 2): (_Half(("i16x8.extend_low_i8x16_u",), 0), _Half(("i16x8.extend_high_i8x16_u",), 16)),
    (2, 1): (_Half(("i8x16.narrow_i16x8_u",), 0),),
}


def _store(code: Code, widths: tuple[int, int], cursor: Cursor, low: int, high: int) -> None:
    for half in _STORES[widths]:
        code.get(cursor.at)
        code.get(low)
        if widths[0] == 2:
            code.get(high)
        code.op(*half.operations)
        code.access("v128.store", cursor.memory, half.offset)
