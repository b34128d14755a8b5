"""The data section: mostly active segments of memory 0 at constant offsets, which stay bytes.

Some linkers write very many (Go's: one a stretch without zeros, tens of thousands), so what is
alike is passed over as a run and looked into only where somebody asks for its segments.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from fuser.wasm.reader import Reader
from fuser.wasm.sections import read_data
from fuser.wasm.syntax import Data, Slice

# Form 0, `i32.const` of one to four bytes, `end`; then the size.
_HEAD = rb"\x00\x41[\x80-\xff]{0,3}+[\x00-\x7f]\x0b"
_PLAIN_HEAD = re.compile(_HEAD + rb"[\x00-\xff]")
_PARTED_HEAD = re.compile(rb"\x00\x41([\x80-\xff]*+[\x00-\x7f])\x0b([\x80-\xff]*+[\x00-\x7f])")
_ADDRESSES = 1 << 32

# Of very many segments so many at once are passed over where all are short; that takes a pattern of its own.
_MANY = 1000
_AT_ONCE = 8


def _integer(raw: bytes) -> int:
    """Read an unsigned LEB integer that has been found."""
    value = 0
    for byte in reversed(raw):
        value = value << 7 | byte & 0x7F
    return value


@cache
def _short_ones() -> re.Pattern[bytes]:
    contents = b"|".join(rb"\x%02x.{%d}" % (size, size) for size in range(0x80))
    return re.compile(rb"(?s)(?:%b(?:%b)){%d}+" % (_HEAD, contents, _AT_ONCE))


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive active segments of memory 0, each at a constant; `whole` is all their bytes."""

    count: int
    whole: Slice


@dataclass(frozen=True, eq=False)
class DataSection:
    """The data segments of a module, in order; those of runs are read when somebody first goes through them."""

    data: bytes = b""
    base: int = 0
    parts: tuple[Run | Data, ...] = ()

    def __len__(self) -> int:
        return sum(part.count if isinstance(part, Run) else 1 for part in self.parts)

    def __iter__(self) -> Iterator[Data]:
        return iter(self._segments)

    @cached_property
    def _segments(self) -> tuple[Data, ...]:
        return tuple([one for part in self.parts for one in self._within(part)])

    def _within(self, part: Run | Data) -> Iterable[Data]:
        """Return the segments of a run, or the one that is none."""
        if isinstance(part, Data):
            return (part,)
        reader = Reader(self.data, *part.whole, self.base)
        return (read_data(reader) for _ in range(part.count))

    @cached_property
    def memories(self) -> frozenset[int]:
        """The memories that active segments write to."""
        runs = {0 for part in self.parts if isinstance(part, Run)}
        return frozenset(runs | {part.memory for part in self.parts if isinstance(part, Data) and part.offset})

    @property
    def pieces(self) -> list[memoryview]:
        """The bytes of runs, where there is nothing else."""
        return [memoryview(self.data)[slice(*part.whole)] for part in self.parts if isinstance(part, Run)]

    @property
    def reach(self) -> int:
        """The address up to which the segments of runs write."""
        return max((end for part in self.parts if isinstance(part, Run) for end in self._ends(part.whole)), default=0)

    def _ends(self, whole: Slice) -> Iterator[int]:
        """Yield where each segment of a run ends in memory; there may be very many, of which each costs little."""
        position = whole.start
        while position < whole.end and (head := _PARTED_HEAD.match(self.data, position)):
            offset, size = _integer(head[1]), _integer(head[2])
            if head[1][-1] & 0x40:
                offset += _ADDRESSES - (1 << 7 * len(head[1]))
            yield offset + size
            position = head.end() + size

    @property
    def size(self) -> int:
        """Bytes of all segments, with the heads of those in runs."""
        parts = (part.whole if isinstance(part, Run) else part.contents for part in self.parts)
        return sum(end - start for start, end in parts)


def read_data_section(reader: Reader) -> DataSection:
    """Read the data section; raises Malformed with the offset of what cannot be read."""
    parts: list[Run | Data] = []
    left = reader.u32()
    while left:
        run = _run(reader, left)
        if run.count:
            parts.append(run)
        else:
            parts.append(read_data(reader))
        left -= run.count or 1
    return DataSection(reader.data, reader.base, tuple(parts))


def _run(reader: Reader, most: int) -> Run:
    """Pass over segments that are alike, at most so many."""
    data, end, start = reader.data, reader.end, reader.position
    head = _PLAIN_HEAD.match
    several, room = (_short_ones().match, most - _AT_ONCE) if most >= _MANY else (head, 0)
    position, count = start, 0
    while count < most and (found := head(data, position, end)):
        contents = found.end()
        size = data[contents - 1]
        if size >= 0x80:
            reader.position = contents - 1
            size, contents = reader.u32(), reader.position
        if size > end - contents:
            reader.fail("unexpected end", contents)
        position = contents + size
        count += 1
        while count <= room and (found := several(data, position, end)):
            position = found.end()
            count += _AT_ONCE
    reader.position = position
    return Run(count, Slice(start, position))
