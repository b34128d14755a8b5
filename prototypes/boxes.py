"""Handles that are the addresses of boxes in the definer's own memory.

`new` asks the definer's realloc for a box of a fixed size, copies the object there and
returns the address: it is handle and rep at once. A borrow in the hands of a component that does
not define the type has bit 0 set, which no address has, so that dropping it destroys nothing.
Nothing is looked up and nothing is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fuser.code import Code
from fuser.errors import NotApplicable
from fuser.handles.canonical import CanonicalHandles
from fuser.handles.interface import Builder, Call, Crossing, Handoff, Need
from fuser.program import Builtin, Instance, Program, ResourceType, ResourceUse
from fuser.symbols import Function, Memory
from fuser.wasm.types import I32
from prototypes.numbers import NumberCrossing, beside

ALIGNMENT = 4
BORROWED = 1
"""The bit of an address that marks a borrow."""


@dataclass(frozen=True)
class Boxes:
    """How objects of one type are boxed."""

    size: int
    memory: Memory
    realloc: Function


def boxes(build: Builder, instance: Instance, size: int) -> Boxes:
    """Make boxes of a size in an instance's memory; raises NotApplicable where it cannot be asked."""
    memory, realloc = build.memory_of(instance), build.realloc(instance)
    if memory is None or realloc is None:
        raise NotApplicable(f"{instance.label or instance.id} names no realloc that could be asked for a box")
    build.need(Need.GUEST_CODE, "the layout of objects is read off the code that makes them")
    return Boxes(size, memory, realloc)


class BoxedHandles(CanonicalHandles):
    """Boxes for some types, the faithful tables for the others."""

    def __init__(self, program: Program, build: Builder, boxed: Mapping[ResourceType, Boxes]) -> None:
        super().__init__(program, build)
        self.boxed = boxed

    def builtin(self, builtin: Builtin, code: Code) -> None:
        """Make a box, see through it, or destroy what is in it."""
        box = self.boxed.get(builtin.use.type)
        if box is None:
            super().builtin(builtin, code)
        elif builtin.operation == "new":
            _new(box, code)
        elif builtin.operation == "rep":
            code.get(0)
        else:
            self._destroy_box(builtin.use, code)

    def _destroy_box(self, use: ResourceUse, code: Code) -> None:
        destructor = self.build.destructor(use.type)
        if destructor is None:
            return
        code.get(0)
        code.i32(BORROWED)
        code.op("i32.and", "i32.eqz")
        with code.if_():
            code.get(0)
            code.call(destructor)

    def cross(self, call: Call, code: Code) -> Crossing:
        """Pass addresses as they are."""
        types = frozenset(self.boxed)
        return BoxCrossing(types, super().cross(beside(call, types), code), code)


@dataclass(frozen=True)
class BoxCrossing(NumberCrossing):
    """One adapter: addresses pass, borrows by others than the definer marked."""

    code: Code

    def lift(self, hand: Handoff) -> None:
        """Clear the mark of a borrow that is lent on."""
        super().lift(hand)
        if hand.type in self.types and _marked(hand, hand.sent_as):
            self.code.i32(~BORROWED)
            self.code.op("i32.and")

    def lower(self, hand: Handoff) -> None:
        """Mark a borrow that somebody else than the definer gets."""
        super().lower(hand)
        if hand.type in self.types and _marked(hand, hand.received_as):
            self.code.i32(BORROWED)
            self.code.op("i32.or")


def _marked(hand: Handoff, holder: ResourceUse | None) -> bool:
    return hand.kind == "borrow" and holder is not None and not holder.defines


def _new(box: Boxes, code: Code) -> None:
    """Emit: a copy of the object at parameter 0 in a new box, whose address is left."""
    at = code.local(I32)
    for number in (0, 0, ALIGNMENT, box.size):
        code.i32(number)
    code.call(box.realloc)
    code.tee(at)
    code.get(0)
    code.i32(box.size)
    code.memory_copy(box.memory, box.memory)
    code.get(at)
