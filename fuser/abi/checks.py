"""Pointers checked and memory asked for, as both directions of every value need it.

Rules: CanonicalABI.md, `load_list_from_range`, `store_list_into_range`, `realloc`. Where one
value breaks several, the order decides which trap it is; it is the reference engine's:
length, alignment and range of the source, then the allocation and its answer.
"""

from __future__ import annotations

from collections.abc import Callable

from fuser.abi.layout import Shape
from fuser.abi.library import End
from fuser.abi.places import Place
from fuser.code import Code
from fuser.symbols import Memory
from fuser.traps import Trap
from fuser.wasm.syntax import PAGE_BITS
from fuser.wasm.types import I32


def check_aligned(code: Code, pointer: int, align: int) -> None:
    """Trap where the pointer in a local is not a multiple of `align` bytes."""
    if align > 1:
        code.get(pointer)
        code.i32(align - 1)
        code.op("i32.and")
        code.trap_if(Trap.UNALIGNED_POINTER)


def check_place(code: Code, place: Place, shape: Shape) -> None:
    """Trap where a place for parameters or a result is misaligned, or its end out of range."""
    check_aligned(code, place.address, shape.align)
    check_extent(code, place, shape)


def check_extent(code: Code, place: Place, shape: Shape) -> None:
    """Trap where the end of a place is out of range, though a short case would not come so far.

    Its last byte is read: all other accesses lie below, and a wrong address traps by itself.
    """
    code.get(place.address)
    code.access("i32.load8_u", place.memory, place.offset + shape.size - 1)
    code.op("drop")


def check_range(code: Code, memory: Memory, pointer: int, length: int, trap: Trap) -> None:
    """Trap where `length` bytes from `pointer` (both locals) pass the memory's end; none may."""
    for local in (pointer, length):
        code.get(local)
        code.op("i64.extend_i32_u")
    code.op("i64.add")
    code.memory_size(memory)
    code.op("i64.extend_i32_u")
    code.i64(PAGE_BITS)
    code.op("i64.shl", "i64.gt_u")
    code.trap_if(trap)


def allocate(code: Code, end: End, align: int, size: Callable[[], None]) -> int:
    """Ask the guest for memory and return a local with the address, alignment checked."""
    pointer = code.local(I32)
    code.i32(0)
    code.i32(0)
    _realloc(code, end, align, size, pointer)
    return pointer


def reallocate(code: Code, end: End, block: tuple[int, int], align: int, size: int) -> None:
    """Ask the guest to resize a block (locals with address and size, updated) to a size in a local."""
    pointer, old = block
    code.get(pointer)
    code.get(old)
    _realloc(code, end, align, lambda: code.get(size), pointer)
    code.get(size)
    code.set(old)


def _realloc(code: Code, end: End, align: int, size: Callable[[], None], pointer: int) -> None:
    assert end.realloc is not None, "the validator demands a realloc where values are lowered into memory"
    code.i32(align)
    size()
    code.call(end.realloc)
    code.set(pointer)
    check_aligned(code, pointer, align)
