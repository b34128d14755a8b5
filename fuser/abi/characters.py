"""One character read from, or written to, a memory in one encoding; scalar code.

Reading validates as the Unicode standard has it (table 3-7 for UTF-8): overlong forms,
surrogates and numbers past U+10FFFF trap, and so do unpaired surrogates of UTF-16.
Addresses may wrap at 2³² where a text ends there: only differences are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from fuser.code import Code
from fuser.symbols import Memory
from fuser.traps import Trap
from fuser.wasm.types import I32


class Units(Enum):
    """An encoding without a choice in it; the value is the bytes of a code unit."""

    UTF8 = "utf8"
    UTF16 = "utf16"
    LATIN1 = "latin1"

    @property
    def width(self) -> int:
        """Bytes of one code unit."""
        return 2 if self is Units.UTF16 else 1


@dataclass(frozen=True)
class Cursor:
    """A moving address in a local; `end` is the local with the address behind a source."""

    memory: Memory
    at: int
    end: int

    def remaining(self, code: Code) -> None:
        """Emit: push how many bytes are left."""
        code.get(self.end)
        code.get(self.at)
        code.op("i32.sub")

    def before_end(self, code: Code, size: int) -> None:
        """Emit: push the address so many bytes before the end."""
        code.get(self.end)
        code.i32(size)
        code.op("i32.sub")

    def advance(self, code: Code, step: int) -> None:
        """Emit: move on by so many bytes."""
        code.get(self.at)
        code.i32(step)
        code.op("i32.add")
        code.set(self.at)


def read_character(code: Code, units: Units, source: Cursor, character: int) -> None:
    """Emit: read one character into a local and move on; traps where there is none."""
    _READERS[units](code, source, character)


def write_character(code: Code, units: Units, target: Cursor, character: int) -> None:
    """Emit: write the character in a local and move on; for Latin-1 it must be at most 0xff."""
    _WRITERS[units](code, target, character)


# -- reading ------------------------------------------------------------------


def _read_latin1(code: Code, source: Cursor, character: int) -> None:
    code.get(source.at)
    code.access("i32.load8_u", source.memory)
    code.set(character)
    source.advance(code, 1)


def _read_utf8(code: Code, source: Cursor, character: int) -> None:
    code.get(source.at)
    code.access("i32.load8_u", source.memory)
    code.tee(character)
    code.i32(0x80)
    code.op("i32.lt_u")
    with code.if_():
        source.advance(code, 1)
        code.else_()
        _below(code, character, 0xE0)
        with code.if_():
            _sequence(code, source, character, 2)
            code.else_()
            _below(code, character, 0xF0)
            with code.if_():
                _sequence(code, source, character, 3)
                _is_surrogate(code, character)
                code.trap_if(Trap.INVALID_UTF8)
                code.else_()
                _sequence(code, source, character, 4)


_SEQUENCES = {2: (0xC0, 0x80, 0x7FF), 3: (0xE0, 0x800, 0xFFFF), 4: (0xF0, 0x10000, 0x10FFFF)}
"""By length: the lead byte's marker, and the least and most that such a sequence may say."""


def _below(code: Code, local: int, limit: int) -> None:
    code.get(local)
    code.i32(limit)
    code.op("i32.lt_u")


def _sequence(code: Code, source: Cursor, lead: int, length: int) -> None:
    """Emit: decode a sequence of this many bytes, its first in `lead`, where the result goes."""
    marker, least, most = _SEQUENCES[length]
    source.remaining(code)
    code.i32(length)
    code.op("i32.lt_u")
    code.trap_if(Trap.INVALID_UTF8)
    # The lead's marker bits are taken off; a lead of 0xf8 and more keeps a bit that makes
    # the result too large, and one of 0x80 to 0xbf borrows, which does the same.
    code.get(lead)
    code.i32(marker)
    code.op("i32.sub")
    code.set(lead)
    for position in range(1, length):
        _continuation(code, source, lead, position)
    code.get(lead)
    code.i32(least)
    code.op("i32.sub")
    code.i32(most - least)
    code.op("i32.gt_u")
    code.trap_if(Trap.INVALID_UTF8)
    source.advance(code, length)


