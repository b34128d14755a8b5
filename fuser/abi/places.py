"""Where a value lies, as core values in locals or in memory, and how its words get there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fuser.abi.layout import Shape
from fuser.code import Code
from fuser.symbols import Memory
from fuser.wasm.types import F32, F64, I32, I64, ValueType


@dataclass(frozen=True)
class Slots:
    """A value in locals: index and core type of each.

    As a target they must be fresh: slots that a case does not use stay zero.
    """

    slots: tuple[tuple[int, ValueType], ...]

    @property
    def types(self) -> tuple[ValueType, ...]:
        """The core types."""
        return tuple(type for _, type in self.slots)

    def own(self, shape: Shape) -> bool:
        """Whether the slots are the value's own, not joined with those of other cases."""
        return self.types == shape.flat


@dataclass(frozen=True)
class Place:
    """A value in memory, `offset` bytes behind the address in a local."""

    memory: Memory
    address: int
    offset: int = 0


Location = Slots | Place


def push(code: Code, source: Location, load: str, core: ValueType) -> None:
    """Emit: push one core value."""
    if isinstance(source, Place):
        code.get(source.address)
        code.access(load, source.memory, source.offset, _ALIGNMENTS[load])
    else:
        index, type = source.slots[0]
        code.get(index)
        code.op(*_NARROWING[type, core])


@contextmanager
def storing(code: Code, target: Location, store: str, core: ValueType) -> Iterator[None]:
    """Emit what stores the core value that the body pushes."""
    if isinstance(target, Place):
        code.get(target.address)
        yield
        code.access(store, target.memory, target.offset, _ALIGNMENTS[store])
    else:
        yield
        index, type = target.slots[0]
        code.op(*_WIDENING[core, type])
        code.set(index)


def load_pair(code: Code, source: Location) -> tuple[int, int]:
    """Emit the read of pointer and length into two locals."""
    pair = code.local(I32), code.local(I32)
    for position, local in enumerate(pair):
        push(code, _word(source, position), "i32.load", I32)
        code.set(local)
    return pair


def store_pair(code: Code, target: Location, pointer: int, length: int) -> None:
    """Emit the write of pointer and length from two locals."""
    for position, local in enumerate((pointer, length)):
        with storing(code, _word(target, position), "i32.store", I32):
            code.get(local)


def part_of(location: Location, offset: int, position: int, shape: Shape) -> Location:
    """Return where a part lies: so many bytes, or core values, from the start."""
    if isinstance(location, Place):
        return Place(location.memory, location.address, location.offset + offset)
    return Slots(location.slots[position : position + len(shape.flat)])


def _word(location: Location, position: int) -> Location:
    if isinstance(location, Place):
        return Place(location.memory, location.address, location.offset + 4 * position)
    return Slots(location.slots[position : position + 1])


def push_address(code: Code, place: Place) -> None:
    """Emit: push the address of a value."""
    code.get(place.address)
    if place.offset:
        code.i32(place.offset)
        code.op("i32.add")


_ALIGNMENTS = {
    **dict.fromkeys(("i32.load8_s", "i32.load8_u", "i32.store8"), 0),
    **dict.fromkeys(("i32.load16_s", "i32.load16_u", "i32.store16"), 1),
    **dict.fromkeys(("i32.load", "i32.store", "f32.load", "f32.store"), 2),
    **dict.fromkeys(("i64.load", "i64.store", "f64.load", "f64.store"), 3),
}
"""Alignment exponents: pointers were checked for the alignment of their type."""

_NARROWING: dict[tuple[ValueType, ValueType], tuple[str, ...]] = {
    (I32, I32): (),
    (I64, I64): (),
    (F32, F32): (),
    (F64, F64): (),
    (I32, F32): ("f32.reinterpret_i32",),
    (I64, I32): ("i32.wrap_i64",),
    (I64, F32): ("i32.wrap_i64", "f32.reinterpret_i32"),
    (I64, F64): ("f64.reinterpret_i64",),
}
"""From a joined slot to the core type of a case (`lift_flat_variant`)."""

_WIDENING: dict[tuple[ValueType, ValueType], tuple[str, ...]] = {
    (I32, I32): (),
    (I64, I64): (),
    (F32, F32): (),
    (F64, F64): (),
    (F32, I32): ("i32.reinterpret_f32",),
    (I32, I64): ("i64.extend_i32_u",),
    (F32, I64): ("i32.reinterpret_f32", "i64.extend_i32_u"),
    (F64, I64): ("i64.reinterpret_f64",),
}
"""From the core type of a case to a joined slot (`lower_flat_variant`)."""
