"""Handle tables in one private memory: their layout, and the code that works on them.

Entry `i` of table `k` lies at `i·stride + 16·k`, so every table grows by itself while
nothing ever moves. The row of index 0 stays empty: an index of 0 finds a free entry
there and needs no check of its own, and an address of 0 can mean "none".

An entry is four words: the tag (0 = free, otherwise `tag_of`), the rep (or the next free
index), the lend count of an own or the scope of a borrow, and a spare word for the
strategy. Freed indices are reused last in, first out (canonical ABI, `Table.add`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fuser.code import Code
from fuser.handles.interface import Builder
from fuser.program import ResourceUse
from fuser.symbols import Function, Global, Memory
from fuser.traps import Trap
from fuser.wasm.syntax import PAGE_BITS
from fuser.wasm.types import I32, FunctionType

ENTRY_SIZE = 16
TAG, REP, LENDS, SPARE = 0, 4, 8, 12
NEXT_FREE = REP
SCOPE = LENDS
MAXIMUM_INDEX = (1 << 28) - 1
"""The highest index of a table (canonical ABI, `Table.MAX_LENGTH`)."""
OWN_BIT = 1
"""Of a tag: whether the entry owns; a free entry's tag is 0."""


def tag_of(use: ResourceUse, kind: Literal["own", "borrow"]) -> int:
    """Return the tag of an entry: the holder's id of the type, and whether it owns."""
    return (use.id + 1) << 1 | (kind == "own")


def _row_pages(stride_bits: int) -> int:
    """Return the pages that at least one row needs; the row of index 0 is there from the start."""
    return max(1, 1 << stride_bits >> PAGE_BITS)


@dataclass(frozen=True)
class Scratch:
    """Locals that the emitters of one body share; nothing lives in them between two emitters."""

    index: int
    address: int
    tag: int
    rep: int
    spare: int

    @staticmethod
    def of(code: Code) -> Scratch:
        """Reserve the locals in a body."""
        return Scratch(*(code.local(I32) for _ in range(5)))


@dataclass(frozen=True, eq=False)
class Storage:
    """The memory that a number of tables share."""

    memory: Memory
    stride_bits: int

    @staticmethod
    def make(build: Builder, count: int, name: str = "handles") -> Storage:
        """Make a memory for `count` tables; the stride is a power of two, for the address is a shift then."""
        stride_bits = (ENTRY_SIZE * max(count, 1) - 1).bit_length()
        return Storage(build.memory(name, _row_pages(stride_bits)), stride_bits)

    def table(self, build: Builder, number: int, name: str) -> Table:
        """Make the table of this number, empty."""
        free = build.cell(f"{name} free", I32)
        length = build.cell(f"{name} length", I32, 1)

        def extend(code: Code) -> None:
            self._extend(code, length)

        return Table(
            memory=self.memory,
            stride_bits=self.stride_bits,
            base=ENTRY_SIZE * number,
            free=free,
            length=length,
            extend=build.function(f"{name} extend", FunctionType((), (I32,)), extend),
        )

    def _extend(self, code: Code, length: Global) -> None:
        """Emit: return a new index at the end of a table, with memory behind it."""
        code.global_get(length)
        code.i32(MAXIMUM_INDEX)
        code.op("i32.gt_u")
        code.trap_if(Trap.TABLE_FULL)
        code.global_get(length)
        code.memory_size(self.memory)
        code.i32(abs(PAGE_BITS - self.stride_bits))
        code.op("i32.shl" if self.stride_bits <= PAGE_BITS else "i32.shr_u", "i32.ge_u")
        with code.if_():
            code.i32(_row_pages(self.stride_bits))
            code.memory_grow(self.memory)
            code.i32(-1)
            code.op("i32.eq")
            code.trap_if(Trap.TABLE_FULL)
        code.global_get(length)
        code.global_get(length)
        code.i32(1)
        code.op("i32.add")
        code.global_set(length)


