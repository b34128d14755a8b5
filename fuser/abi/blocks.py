"""Many characters at a time: the vector loops in front of the scalar code.

A character moves here only where it looks alike in both encodings but for the width of a
code unit, which is then all there is to it: no such unit is a surrogate or a lead byte.
"""

from __future__ import annotations

from fuser.abi.characters import Cursor, Units
from fuser.code import Code, Label
from fuser.symbols import Memory
from fuser.traps import Trap
from fuser.wasm.types import I32, V128

BLOCK = 16
"""Characters, which are as many code units."""

_ROOM = {(Units.UTF8, Units.UTF16): 48}
"""Bytes of the source that become as many bytes as a block does, whatever they are; of others it is a block."""


def move_blocks(code: Code, source: Units, target: Units, cursors: tuple[Cursor, Cursor], *, runs: bool) -> None:
    """Emit: move alike characters until one looks different, or fewer than 16 (maybe 8) are left.

    `runs`: a block with a different character is written as a whole, though the cursors
    stop in front of that character: what is left of the source overwrites all of it.
    """
    with code.block() as done:
        with code.block() as few:
            _whole_blocks(code, (source, target), cursors, few, done if runs else None)
        _half_block(code, (source, target), cursors, done)


def _whole_blocks(
    code: Code, units: tuple[Units, Units], cursors: tuple[Cursor, Cursor], few: Label, done: Label | None
) -> None:
    read, write = cursors
    source, target = units
    low, high = code.local(V128), code.local(V128)
    with code.loop() as again:
        _leave_below(code, read, BLOCK * source.width, few)
        _load(code, read, low, 0)
        if source.width == 2:
            _load(code, read, high, 16)
        _push_unlike(code, units, low, high)
        if done is None:
            code.branch_if(few)
        else:
            with code.if_():
                _leave_below(code, read, _ROOM.get(units, 0), done)
                _store(code, units, write, low, high)
                _advance_to_unlike(code, units, cursors, low, high)
                code.branch(done)
        _store(code, units, write, low, high)
        read.advance(code, BLOCK * source.width)
        write.advance(code, BLOCK * target.width)
        code.branch(again)


def _push_unlike(code: Code, units: tuple[Units, Units], low: int, high: int) -> None:
    """Emit: push whether a character of the block looks different."""
    if units[0].width == 1:
        code.get(low)
        code.op("i8x16.bitmask")
        return
    code.get(low)
    code.get(high)
    code.op("v128.or")
    _splat(code, _different(units[1]))
    code.op("v128.and", "v128.any_true")


def _advance_to_unlike(
    code: Code, units: tuple[Units, Units], cursors: tuple[Cursor, Cursor], low: int, high: int
) -> None:
    """Emit: move the cursors up to the first character of the block that looks different."""
    run = code.local(I32)
    if units[0].width == 1:
        code.get(low)
    else:
        for half in (low, high):
            code.get(half)
            _splat(code, _different(units[1]))
            code.op("v128.and")
            _splat(code, 0)
            code.op("i16x8.ne")
        code.op("i8x16.narrow_i16x8_s")
    code.op("i8x16.bitmask", "i32.ctz")
    code.set(run)
    for cursor, one in zip(cursors, units, strict=True):
        code.get(cursor.at)
        code.get(run)
        code.i32(one.width)
        code.op("i32.mul", "i32.add")
        code.set(cursor.at)


