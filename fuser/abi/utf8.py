"""A check of UTF-8, sixteen bytes at a time.

The method is Keiser and Lemire's ("Validating UTF-8 in less than one instruction per
byte", 2021): three table look-ups by half bytes classify each byte with the one before
it; a bit that survives all three is an error, except that bit 7 says "third or fourth
byte", which must agree with what the leads two and three bytes back ask for.
"""

from __future__ import annotations

from fuser.abi.characters import Cursor, Units, read_character
from fuser.abi.library import Library
from fuser.code import Code
from fuser.symbols import Function, Memory
from fuser.traps import Trap
from fuser.wasm.types import I32, I64, V128, FunctionType

CHECKER = FunctionType((I32, I32), ())
"""Address, length in bytes."""

_TOO_SHORT = 1 << 0  # a lead followed by no continuation
_TOO_LONG = 1 << 1  # ASCII followed by a continuation
_OVERLONG_3 = 1 << 2
_TOO_LARGE = 1 << 3  # U+110000 to U+13FFFF
_SURROGATE = 1 << 4
_OVERLONG_2 = 1 << 5
_OVERLONG_4 = 1 << 6  # and U+140000 and up, told apart by the second table
_TOO_LARGE_1000 = 1 << 6
_TWO_CONTINUATIONS = 1 << 7
_CARRY = _TOO_SHORT | _TOO_LONG | _TWO_CONTINUATIONS

_BY_HIGH_OF_FIRST = bytes(
    [_TOO_LONG] * 8
    + [_TWO_CONTINUATIONS] * 4
    + [
        _TOO_SHORT | _OVERLONG_2,
        _TOO_SHORT,
        _TOO_SHORT | _OVERLONG_3 | _SURROGATE,
        _TOO_SHORT | _TOO_LARGE | _TOO_LARGE_1000 | _OVERLONG_4,
    ]
)
_BY_LOW_OF_FIRST = bytes(
    [
        _CARRY | _OVERLONG_3 | _OVERLONG_2 | _OVERLONG_4,
        _CARRY | _OVERLONG_2,
        _CARRY,
        _CARRY,
        _CARRY | _TOO_LARGE,
        *[_CARRY | _TOO_LARGE | _TOO_LARGE_1000] * 8,
        _CARRY | _TOO_LARGE | _TOO_LARGE_1000 | _SURROGATE,
        _CARRY | _TOO_LARGE | _TOO_LARGE_1000,
        _CARRY | _TOO_LARGE | _TOO_LARGE_1000,
    ]
)
_CONTINUED = _TOO_LONG | _OVERLONG_2 | _TWO_CONTINUATIONS
_BY_HIGH_OF_SECOND = bytes(
    [_TOO_SHORT] * 8
    + [
        _CONTINUED | _OVERLONG_3 | _TOO_LARGE_1000 | _OVERLONG_4,
        _CONTINUED | _OVERLONG_3 | _TOO_LARGE,
        _CONTINUED | _SURROGATE | _TOO_LARGE,
        _CONTINUED | _SURROGATE | _TOO_LARGE,
    ]
    + [_TOO_SHORT] * 4
)
_UNFINISHED_ABOVE = bytes([0xFF] * 13 + [0xF0 - 1, 0xE0 - 1, 0xC0 - 1])
"""A block whose last three bytes pass these ends within a sequence."""

_SHORT = 16
"""Texts of fewer bytes are checked one by one."""


def utf8_checker(library: Library, memory: Memory) -> Function:
    """Return the function that traps where bytes of this memory are not UTF-8."""

    def write(code: Code) -> None:
        at, length = 0, 1
        end = code.local(I32)
        code.get(at)
        code.get(length)
        code.op("i32.add")
        code.set(end)
        text = Cursor(memory, at, end)
        code.get(length)
        code.i32(_SHORT)
        code.op("i32.lt_u")
        with code.if_():
            _check_short(code, text)
            code.return_()
        _skip_ascii(code, text, 128)
        _skip_ascii(code, text, 16)
        _leave_if_ascii(code, text)
        _Check(code, text).write()

    return library.function(("check utf8", memory), "check utf8", CHECKER, write)


def _check_short(code: Code, text: Cursor) -> None:
    """Emit: check fewer than sixteen bytes: all at once where they are ASCII, else one character at a time."""
    text.remaining(code)
    code.op("i32.eqz")
    with code.if_():
        code.return_()
    text.remaining(code)
    code.i32(4)
    code.op("i32.lt_u")
    with code.if_(I32):
        _push_up_to_three(code, text)
        code.else_()
        _push_up_to_fifteen(code, text)
    code.op("i32.eqz")
    with code.if_():
        code.return_()
    character = code.local(I32)
    with code.block() as done, code.loop() as again:
        text.remaining(code)
        code.op("i32.eqz")
        code.branch_if(done)
        read_character(code, Units.UTF8, text, character)
        code.branch(again)


def _push_up_to_three(code: Code, text: Cursor) -> None:
    """Emit: push whether one of one to three bytes is not ASCII: the first, the middle and the last."""
    code.get(text.at)
    code.access("i32.load8_s", text.memory)
    code.get(text.at)
    text.remaining(code)
    code.i32(1)
    code.op("i32.shr_u", "i32.add")
    code.access("i32.load8_s", text.memory)
    text.before_end(code, 1)
    code.access("i32.load8_s", text.memory)
    code.op("i32.or", "i32.or")
    code.i32(0)
    code.op("i32.lt_s")


