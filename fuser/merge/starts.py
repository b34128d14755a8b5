"""What happens at instantiation, in the order of the composition.

Active segments and start functions of the guests ran instance by instance. In one module
all active segments come before the one start function, so from the first instance with
a start function on, that function places the segments of the later ones: otherwise
an early start would already see what a later instance writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fuser.merge.guests import Guests
from fuser.program import CoreInstance
from fuser.symbols import Global
from fuser.wasm.leb import signed, unsigned
from fuser.wasm.opcodes import PLAIN, Immediate
from fuser.wasm.syntax import Element


@dataclass(frozen=True)
class Starts:
    """Which instances' segments stay active, and which are placed by code."""

    early: frozenset[CoreInstance]
    """Those up to the first instance with a start function: all, where there is none.

    An instance with tables of another guest's objects comes after them: code fills those
    tables before its segments are placed.
    """
    replayed: tuple[CoreInstance, ...]
    """The first with a start function, and those after it that do anything."""

    @property
    def only(self) -> CoreInstance | None:
        """The instance whose start function is all that happens, if so."""
        return self.replayed[0] if len(self.replayed) == 1 and self.replayed[0] in self.early else None


def plan_starts(instances: tuple[CoreInstance, ...], guests: Guests) -> Starts:
    """Find the first that needs code; what does nothing afterwards is left out."""
    filled = {one for one in instances if any(guests.object_tables(one))}
    first = next((n for n, one in enumerate(instances) if _starts(one) or one in filled), len(instances))
    replayed = [one for one in instances[first:] if _starts(one) or one in filled or _active(one, guests)]
    return Starts(frozenset(instances[: first + 1]) - filled, tuple(replayed))


def _starts(instance: CoreInstance) -> bool:
    return instance.module.start is not None


def _active(instance: CoreInstance, guests: Guests) -> bool:
    data = bool(instance.module.segments.memories) and instance not in guests.ahead
    return data or any(one.offset is not None for one in instance.module.elements)


def start_code(starts: Starts, guests: Guests, slots: tuple[Global, ...]) -> bytes:
    """Return the code of the start function, without locals; empty where nothing is to be done.

    `slots` are 0 whenever a start function begins.
    """
    parts: list[bytes] = []
    begun = False
    for instance in starts.replayed:
        if instance not in starts.early:
            parts += _fill_tables(instance, guests)
            parts += _place_elements(instance, guests)
            parts += _place_data(instance, guests) if instance not in guests.ahead else ()
        if instance.module.start is not None:
            parts += _clear(slots, guests) if begun else ()
            begun = True
            start = guests.spaces.item(instance, "func", instance.module.start)
            parts.append(PLAIN["call"] + unsigned(start))
    return b"".join(parts)


def _clear(slots: tuple[Global, ...], guests: Guests) -> Iterator[bytes]:
    for slot in slots:
        yield PLAIN["i32.const"] + signed(0)
        yield PLAIN["global.set"] + unsigned(guests.spaces.symbol(slot))


def _fill_tables(instance: CoreInstance, guests: Guests) -> Iterator[bytes]:
    for index, value, limits in guests.object_tables(instance):
        number = PLAIN["i64.const" if limits.wide else "i32.const"]
        yield number + signed(0)
        yield guests.constants.code(instance, value, guests.renumbering(instance))
        yield number + signed(limits.minimum)
        yield PLAIN["table.fill"] + unsigned(index)


def _place_elements(instance: CoreInstance, guests: Guests) -> Iterator[bytes]:
    numbers = guests.renumbering(instance)
    for index, one in zip(numbers[Immediate.ELEMENT], instance.module.elements, strict=True):
        if one.offset is None:
            continue
        table = unsigned(numbers[Immediate.TABLE][one.table])
        yield guests.offset(instance, one.offset) + _whole(_length(one))
        yield PLAIN["table.init"] + unsigned(index) + table
        yield PLAIN["elem.drop"] + unsigned(index)


def _place_data(instance: CoreInstance, guests: Guests) -> Iterator[bytes]:
    numbers = guests.renumbering(instance)
    for index, one in zip(numbers[Immediate.DATA], instance.module.segments, strict=True):
        if one.offset is None:
            continue
        memory = unsigned(numbers[Immediate.MEMORY][one.memory])
        yield guests.offset(instance, one.offset) + _whole(one.contents.end - one.contents.start)
        yield PLAIN["memory.init"] + unsigned(index) + memory
        yield PLAIN["data.drop"] + unsigned(index)


def _length(one: Element) -> int:
    return len(one.functions if one.functions is not None else one.expressions or ())


def _whole(length: int) -> bytes:
    """Return the code of source and length: a segment from its start to its end."""
    return PLAIN["i32.const"] + signed(0) + PLAIN["i32.const"] + signed(length)
