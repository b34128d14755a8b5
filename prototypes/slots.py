"""An array of reps in a component's own linear memory, as the public record built it.

A slot is four bytes; a handle is the byte address of its slot. Slots are handed out by
bumping a pointer and never reused; nothing checks bounds, kinds or liveness. The array
lies in a page that is added to the component's memory, so the component can see it
(`memory.size`) and its allocator may come to own it.
"""

from __future__ import annotations

from dataclasses import dataclass

from fuser.code import Code, Writer
from fuser.handles.interface import Builder
from fuser.program import Instance
from fuser.symbols import Function, Global, Memory
from fuser.traps import Trap
from fuser.wasm.types import I32, FunctionType

PAGE = 65536
SLOT = 4
NEW = FunctionType((I32,), (I32,))
REP = FunctionType((I32,), (I32,))
DROP = FunctionType((I32,))


@dataclass(frozen=True)
class Slots:
    """One array and the functions over it."""

    new: Function
    """rep → handle"""
    rep: Function
    """handle → rep"""
    drop: Function
    """handle → nothing"""


def make_slots(
    build: Builder, instance: Instance, label: str, destructor: Function | None, capacity: int | None
) -> Slots:
    """Lay out an array in the memory of `instance`.

    `capacity` is a number of slots that is enforced, or None for the record's unchecked
    pointer. `destructor` runs on drop, before the slot is zeroed; a slot that is zero is dropped in silence.
    """
    region = build.reserve(instance, PAGE)
    pointer = build.cell(f"{label} pointer", I32, region.start)
    limit = None if capacity is None else region.start + capacity * SLOT
    return Slots(
        build.function(f"{label} new", NEW, _new(region.memory, pointer, limit)),
        build.function(f"{label} rep", REP, _rep(region.memory)),
        build.function(f"{label} drop", DROP, _drop(region.memory, destructor)),
    )


def _new(memory: Memory, pointer: Global, limit: int | None) -> Writer:
    def write(code: Code) -> None:
        if limit is not None:
            code.global_get(pointer)
            code.i32(limit)
            code.op("i32.ge_u")
            code.trap_if(Trap.TABLE_FULL)
        code.global_get(pointer)
        code.get(0)
        code.access("i32.store", memory)
        code.global_get(pointer)
        code.global_get(pointer)
        code.i32(SLOT)
        code.op("i32.add")
        code.global_set(pointer)

    return write


def _rep(memory: Memory) -> Writer:
    def write(code: Code) -> None:
        code.get(0)
        code.access("i32.load", memory)

    return write


def _drop(memory: Memory, destructor: Function | None) -> Writer:
    def write(code: Code) -> None:
        if destructor is not None:
            code.get(0)
            code.access("i32.load", memory)
            with code.if_():
                code.get(0)
                code.access("i32.load", memory)
                code.call(destructor)
        code.get(0)
        code.i32(0)
        code.access("i32.store", memory)

    return write
