"""A cursor over a byte range of a binary, with errors at absolute offsets.

Strict where the format is: integers of at most their bits, names of valid UTF-8, nothing
beyond the range's end. Padded (non-shortest) integers are legal and read as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn, TypeVar

from fuser.errors import Malformed

Item = TypeVar("Item")

_CONTINUED = bytes(range(0x80, 0x100))  # the bytes of an integer but its last one
_OVERLONG = re.compile(rb"[\x80-\xff]{5}")


class Reader:
    """Reads `data[start:end]`; `base` is the offset of `data[0]` in the outer file."""

    __slots__ = ("base", "data", "end", "position")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None, base: int = 0) -> None:
        self.data = data
        self.position = start
        self.end = len(data) if end is None else end
        self.base = base

    @property
    def offset(self) -> int:
        """The position in the outer file."""
        return self.base + self.position

    @property
    def done(self) -> bool:
        """Whether the range is used up."""
        return self.position >= self.end

    def fail(self, message: str, position: int | None = None) -> NoReturn:
        """Raise Malformed at a position of `data`, by default the current one."""
        raise Malformed(message, self.base + (self.position if position is None else position))

    # -- integers ------------------------------------------------------------

    def byte(self) -> int:
        """Read one byte."""
        position = self.position
        if position >= self.end:
            self.fail("unexpected end")
        self.position = position + 1
        return self.data[position]

    def u32(self) -> int:
        """Read an unsigned 32-bit integer."""
        position = self.position
        if position < self.end:
            first = self.data[position]
            if first < 0x80:
                self.position = position + 1
                return first
            if position + 1 < self.end and self.data[position + 1] < 0x80:
                self.position = position + 2
                return first & 0x7F | self.data[position + 1] << 7
            if position + 2 < self.end and self.data[position + 2] < 0x80:
                self.position = position + 3
                return first & 0x7F | (self.data[position + 1] & 0x7F) << 7 | self.data[position + 2] << 14
        return self._unsigned(32)

    def u64(self) -> int:
        """Read an unsigned 64-bit integer."""
        return self._unsigned(64)

    def s32(self) -> int:
        """Read a signed 32-bit integer."""
        return self._signed(32)

    def s33(self) -> int:
        """Read a signed 33-bit integer (a block or heap type)."""
        return self._signed(33)

    def s64(self) -> int:
        """Read a signed 64-bit integer."""
        return self._signed(64)

    def _raw(self, bits: int) -> tuple[int, int]:
        """Read LEB groups; return the value and how many bits were given."""
        start = self.position
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value, shift
            if shift >= bits:
                self.fail("integer representation too long", start)

    def _unsigned(self, bits: int) -> int:
        start = self.position
        value, _ = self._raw(bits)
        if value >> bits:
            self.fail("integer too large", start)
        return value

    def _signed(self, bits: int) -> int:
        start = self.position
        value, given = self._raw(bits)
        if value >> (given - 1):
            value -= 1 << given
        if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
            self.fail("integer too large", start)
        return value

    # -- byte runs -------------------------------------------------------------

    def skip(self, length: int) -> tuple[int, int]:
        """Pass over `length` bytes and return their (start, end) in `data`."""
        start = self.position
        if length > self.end - start:
            self.fail("unexpected end")
        self.position = start + length
        return start, self.position

    def bytes(self, length: int) -> bytes:
        """Read `length` raw bytes."""
        start = self.position
        end = start + length
        if end > self.end:
            self.fail("unexpected end")
        self.position = end
        return self.data[start:end]

    def name(self) -> str:
        """Read a length-prefixed UTF-8 name."""
        text = self.bytes(self.u32())
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            self.fail("malformed UTF-8 encoding", self.position - len(text) + error.start)

    def u32s(self) -> tuple[int, ...]:
        """Read a vector of unsigned 32-bit integers."""
        count = self.u32()
        short = self.data[self.position : min(self.position + count, self.end)]
        if len(short) == count and short.isascii():  # one byte each
            self.position += count
            return tuple(short)
        return tuple([self.u32() for _ in range(count)])

    def skip_integers(self, count: int) -> None:
        """Pass over integers of at most 32 bits; jump tables of an interpreter have thousands."""
        start, left = self.position, count
        while left:
            part = self.bytes(min(left, max(self.end - self.position, 1)))
            left -= len(part.translate(None, _CONTINUED))
        overlong = _OVERLONG.search(self.data, start, self.position)
        if overlong:
            self.fail("integer representation too long", overlong.start())

    # -- structure ---------------------------------------------------------------

    def sub(self, length: int) -> Reader:
        """Return a reader of the next `length` bytes and pass over them."""
        start, end = self.skip(length)
        return Reader(self.data, start, end, self.base)

    def vector(self, item: Callable[[], Item]) -> tuple[Item, ...]:
        """Read a count and as many items; `item` must consume at least one byte."""
        # A generator of no known length: a claimed count preallocates nothing.
        return tuple([item() for _ in range(self.u32())])

    def finish(self) -> None:
        """Raise Malformed unless the range is used up."""
        if not self.done:
            self.fail("trailing bytes where the size ends")