def _half_block(code: Code, units: tuple[Units, Units], cursors: tuple[Cursor, Cursor], done: Label) -> None:
    """Emit: move eight characters if there are so many and all are alike."""
    read, write = cursors
    source, target = units
    _leave_below(code, read, BLOCK // 2 * source.width, done)
    code.get(read.at)
    if source.width == 1:
        code.access("i64.load", read.memory)
        code.i64(0x8080808080808080)
        code.op("i64.and", "i64.eqz", "i32.eqz")
    else:
        code.access("v128.load", read.memory)
        _splat(code, _different(target))
        code.op("v128.and", "v128.any_true")
    code.branch_if(done)
    code.get(write.at)
    code.get(read.at)
    if source.width == 2:
        code.access("v128.load", read.memory)
        _splat(code, 0)
        code.op("i8x16.narrow_i16x8_u")
        code.lane("i64x2.extract_lane", 0)
        code.access("i64.store", write.memory)
    elif target.width == 2:
        code.access("v128.load8x8_u", read.memory)
        code.access("v128.store", write.memory)
    else:
        code.access("i64.load", read.memory)
        code.access("i64.store", write.memory)
    read.advance(code, BLOCK // 2 * source.width)
    write.advance(code, BLOCK // 2 * target.width)


def _different(target: Units) -> int:
    """Return the bits of which an alike character, in two bytes, has none."""
    return 0xFF80 if target is Units.UTF8 else 0xFF00


def _store(code: Code, units: tuple[Units, Units], write: Cursor, low: int, high: int) -> None:
    widths = units[0].width, units[1].width
    if widths == (1, 2):
        for offset, half in ((0, "low"), (16, "high")):
            code.get(write.at)
            code.get(low)
            code.op(f"i16x8.extend_{half}_i8x16_u")
            code.access("v128.store", write.memory, offset)
        return
    code.get(write.at)
    code.get(low)
    if widths == (2, 1):
        code.get(high)
        code.op("i8x16.narrow_i16x8_u")
    code.access("v128.store", write.memory)


# -- Latin-1 to UTF-16 ----------------------------------------------------------


def widen(code: Code, read: Cursor, write: Cursor, size: int) -> None:
    """Emit: move a whole text of Latin-1, `size` bytes (a local), to UTF-16; the cursors are spent."""
    for step in (64, 16):
        with code.block() as done, code.loop() as again:
            _leave_below(code, read, step, done)
            _widen(code, read, write, step)
            read.advance(code, step)
            write.advance(code, 2 * step)
            code.branch(again)
    with code.block() as done:
        _leave_below(code, read, 1, done)
        for step in (16, 8):
            # The last `step` characters, of which some have moved already.
            code.get(size)
            code.i32(step)
            code.op("i32.ge_u")
            with code.if_():
                if step == 8:
                    _widen(code, read, write, step)
                _back_to_last(code, read, write, step)
                _widen(code, read, write, step)
                code.branch(done)
        with code.loop() as again:
            code.get(write.at)
            code.get(read.at)
            code.access("i32.load8_u", read.memory)
            code.access("i32.store16", write.memory, align=1)
            read.advance(code, 1)
            write.advance(code, 2)
            read.remaining(code)
            code.branch_if(again)


def _widen(code: Code, read: Cursor, write: Cursor, count: int) -> None:
    for offset in range(0, count, 8):
        code.get(write.at)
        code.get(read.at)
        code.access("v128.load8x8_u", read.memory, offset)
        code.access("v128.store", write.memory, 2 * offset)


def _back_to_last(code: Code, read: Cursor, write: Cursor, count: int) -> None:
    """Emit: move both cursors to so many characters before the end, which is behind them or not."""
    code.get(write.at)
    read.remaining(code)
    code.i32(count)
    code.op("i32.sub")
    code.i32(1)
    code.op("i32.shl", "i32.add")
    code.set(write.at)
    read.before_end(code, count)
    code.set(read.at)


def widen_in_place(code: Code, memory: Memory, start: int, left: int) -> None:
    """Emit: turn the first bytes behind an address into two bytes each, `left` (a local, spent) of them.

    From the last to the first: each goes to a higher address than it comes from.
    """
    for step, load, store in ((8, "v128.load8x8_u", "v128.store"), (1, "i32.load8_u", "i32.store16")):
        with code.block() as done, code.loop() as again:
            code.get(left)
            code.i32(step)
            code.op("i32.lt_u")
            code.branch_if(done)
            code.get(left)
            code.i32(step)
            code.op("i32.sub")
            code.tee(left)
            code.i32(1)
            code.op("i32.shl")
            code.get(start)
            code.op("i32.add")
            code.get(left)
            code.get(start)
            code.op("i32.add")
            code.access(load, memory)
            code.access(store, memory)
            code.branch(again)


# -- UTF-16 as it is ---------------------------------------------------------------


def check_units(code: Code, text: Cursor) -> None:
    """Emit: check blocks of 8 units; the cursor stops where fewer are left to check.

    Of a surrogate pair that the end of the last block parts, the first is left, too.
    """
    units, surrogates = code.local(V128), code.local(V128)
    high, open_ = code.local(I32), code.local(I32)
    with code.block() as done, code.loop() as again:
        _leave_below(code, text, 16, done)
        _load(code, text, units, 0)
        _push_masked(code, units, 0xF800)
        code.tee(surrogates)
        code.op("v128.any_true")
        code.get(open_)
        code.op("i32.or")
        with code.if_():
            # A low surrogate follows each high one and nothing else; the last may be in the block before.
            _push_masked(code, units, 0xFC00)
            code.op("i16x8.bitmask")
            code.tee(high)
            code.i32(1)
            code.op("i32.shl")
            code.get(open_)
            code.op("i32.or")
            code.i32(0xFF)
            code.op("i32.and")
            code.get(surrogates)
            code.op("i16x8.bitmask")
            code.get(high)
            code.op("i32.xor", "i32.ne")
            code.trap_if(Trap.INVALID_UTF16)
            code.get(high)
            code.i32(7)
            code.op("i32.shr_u")
            code.set(open_)
        text.advance(code, 16)
        code.branch(again)
    code.get(text.at)
    code.get(open_)
    code.i32(1)
    code.op("i32.shl", "i32.sub")
    code.set(text.at)


def return_if_plain(code: Code, text: Cursor, size: int) -> None:
    """Emit: return where what is left, 8 units at most of a text of 4 at least, holds no surrogate.

    `size` is a local with the bytes of the whole text.
    """
    units = code.local(V128)
    code.get(size)
    code.i32(16)
    code.op("i32.ge_u")
    with code.if_(V128):
        _push_last(code, text, "v128.load", 16)
        code.else_()
        code.get(text.at)
        code.access("v128.load64_zero", text.memory)
        _push_last(code, text, "v128.load64_zero", 8)
        # Two halves that overlap.
        code.shuffle(bytes((*range(8), *range(16, 24))))
    code.set(units)
    _push_masked(code, units, 0xF800)
    code.op("v128.any_true", "i32.eqz")
    with code.if_():
        code.return_()


# -- parts --------------------------------------------------------------------------


def _push_last(code: Code, text: Cursor, load: str, size: int) -> None:
    """Emit: push the last bytes of a text."""
    text.before_end(code, size)
    code.access(load, text.memory)


def _push_masked(code: Code, units: int, mask: int) -> None:
    """Emit: push which units (those of a local) are 0xd800 under a mask."""
    code.get(units)
    _splat(code, mask)
    code.op("v128.and")
    _splat(code, 0xD800)
    code.op("i16x8.eq")


def _leave_below(code: Code, cursor: Cursor, size: int, done: Label) -> None:
    """Emit: branch where fewer bytes are left."""
    if size:
        cursor.remaining(code)
        code.i32(size)
        code.op("i32.lt_u")
        code.branch_if(done)


def _load(code: Code, cursor: Cursor, local: int, offset: int) -> None:
    code.get(cursor.at)
    code.access("v128.load", cursor.memory, offset)
    code.set(local)


def _splat(code: Code, unit: int) -> None:
    code.v128(unit.to_bytes(2, "little") * 8)
