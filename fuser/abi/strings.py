"""Strings from one encoding to another, with the calls of realloc that the spec prescribes.

`store_string_into_range` (CanonicalABI.md) makes the sequence of allocations observable
to the guest, so each pair of encodings follows it exactly: which size first, when to
grow, when to shrink. Lengths count code units; the length of a `latin1+utf16` string has
its top bit set where it is UTF-16.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from fuser.abi.blocks import check_units, move_blocks, return_if_plain, widen, widen_in_place
from fuser.abi.characters import Cursor, Units, read_character, write_character
from fuser.abi.checks import allocate, check_aligned, check_range, reallocate
from fuser.abi.copies import copier
from fuser.abi.library import Library, Route
from fuser.abi.utf8 import CHECKER, utf8_checker
from fuser.code import Code, Label
from fuser.program import Encoding
from fuser.symbols import Function, Memory
from fuser.traps import Trap
from fuser.wasm.types import I32, FunctionType

TRANSCODER = FunctionType((I32, I32), (I32, I32))
"""Source address and length as the ABI has it, to the target's."""

UTF16_TAG = 1 << 31
_TOO_MANY_BYTES = 2**31
"""The reference engine's limit for each buffer of the worst case; the spec's is 2²⁸."""


def transcoder(library: Library, route: Route) -> Function:
    """Return the function that copies a string from the route's source to its target."""
    source, target = route.source, route.target

    def write(code: Code) -> None:
        _Transcoder(code, library, route).write()

    name = f"copy {source.encoding.value} to {target.encoding.value}"
    return library.function(("transcode", route), name, TRANSCODER, write)


def utf16_checker(library: Library, memory: Memory) -> Function:
    """Return the function that traps where bytes of this memory are not UTF-16."""

    def write(code: Code) -> None:
        character, end = code.local(I32), code.local(I32)
        code.get(0)
        code.get(1)
        code.op("i32.add")
        code.set(end)
        text = Cursor(memory, 0, end)
        check_units(code, text)
        code.get(1)
        code.i32(8)
        code.op("i32.ge_u")
        with code.if_():
            return_if_plain(code, text, 1)
        with code.block() as done, code.loop() as again:
            text.remaining(code)
            code.op("i32.eqz")
            code.branch_if(done)
            read_character(code, Units.UTF16, text, character)
            code.branch(again)

    return library.function(("check utf16", memory), "check utf16", CHECKER, write)


