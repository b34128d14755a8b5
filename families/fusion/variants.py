"""Variants of a composed component that must behave alike: other names, order and constants, longer chains.

A strategy that is right is right for all of them; one that is hard-coded to a shape or to
names is not. A variant is a pure function of the component and a seed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from explore.family import BrokenFixture
from families.fusion.constants import choose, constants, put
from families.fusion.forwarding import NotForwardable, forwarding
from families.fusion.renaming import Names, choose_names, rename
from families.fusion.worlds import Values
from fuser.component.edit import Editor
from fuser.component.encode import encode
from fuser.component.parse import parse
from fuser.component.tree import (
    Component,
    CoreModule,
    Custom,
    Definition,
    Export,
    Import,
    InstanceType,
    Instantiate,
    ItemExtern,
    NestedComponent,
    Reference,
    Sort,
    TypeDefinition,
    appended,
    width,
)
from fuser.component.tree import (
    Names as NamesSection,
)
from fuser.component.walk import rewrite
from fuser.wasm.module import parse_module

MOST_LINKS = 3
_CUSTOM = (Custom, NamesSection)
"""Custom sections stay at the end."""


@dataclass(frozen=True)
class Variant:
    """A component varied, and what its names became."""

    data: bytes
    names: Names
    links: int
    """Forwarding components put in."""
    values: Values
    """The constants put in, by `GUEST.NAME`; none where the guests mark none."""


def vary(data: bytes, seed: int) -> Variant:
    """Return the variant of this seed; raises BrokenFixture where constants are marked, but not rightly."""
    component, values = _recompute(parse(data), seed)
    component, links = _lengthen(component, seed)
    component = _reorder(component, seed)
    names = choose_names(component, seed)
    return Variant(encode(rename(component, names)), names, links, values)


def _choice(seed: int, what: str, count: int) -> int:
    """Choose a number below `count`, the same on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{what}".encode()).digest()[:8], "big") % count


# -- other constants ----------------------------------------------------------------------


def _recompute(component: Component, seed: int) -> tuple[Component, Values]:
    """Change every constant of the guests, and what the runner must find with them."""
    old = constants(component)
    if old is None:
        return component, {}
    if old.values != {**old.values, **old.world.work(old.values).found}:
        raise BrokenFixture(f"the constants of world {old.world.name} do not give what its runner is to find")
    values = choose(old.world, seed)
    return put(component, values), values


# -- longer chains ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Edge:
    """An instance given to an instantiation under an interface's name, and the type asked for."""

    position: int
    interface: str
    type: InstanceType


def _lengthen(component: Component, seed: int) -> tuple[Component, int]:
    """Put one to three forwarding components on one edge between instances, if any edge allows it."""
    editor = Editor(component)
    links = {}
    for edge in _edges(editor):
        try:
            links[edge] = forwarding(edge.interface, edge.type)
        except NotForwardable:
            continue
    if not links:
        return component, 0
    edge = list(links)[_choice(seed, "edge", len(links))]
    count = 1 + _choice(seed, "links", MOST_LINKS)
    definition = editor.definition(edge.position)
    assert isinstance(definition, Instantiate)
    given = dict(definition.arguments)[edge.interface]
    nested = editor.insert(edge.position, NestedComponent(links[edge]))
    for _ in range(count):
        given = editor.insert(edge.position, Instantiate(nested, ((edge.interface, given),)))
    arguments = tuple((name, given if name == edge.interface else item) for name, item in definition.arguments)
    editor.replace(edge.position, replace(definition, arguments=arguments))
    return editor.finish(), count


def _edges(editor: Editor) -> Iterator[_Edge]:
    """Iterate over the instances that the root gives to its components' imports."""
    components = {
        editor.defines(position): definition.component
        for position in range(len(editor))
        if isinstance(definition := editor.definition(position), NestedComponent)
    }
    for position in range(len(editor)):
        definition = editor.definition(position)
        if isinstance(definition, Instantiate) and definition.component in components:
            wanted = _imported_instances(components[definition.component])
            for name, item in definition.arguments:
                if item.sort is Sort.INSTANCE and name in wanted:
                    yield _Edge(position, name, wanted[name])


def _imported_instances(component: Component) -> Mapping[str, InstanceType]:
    types: dict[int, InstanceType] = {}
    wanted = {}
    count = 0
    for definition in component:
        if isinstance(definition, TypeDefinition) and isinstance(definition.type, InstanceType):
            types[count] = definition.type
        if isinstance(definition, Import) and isinstance(definition.type, ItemExtern):
            type = definition.type.type.index if definition.type.sort is Sort.INSTANCE else None
            if type in types:
                wanted[definition.name.name] = types[type]
        count += appended(definition) is Sort.TYPE
    return wanted


# -- another order -------------------------------------------------------------------------


def _reorder(component: Component, seed: int) -> Component:
    """Shuffle the root's definitions as far as references, starts and outward order allow."""
    editor = Editor(component)
    definitions = [editor.definition(position) for position in range(len(editor))]
    before = _constraints(editor, definitions)
    order: list[int] = []
    placed: set[int] = set()
    waiting = list(range(len(definitions)))
    while waiting:
        ready = [position for position in waiting if before[position] <= placed]
        chosen = ready[_choice(seed, f"order {len(order)}", len(ready))]
        order.append(chosen)
        placed.add(chosen)
        waiting.remove(chosen)
    return editor.finish(order)


def _constraints(editor: Editor, definitions: list[Definition]) -> list[set[int]]:
    """Return for each definition the positions that must stand before it."""
    places: dict[Reference, int] = {}
    for position, definition in enumerate(definitions):
        first = editor.defines(position)
        if first is not None:
            for number in range(width(definition)):
                places[Reference(first.sort, first.index + number)] = position
    before = [{places[reference] for reference in _mentioned(definition)} for definition in definitions]
    for kept in _kept_orders(definitions):
        for earlier, later in pairwise(kept):
            before[later].add(earlier)
    customs = [place for place, definition in enumerate(definitions) if isinstance(definition, _CUSTOM)]
    for place in customs:
        before[place] |= set(range(len(definitions))) - set(customs)
    return before


def _kept_orders(definitions: list[Definition]) -> Iterator[list[int]]:
    """Iterate over what keeps its order: imports, exports, and instantiations if any module starts by itself."""
    yield [place for place, definition in enumerate(definitions) if isinstance(definition, Import)]
    yield [place for place, definition in enumerate(definitions) if isinstance(definition, Export)]
    if any(map(_starts, definitions)):
        yield [place for place, definition in enumerate(definitions) if isinstance(definition, Instantiate)]


def _starts(definition: Definition) -> bool:
    match definition:
        case CoreModule(data):
            return parse_module(data).start is not None
        case NestedComponent(component):
            return any(map(_starts, component))
        case _:
            return False


def _mentioned(definition: Definition) -> set[Reference]:
    """Return the root's references in a definition, outer aliases of nested components included."""
    found: set[Reference] = set()

    def at(reference: Reference, level: int) -> Reference:
        if level == 0:
            found.add(reference)
        return reference

    rewrite(definition, at)
    return found