def _continuation(code: Code, source: Cursor, character: int, position: int) -> None:
    byte = code.local(I32)
    code.get(source.at)
    code.access("i32.load8_u", source.memory, position)
    code.i32(0x80)
    code.op("i32.sub")
    code.tee(byte)
    code.i32(0x3F)
    code.op("i32.gt_u")
    code.trap_if(Trap.INVALID_UTF8)
    code.get(character)
    code.i32(6)
    code.op("i32.shl")
    code.get(byte)
    code.op("i32.or")
    code.set(character)


def _read_utf16(code: Code, source: Cursor, character: int) -> None:
    code.get(source.at)
    code.access("i32.load16_u", source.memory, align=1)
    code.set(character)
    source.advance(code, 2)
    _is_surrogate(code, character)
    with code.if_():
        low = code.local(I32)
        code.get(character)
        code.i32(0xDC00)
        code.op("i32.ge_u")
        code.get(source.at)
        code.get(source.end)
        code.op("i32.eq", "i32.or")
        code.trap_if(Trap.INVALID_UTF16)
        code.get(source.at)
        code.access("i32.load16_u", source.memory, align=1)
        code.i32(0xDC00)
        code.op("i32.sub")
        code.tee(low)
        code.i32(0x3FF)
        code.op("i32.gt_u")
        code.trap_if(Trap.INVALID_UTF16)
        _join_surrogates(code, character, low)
        source.advance(code, 2)


def _join_surrogates(code: Code, high: int, low: int) -> None:
    code.get(high)
    code.i32(0xD800)
    code.op("i32.sub")
    code.i32(10)
    code.op("i32.shl")
    code.get(low)
    code.op("i32.or")
    code.i32(0x10000)
    code.op("i32.add")
    code.set(high)


def _is_surrogate(code: Code, local: int) -> None:
    code.get(local)
    code.i32(0xFFFFF800)
    code.op("i32.and")
    code.i32(0xD800)
    code.op("i32.eq")


# -- writing --------------------------------------------------------------------


def _write_latin1(code: Code, target: Cursor, character: int) -> None:
    code.get(target.at)
    code.get(character)
    code.access("i32.store8", target.memory)
    target.advance(code, 1)


def _write_utf8(code: Code, target: Cursor, character: int) -> None:
    _below(code, character, 0x80)
    with code.if_():
        _write_latin1(code, target, character)
        code.else_()
        _below(code, character, 0x800)
        with code.if_():
            _write_sequence(code, target, character, 2)
            code.else_()
            _below(code, character, 0x10000)
            with code.if_():
                _write_sequence(code, target, character, 3)
                code.else_()
                _write_sequence(code, target, character, 4)


def _write_sequence(code: Code, target: Cursor, character: int, length: int) -> None:
    lead = _SEQUENCES[length][0]
    for position in range(length):
        code.get(target.at)
        code.get(character)
        shift = 6 * (length - 1 - position)
        if shift:
            code.i32(shift)
            code.op("i32.shr_u")
        if position:
            code.i32(0x3F)
            code.op("i32.and")
        code.i32(0x80 if position else lead)
        code.op("i32.or")
        code.access("i32.store8", target.memory, position)
    target.advance(code, length)


def _write_utf16(code: Code, target: Cursor, character: int) -> None:
    _below(code, character, 0x10000)
    with code.if_():
        _store_unit(code, target, lambda: code.get(character))
        code.else_()
        _store_unit(code, target, lambda: _surrogate(code, character, high=True))
        _store_unit(code, target, lambda: _surrogate(code, character, high=False))


def _surrogate(code: Code, character: int, *, high: bool) -> None:
    code.get(character)
    if high:
        code.i32(10)
        code.op("i32.shr_u")
        # 0x10000 >> 10 is taken off where the marker is put on.
        code.i32(0xD800 - (0x10000 >> 10))
        code.op("i32.add")
    else:
        code.i32(0x3FF)
        code.op("i32.and")
        code.i32(0xDC00)
        code.op("i32.or")


def _store_unit(code: Code, target: Cursor, push: Callable[[], None]) -> None:
    code.get(target.at)
    push()
    code.access("i32.store16", target.memory, align=1)
    target.advance(code, 2)


_READERS = {Units.LATIN1: _read_latin1, Units.UTF8: _read_utf8, Units.UTF16: _read_utf16}
_WRITERS = {Units.LATIN1: _write_latin1, Units.UTF8: _write_utf8, Units.UTF16: _write_utf16}
