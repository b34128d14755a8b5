"""Handles that are the addresses of boxes in the definer's own memory.

`new` asks the definer's realloc for a box of a fixed size, copies the object there and
returns the address: it is handle and rep at once. Nothing is looked up and nothing is checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fuser.code import Code
from fuser.errors import NotApplicable
from fuser.handles.canonical import CanonicalHandles
from fuser.handles.interface import Builder, Call, Crossing, Need
from fuser.program import Builtin, Instance, Program, ResourceType
from fuser.symbols import Function, Memory
from fuser.wasm.types import I32
from prototypes.numbers import NumberCrossing, beside

ALIGNMENT = 4


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
        elif (destructor := self.build.destructor(builtin.use.type)) is not None:
            code.get(0)
            code.call(destructor)

    def cross(self, call: Call, code: Code) -> Crossing:
        """Pass addresses as they are."""
        types = frozenset(self.boxed)
        return NumberCrossing(types, super().cross(beside(call, types), code))


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
