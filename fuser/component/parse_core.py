"""Core types inside components: kept as encoded, with the type indices taken out."""

from __future__ import annotations

from fuser.component.tree import CoreExtern, CoreRecursion, Parts, Reference, Sort
from fuser.errors import Unsupported
from fuser.wasm.reader import Reader

NUMBER_TYPES = frozenset((0x7F, 0x7E, 0x7D, 0x7C, 0x7B))
PACKED_TYPES = frozenset((0x78, 0x77))
ABSTRACT_HEAPS = frozenset(range(0x68, 0x76))
REC, FINAL, SUB = 0x4E, 0x4F, 0x50
FUNC, STRUCT, ARRAY = 0x60, 0x5F, 0x5E
EXTERN_SORTS = (Sort.CORE_FUNC, Sort.CORE_TABLE, Sort.CORE_MEMORY, Sort.CORE_GLOBAL, Sort.CORE_TAG)


class _Splitter:
    """Passes over core types and splits them at their type indices."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.mark = reader.position
        self.parts: list[bytes | Reference] = []

    def flush(self, end: int) -> None:
        """Keep the bytes passed over since the last index."""
        if end > self.mark:
            self.parts.append(self.reader.data[self.mark : end])
        self.mark = self.reader.position

    def index(self) -> None:
        """Take a type index out."""
        start = self.reader.position
        index = self.reader.u32()
        self.flush(start)
        self.parts.append(Reference(Sort.CORE_TYPE, index))

    def finish(self) -> Parts:
        """Return everything passed over."""
        self.flush(self.reader.position)
        return tuple(self.parts)

    # -- grammar (core spec, Binary, "Types") ------------------------------------

    def heap(self) -> None:
        start = self.reader.position
        code = self.reader.s33()
        if code >= 0:
            self.reader.position = start
            self.index()
        elif code & 0x7F not in ABSTRACT_HEAPS or code < -0x40:
            self.reader.fail("unknown heap type", start)

    def value(self, packed: frozenset[int] = frozenset()) -> None:
        code = self.reader.byte()
        if code in (0x63, 0x64):
            self.heap()
        elif code not in NUMBER_TYPES | ABSTRACT_HEAPS | packed:
            self.reader.fail("unknown core value type", self.reader.position - 1)

    def field(self) -> None:
        self.value(PACKED_TYPES)
        self.mutability()

    def mutability(self) -> None:
        if self.reader.byte() > 1:
            self.reader.fail("malformed mutability", self.reader.position - 1)

    def composite(self, code: int) -> None:
        match code:
            case 0x60:
                self.reader.vector(self.value)
                self.reader.vector(self.value)
            case 0x5F:
                self.reader.vector(self.field)
            case 0x5E:
                self.field()
            case _:
                self.reader.fail("unknown core type", self.reader.position - 1)

    def sub(self) -> None:
        code = self.reader.byte()
        if code in (FINAL, SUB):
            self.reader.vector(self.index)
            code = self.reader.byte()
        self.composite(code)

    def limits(self) -> None:
        flags = self.reader.byte()
        if flags > 7:
            raise Unsupported("limits with custom page sizes", self.reader.offset - 1)
        self.reader.u64()
        if flags & 1:
            self.reader.u64()

    def extern(self, sort: Sort) -> None:
        match sort:
            case Sort.CORE_FUNC:
                self.index()
            case Sort.CORE_TABLE:
                self.value()
                self.limits()
            case Sort.CORE_MEMORY:
                self.limits()
            case Sort.CORE_GLOBAL:
                self.value()
                self.mutability()
            case _:
                if self.reader.byte():
                    self.reader.fail("malformed tag attribute", self.reader.position - 1)
                self.index()


def recursion(reader: Reader) -> CoreRecursion:
    """Read one recursion group of core types.

    A `sub` that is not final is preceded by a zero byte at component level, since its own
    opcode is that of a module type there.
    """
    splitter = _Splitter(reader)
    code = reader.byte()
    count = 1
    if code == REC:
        count = len(reader.vector(splitter.sub))
    elif code == 0:
        if reader.byte() != SUB:
            reader.fail("malformed core type", reader.position - 1)
        reader.position -= 1
        splitter.sub()
    else:
        reader.position -= 1
        splitter.sub()
    return CoreRecursion(splitter.finish(), count)


def core_extern(reader: Reader) -> CoreExtern:
    """Read the type of a core import or export."""
    code = reader.byte()
    if code >= len(EXTERN_SORTS):
        reader.fail("unknown core sort", reader.position - 1)
    splitter = _Splitter(reader)
    splitter.extern(EXTERN_SORTS[code])
    return CoreExtern(EXTERN_SORTS[code], splitter.finish())