@dataclass(frozen=True, eq=False)
class Table:
    """One handle table, and the emitters of what is done with its entries.

    Where an emitter speaks of *the entry*, it is the one that `find` found last:
    its index, address and tag are in the scratch locals.
    """

    memory: Memory
    stride_bits: int
    base: int
    """Offset of the table within a row."""
    free: Global
    """The index freed last, 0 for none."""
    length: Global
    """One more than the highest index that was ever used."""
    extend: Function
    """Returns a new index at the end."""

    def find(self, code: Code, scratch: Scratch) -> None:
        """Emit: pop an index and find its entry; trap where the table is not that long."""
        code.tee(scratch.index)
        code.global_get(self.length)
        code.op("i32.ge_u")
        code.trap_if(Trap.UNKNOWN_HANDLE)
        self._locate(code, scratch)
        code.get(scratch.address)
        self.load(code, TAG)
        code.set(scratch.tag)

    def load(self, code: Code, word: int) -> None:
        """Emit: pop the address of an entry's row, push a word of the entry."""
        code.access("i32.load", self.memory, self.base + word, 2)

    def store(self, code: Code, word: int) -> None:
        """Emit: pop a value, then the address of an entry's row; write a word of the entry."""
        code.access("i32.store", self.memory, self.base + word, 2)

    def require(self, code: Code, scratch: Scratch, tag: int, instead: tuple[int, Trap] | None = None) -> None:
        """Emit: trap unless the entry has this tag; `instead` names a tag with a trap of its own."""
        self._require(code, scratch, tag, instead, removing=False)

    def require_removable(
        self, code: Code, scratch: Scratch, tag: int, instead: tuple[int, Trap] | None = None
    ) -> None:
        """Emit: as `require`, for an entry that is to be removed: of an own, being lent comes before its type."""
        self._require(code, scratch, tag, instead, removing=True)
        self.not_lent(code, scratch)

    def _require(
        self, code: Code, scratch: Scratch, tag: int, instead: tuple[int, Trap] | None, *, removing: bool
    ) -> None:
        code.get(scratch.tag)
        code.i32(tag)
        code.op("i32.ne")
        with code.if_():
            if instead is not None:
                code.get(scratch.tag)
                code.i32(instead[0])
                code.op("i32.eq")
                code.trap_if(instead[1])
            if removing:
                code.get(scratch.tag)
                code.i32(OWN_BIT)
                code.op("i32.and")
                with code.if_():
                    self.not_lent(code, scratch)
            self.refuse(code, scratch)

    def refuse(self, code: Code, scratch: Scratch) -> None:
        """Emit: trap, since the entry is free or of another type.

        By a table: of an `if` with a trap on either side the optimising engine keeps one place.
        """
        with code.block() as used:
            with code.block() as free:
                code.get(scratch.tag)
                code.branch_table([free], used)
            code.trap(Trap.UNKNOWN_HANDLE)
        code.trap(Trap.WRONG_HANDLE_TYPE)

    def not_lent(self, code: Code, scratch: Scratch) -> None:
        """Emit: trap where the entry, an own, is lent."""
        code.get(scratch.address)
        self.load(code, LENDS)
        code.trap_if(Trap.HANDLE_LENT)

    def release(self, code: Code, scratch: Scratch) -> None:
        """Emit: free the entry; its index is the next to be used."""
        code.get(scratch.address)
        code.i32(0)
        self.store(code, TAG)
        code.get(scratch.address)
        code.global_get(self.free)
        self.store(code, NEXT_FREE)
        code.get(scratch.index)
        code.global_set(self.free)

    def insert(self, code: Code, scratch: Scratch, tag: int, scope: int | None = None, *, spare: bool = False) -> None:
        """Emit: pop a rep (and above it a spare word), add an entry and push its index.

        `scope` is the local that holds the scope of a borrow; an own starts with no lends.
        """
        if spare:
            code.set(scratch.spare)
        code.set(scratch.rep)
        self._allocate(code, scratch)
        self._write(code, scratch.address, TAG, lambda: code.i32(tag))
        self._write(code, scratch.address, REP, lambda: code.get(scratch.rep))
        self._write(code, scratch.address, LENDS, lambda: code.i32(0) if scope is None else code.get(scope))
        if spare:
            self._write(code, scratch.address, SPARE, lambda: code.get(scratch.spare))
        code.get(scratch.index)

    def _allocate(self, code: Code, scratch: Scratch) -> None:
        """Emit: unlink the index freed last, or extend the table."""
        code.global_get(self.free)
        code.tee(scratch.index)
        with code.if_():
            self._locate(code, scratch)
            code.get(scratch.address)
            self.load(code, NEXT_FREE)
            code.global_set(self.free)
            code.else_()
            code.call(self.extend)
            code.set(scratch.index)
            self._locate(code, scratch)

    def _locate(self, code: Code, scratch: Scratch) -> None:
        """Emit: set the address from the index."""
        code.get(scratch.index)
        code.i32(self.stride_bits)
        code.op("i32.shl")
        code.set(scratch.address)

    def _write(self, code: Code, address: int, word: int, push: Callable[[], None]) -> None:
        code.get(address)
        push()
        self.store(code, word)