@dataclass
class _Transcoder:
    """Writes one transcoder; its locals hold addresses, and sizes in bytes."""

    code: Code
    library: Library
    route: Route

    POINTER: ClassVar[int] = 0
    LENGTH: ClassVar[int] = 1

    def __post_init__(self) -> None:
        """Reserve the locals that every sequence uses."""
        source, target = self.route.source.memory, self.route.target.memory
        assert source is not None
        assert target is not None
        end, at = self.code.local(I32), self.code.local(I32)
        self.source = Cursor(source, self.POINTER, end)
        self.target = Cursor(target, at, at)
        self.size = self.code.local(I32)
        """Bytes of the source."""
        self.start = self.code.local(I32)
        """Address of the target's buffer."""
        self.capacity = self.code.local(I32)
        """Bytes of the target's buffer."""
        self.character = self.code.local(I32)

    def write(self) -> None:
        """Emit the body."""
        code, from_, to = self.code, self.route.source.encoding, self.route.target.encoding
        if from_ is not Encoding.UTF8:
            check_aligned(code, self.POINTER, 2)
        if from_ is not Encoding.LATIN1_UTF16:
            self._convert(Units.UTF8 if from_ is Encoding.UTF8 else Units.UTF16, to)
            return
        code.get(self.LENGTH)
        code.i32(UTF16_TAG)
        code.op("i32.and")
        with code.if_(I32, I32):
            code.get(self.LENGTH)
            code.i32(UTF16_TAG)
            code.op("i32.xor")
            code.set(self.LENGTH)
            if to is Encoding.LATIN1_UTF16:
                self._deflate()
            else:
                self._convert(Units.UTF16, to)
            code.else_()
            self._convert(Units.LATIN1, to)

    def _convert(self, from_: Units, to: Encoding) -> None:
        """Emit one of the sequences, which pushes address and length."""
        match from_, to:
            case (Units.UTF8, Encoding.UTF8):
                self._copy(Units.UTF8, 1)
            case (Units.UTF16, Encoding.UTF16):
                self._copy(Units.UTF16, 2)
            case (Units.LATIN1, Encoding.LATIN1_UTF16):
                self._copy(Units.LATIN1, 2)
            case (Units.LATIN1, Encoding.UTF16):
                self._widened()
            case (_, Encoding.UTF16):
                self._utf8_to_utf16()
            case (_, Encoding.UTF8):
                self._to_utf8(from_)
            case _:
                self._to_latin1_or_utf16(from_)

    # -- the sequences --------------------------------------------------------

    def _copy(self, units: Units, align: int) -> None:
        """Emit: the same units on both sides."""
        self._begin(units, most=units.width, room=units.width, align=align)
        self._copy_rest(units)
        self.code.get(self.start)
        self.code.get(self.LENGTH)

    def _widened(self) -> None:
        """Emit: Latin-1 to UTF-16, two bytes a unit."""
        self._begin(Units.LATIN1, most=2, room=2, align=2)
        widen(self.code, self.source, self.target, self.size)
        self.code.get(self.start)
        self.code.get(self.LENGTH)

    def _utf8_to_utf16(self) -> None:
        """Emit: two bytes a unit; fewer may be needed, then shrink."""
        self._begin(Units.UTF8, most=2, room=2, align=2)
        self._convert_rest(Units.UTF8, Units.UTF16)
        self._shrink(2)
        self.code.get(self.start)
        self._push_units_written()

    def _to_utf8(self, from_: Units) -> None:
        """Emit: a byte a unit; at the first longer character room for the worst case, then shrink."""
        worst = 2 if from_ is Units.LATIN1 else 3
        self._begin(from_, most=from_.width, room=1, align=1)
        self._convert_prefix(from_, Units.UTF8, 0x7F)
        self.source.remaining(self.code)
        with self.code.if_():
            self._grow(worst, 1)
            self._convert_rest(from_, Units.UTF8)
            self._shrink(1)
        self.code.get(self.start)
        self._push_written()

    def _to_latin1_or_utf16(self, from_: Units) -> None:
        """Emit: a byte a unit; at the first character past 0xff widen and go on as UTF-16."""
        code = self.code
        self._begin(from_, most=from_.width, room=1, align=2)
        self._convert_prefix(from_, Units.LATIN1, 0xFF)
        self.source.remaining(code)
        with code.if_(I32, I32):
            self._widen(lambda: self._grow(2, 2))
            if from_ is Units.UTF16:
                self._copy_rest(from_)
            else:
                self._convert_rest(from_, Units.UTF16)
            self._shrink(2)
            code.get(self.start)
            self._push_units_written()
            code.i32(UTF16_TAG)
            code.op("i32.or")
            code.else_()
            self._shrink(2)
            code.get(self.start)
            self._push_written()

    def _deflate(self) -> None:
        """Emit: UTF-16 that may turn out to be Latin-1; room for UTF-16 first."""
        code = self.code
        self._begin(Units.UTF16, most=2, room=2, align=2)
        self._convert_prefix(Units.UTF16, Units.LATIN1, 0xFF)
        self.source.remaining(code)
        with code.if_(I32, I32):
            self._restart()
            self._copy_rest(Units.UTF16)
            code.get(self.start)
            code.get(self.LENGTH)
            code.i32(UTF16_TAG)
            code.op("i32.or")
            code.else_()
            self._reallocate(2, lambda: code.get(self.LENGTH))
            code.get(self.start)
            code.get(self.LENGTH)

    # -- buffers -----------------------------------------------------------------

    def _begin(self, units: Units, *, most: int, room: int, align: int) -> None:
        """Emit: allocate `room` bytes for each unit and check both buffers.

        `most` is the bytes for each unit that the limit of lengths is about.
        """
        code = self.code
        self._check_length(most)
        self._push_length_times(units.width)
        code.set(self.size)
        code.get(self.POINTER)
        code.get(self.size)
        code.op("i32.add")
        code.set(self.source.end)
        check_range(code, self.source.memory, self.POINTER, self.size, Trap.STRING_OUT_OF_BOUNDS)
        self._push_length_times(room)
        code.set(self.capacity)
        code.get(allocate(code, self.route.target, align, lambda: code.get(self.capacity)))
        code.tee(self.start)
        code.set(self.target.at)
        check_range(code, self.target.memory, self.start, self.capacity, Trap.STRING_OUT_OF_BOUNDS)

    def _grow(self, factor: int, align: int) -> None:
        """Emit: make room for `factor` bytes for each unit of the source, keeping what was written."""
        code = self.code
        self._check_length(factor)
        written = code.local(I32)
        self._push_written()
        code.set(written)
        self._reallocate(align, lambda: self._push_length_times(factor))
        code.get(self.start)
        code.get(written)
        code.op("i32.add")
        code.set(self.target.at)

    def _shrink(self, align: int) -> None:
        """Emit: give back what of the buffer was not written."""
        code = self.code
        self._push_written()
        code.get(self.capacity)
        code.op("i32.ne")
        with code.if_():
            written = code.local(I32)
            self._push_written()
            code.set(written)
            self._reallocate(align, lambda: code.get(written))
            code.get(self.start)
            code.get(written)
            code.op("i32.add")
            code.set(self.target.at)

    def _reallocate(self, align: int, size: Callable[[], None]) -> None:
        """Emit: call realloc for a new size and check what it returns."""
        code = self.code
        new = code.local(I32)
        size()
        code.set(new)
        reallocate(code, self.route.target, (self.start, self.capacity), align, new)
        check_range(code, self.target.memory, self.start, self.capacity, Trap.STRING_OUT_OF_BOUNDS)

    def _check_length(self, factor: int) -> None:
        """Emit: trap where so many bytes for each unit pass the limit."""
        self.code.get(self.LENGTH)
        self.code.i32(_TOO_MANY_BYTES // factor)
        self.code.op("i32.ge_u")
        self.code.trap_if(Trap.STRING_OUT_OF_BOUNDS)

    def _push_length_times(self, factor: int) -> None:
        self.code.get(self.LENGTH)
        if factor > 1:
            self.code.i32(factor)
            self.code.op("i32.mul")

    def _push_written(self) -> None:
        self.code.get(self.target.at)
        self.code.get(self.start)
        self.code.op("i32.sub")

    def _push_units_written(self) -> None:
        self._push_written()
        self.code.i32(1)
        self.code.op("i32.shr_u")

    # -- contents ----------------------------------------------------------------

    def _convert_prefix(self, from_: Units, to: Units, most: int) -> None:
        """Emit: convert up to the first character past `most`."""
        code, before = self.code, self.code.local(I32)
        with code.block() as done, code.loop() as again:
            move_blocks(code, from_, to, (self.source, self.target), runs=False)
            self._leave_at_end(done)
            code.get(self.source.at)
            code.set(before)
            read_character(code, from_, self.source, self.character)
            code.get(self.character)
            code.i32(most)
            code.op("i32.gt_u")
            with code.if_():
                code.get(before)
                code.set(self.source.at)
                code.branch(done)
            write_character(code, to, self.target, self.character)
            code.branch(again)

    def _convert_rest(self, from_: Units, to: Units) -> None:
        """Emit: convert everything that is left; what is not ASCII one by one."""
        code = self.code
        with code.block() as done, code.loop() as again:
            move_blocks(code, from_, to, (self.source, self.target), runs=True)
            self._leave_at_end(done)
            with code.loop() as different:
                read_character(code, from_, self.source, self.character)
                write_character(code, to, self.target, self.character)
                self._leave_at_end(done)
                code.get(self.source.at)
                code.access("i32.load8_u" if from_.width == 1 else "i32.load16_u", self.source.memory)
                code.i32(0x80)
                code.op("i32.ge_u")
                code.branch_if(different)
            code.branch(again)

    def _leave_at_end(self, done: Label) -> None:
        """Emit: branch where nothing is left."""
        self.source.remaining(self.code)
        self.code.op("i32.eqz")
        self.code.branch_if(done)

    def _copy_rest(self, units: Units) -> None:
        """Emit: check what is left of the source and copy it as it is."""
        code = self.code
        rest = code.local(I32)
        self.source.remaining(code)
        code.set(rest)
        if units is not Units.LATIN1:
            checker = utf8_checker if units is Units.UTF8 else utf16_checker
            code.get(self.source.at)
            code.get(rest)
            code.call(checker(self.library, self.source.memory))
        code.get(self.target.at)
        code.get(self.source.at)
        code.get(rest)
        code.call(copier(self.library, self.route))
        code.get(self.target.at)
        code.get(rest)
        code.op("i32.add")
        code.set(self.target.at)

    def _restart(self) -> None:
        """Emit: go back to the beginning of both buffers."""
        code = self.code
        code.get(self.source.end)
        code.get(self.size)
        code.op("i32.sub")
        code.set(self.source.at)
        code.get(self.start)
        code.set(self.target.at)

    def _widen(self, grow: Callable[[], None]) -> None:
        """Emit: make room, then turn the bytes written so far into units of two bytes."""
        code, left = self.code, self.code.local(I32)
        self._push_written()
        code.set(left)
        grow()
        code.get(self.target.at)
        code.get(left)
        code.op("i32.add")
        code.set(self.target.at)
        widen_in_place(code, self.target.memory, self.start, left)