def _push_up_to_fifteen(code: Code, text: Cursor) -> None:
    """Emit: push whether one of four to fifteen bytes is not ASCII, by two words that overlap."""
    text.remaining(code)
    code.i32(8)
    code.op("i32.lt_u")
    with code.if_(I64):
        _push_both_ends(code, text, "i64.load32_u", 4)
        code.else_()
        _push_both_ends(code, text, "i64.load", 8)
    code.i64(0x8080808080808080)
    code.op("i64.and")
    code.i64(0)
    code.op("i64.ne")


def _push_both_ends(code: Code, text: Cursor, load: str, size: int) -> None:
    code.get(text.at)
    code.access(load, text.memory)
    text.before_end(code, size)
    code.access(load, text.memory)
    code.op("i64.or")


def _skip_ascii(code: Code, text: Cursor, size: int) -> None:
    """Emit: move on over blocks of so many bytes that are all ASCII."""
    with code.block() as done, code.loop() as again:
        text.remaining(code)
        code.i32(size)
        code.op("i32.lt_u")
        code.branch_if(done)
        for offset in range(0, size, 16):
            code.get(text.at)
            code.access("v128.load", text.memory, offset)
            if offset:
                code.op("v128.or")
        code.op("i8x16.bitmask")
        code.branch_if(done)
        text.advance(code, size)
        code.branch(again)


def _leave_if_ascii(code: Code, text: Cursor) -> None:
    """Emit: return where less than a block is left, and the last sixteen bytes are ASCII."""
    text.remaining(code)
    code.i32(16)
    code.op("i32.lt_u")
    with code.if_():
        text.before_end(code, 16)
        code.access("v128.load", text.memory)
        code.op("i8x16.bitmask", "i32.eqz")
        with code.if_():
            code.return_()


class _Check:
    """The loop over blocks; before a block, `previous` is the block in front of it."""

    def __init__(self, code: Code, text: Cursor) -> None:
        self.code, self.text = code, text
        self.block, self.previous, self.error = (code.local(V128) for _ in range(3))

    def write(self) -> None:
        """Emit: check the rest of the text, of which all before the cursor is ASCII.

        The whole text has sixteen bytes at least: the tail is read as its last sixteen,
        moved down so that zeros, which are ASCII, follow it.
        """
        code, text = self.code, self.text
        with code.block() as done, code.loop() as again:
            text.remaining(code)
            code.i32(16)
            code.op("i32.lt_u")
            code.branch_if(done)
            code.get(text.at)
            code.access("v128.load", text.memory)
            code.set(self.block)
            self._check_block()
            text.advance(code, 16)
            code.branch(again)
        self._load_tail()
        self._check_block()
        code.get(self.error)
        code.op("v128.any_true")
        code.trap_if(Trap.INVALID_UTF8)

    def _load_tail(self) -> None:
        code, text = self.code, self.text
        text.before_end(code, 16)
        code.access("v128.load", text.memory)
        code.v128(bytes(range(16)))
        code.i32(16)
        text.remaining(code)
        code.op("i32.sub", "i8x16.splat", "i8x16.add", "i8x16.swizzle")
        code.set(self.block)

    def _check_block(self) -> None:
        code = self.code
        code.get(self.error)
        code.get(self.block)
        code.op("i8x16.bitmask")
        with code.if_(V128):
            self._check_sequences()
            code.else_()
            code.get(self.previous)
            code.v128(_UNFINISHED_ABOVE)
            code.op("i8x16.sub_sat_u")
        code.op("v128.or")
        code.set(self.error)
        code.get(self.block)
        code.set(self.previous)

    def _check_sequences(self) -> None:
        """Emit: push where the block breaks the rules, knowing the one before it."""
        code = self.code
        first = code.local(V128)
        self._before(1)
        code.set(first)
        self._look_up(_BY_HIGH_OF_FIRST, first, high=True)
        self._look_up(_BY_LOW_OF_FIRST, first, high=False)
        code.op("v128.and")
        self._look_up(_BY_HIGH_OF_SECOND, self.block, high=True)
        code.op("v128.and")
        # Where two back leads three bytes, or three back leads four, bit 7 must be set.
        for distance, lead in ((2, 0xE0), (3, 0xF0)):
            self._before(distance)
            code.v128(bytes([lead - 0x80]) * 16)
            code.op("i8x16.sub_sat_u")
        code.op("v128.or")
        code.v128(b"\x80" * 16)
        code.op("v128.and", "v128.xor")

    def _before(self, distance: int) -> None:
        """Emit: push the block moved so that each byte stands where the one so far behind it was."""
        self.code.get(self.previous)
        self.code.get(self.block)
        self.code.shuffle(bytes(range(16 - distance, 32 - distance)))

    def _look_up(self, table: bytes, bytes_: int, *, high: bool) -> None:
        code = self.code
        code.v128(table)
        code.get(bytes_)
        if high:
            # There is no shift of bytes on common machines: one of words, then a mask.
            code.i32(4)
            code.op("i16x8.shr_u")
        code.v128(b"\x0f" * 16)
        code.op("v128.and", "i8x16.swizzle")
