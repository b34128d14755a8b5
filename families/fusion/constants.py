"""Changing the constants of a gating fixture's guests where they lie in the composed component.

A guest that takes part keeps its constants in one piece of static data: a mark of 16
bytes, `WORLD/GUEST` in 32, then the constants as families.fusion.worlds lists them. A change
keeps every length, so nothing else in the component moves.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from explore.family import BrokenFixture
from families.fusion.worlds import WORLDS, Kind, Value, Values, World
from fuser.component.tree import Component, CoreModule, Definition, NestedComponent
from fuser.wasm.module import parse_module

MARK = b"variant-constant"
_NAME = struct.Struct("32s")


@dataclass(frozen=True)
class Constants:
    """The constants of a component's guests, by `GUEST.NAME`, and the world that they belong to."""

    world: World
    values: Values


@dataclass(frozen=True)
class _Block:
    """A guest's constants at `start` in the bytes of its core module."""

    world: World
    guest: str
    start: int

    def places(self) -> Iterator[tuple[str, Kind, int]]:
        """Iterate over names, kinds and places of the constants."""
        place = self.start
        for name, kind in self.world.blocks[self.guest]:
            yield f"{self.guest}.{name}", kind, place
            place += struct.calcsize(kind.value)


def constants(component: Component) -> Constants | None:
    """Read the constants; None where no guest marks any, BrokenFixture where they are not a world's."""
    found = [(module, block) for module in _modules(component) for block in _blocks(module.data)]
    if not found:
        return None
    world = found[0][1].world
    if sorted(block.guest for _, block in found) != sorted(world.blocks) or any(b.world != world for _, b in found):
        raise BrokenFixture(f"the marked constants are not those of world {world.name}, one block for each guest")
    return Constants(
        world,
        {
            name: struct.unpack_from(kind.value, module.data, place)[0]
            for module, block in found
            for name, kind, place in block.places()
        },
    )


def choose(world: World, seed: int) -> Values:
    """Choose constants for a seed; what the runner must find follows from them."""
    random = Random(hashlib.sha256(f"{seed}/constants".encode()).digest())  # noqa: S311 -- a variant is no secret
    chosen = {name: _chosen(kind, random) for name, kind in world.kinds().items()}
    return {**chosen, **world.work(chosen).found}


def put(component: Component, values: Values) -> Component:
    """Return the component with other constants, those not named as they are."""
    sections = tuple(
        replace(section, definitions=tuple(_put(definition, values) for definition in section.definitions))
        for section in component.sections
    )
    return replace(component, sections=sections)


def _chosen(kind: Kind, random: Random) -> Value:
    """Choose a value so small that every sum is exact and every text of a world has room."""
    if kind is Kind.NUMBER:
        return random.randrange(1, 4000) / 4
    if kind is Kind.COUNT:
        return random.randrange(1, 1_000_000)
    return random.randbytes(random.randrange(1, 16))


def _put(definition: Definition, values: Values) -> Definition:
    match definition:
        case NestedComponent(component):
            return replace(definition, component=put(component, values))
        case CoreModule(data):
            return replace(definition, data=_patched(data, values))
        case _:
            return definition


def _patched(data: bytes, values: Values) -> bytes:
    patched = bytearray(data)
    for block in _blocks(data):
        for name, kind, place in block.places():
            if name in values:
                struct.pack_into(kind.value, patched, place, values[name])
    return bytes(patched)


def _modules(component: Component) -> Iterator[CoreModule]:
    for definition in component:
        if isinstance(definition, CoreModule):
            yield definition
        elif isinstance(definition, NestedComponent):
            yield from _modules(definition.component)


def _blocks(data: bytes) -> Iterator[_Block]:
    """Iterate over the marked blocks in a module's data segments; raises BrokenFixture."""
    if MARK not in data:
        return
    for segment in parse_module(data).segments:
        start, end = segment.contents
        place = data.find(MARK, start, end)
        while place >= 0:
            yield _block(data, place + len(MARK), end)
            place = data.find(MARK, place + 1, end)


def _block(data: bytes, start: int, end: int) -> _Block:
    if start + _NAME.size > end:
        raise BrokenFixture("marked constants without a name")
    name = _NAME.unpack_from(data, start)[0].rstrip(b"\0").decode("utf-8", "replace")
    world, _, guest = name.partition("/")
    if world not in WORLDS or guest not in WORLDS[world].blocks:
        raise BrokenFixture(f"marked constants of {name}, which no world has")
    block = _Block(WORLDS[world], guest, start + _NAME.size)
    if any(place + struct.calcsize(kind.value) > end for _, kind, place in block.places()):
        raise BrokenFixture(f"the marked constants of {name} are cut short")
    return block
